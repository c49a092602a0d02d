import { ByokError } from "../../model/errors";
import { keyVersionsIn } from "../../model/key-versions";
import type { KmsPort } from "../../model/ports/kms";
import { PartialFailure, type LifecycleContext, type PlainRecord } from "../contract";
import { textList } from "../text-list";
import type { KeyInputs } from "./key-inputs";
import { materialIn } from "./check-material";
import { compromiseOf } from "./key-material";
import { recordedReplicas } from "./replicas/recorded-replicas";
import { replicaMembers } from "./replicas/replica-member";
import type { Rotation } from "./rotate-to-new-key";
import { rotationSettings } from "./rotation-settings";

/** True of a disabled key that is to stay so when it is left behind: its program says so, or others may have its material. */
export function isLeftDisabled(olds: PlainRecord, wanted: PlainRecord): boolean {
  const material = materialIn(olds);
  return wanted["enabled"] === false || (material !== undefined && compromiseOf(material) !== undefined);
}

/**
 * Enables a key that a rotation is about to leave behind, in each Region where somebody disabled it (a cancelled deletion leaves every key so): no later run looks after a former
 * key, and what it encrypted is to stay readable. It stays disabled where the program says so, where others may have its material, and where the rotation disables it anyway.
 *
 * @throws PartialFailure with the state of before: the rotation stays due.
 */
export async function enableFormer(
  context: LifecycleContext,
  kms: KmsPort,
  keyId: string,
  { lineage, inputs, olds }: Rotation,
): Promise<PlainRecord> {
  const step = "enable the former key";
  if (rotationSettings(inputs).afterRotation !== "keep") return olds;
  const enable = async (place: Place, record: PlainRecord): Promise<PlainRecord> => {
    const isWanted = record["keyId"] === keyId && !isLeftDisabled(olds, place.inputs);
    const facts = isWanted ? await place.kms.describeKey(keyId) : undefined;
    if (facts?.state !== "Disabled") return record;
    context.mayProceed();
    place.context.log.progress(step);
    await place.kms.enable(keyId);
    const versions = keyVersionsIn(record).map((version) =>
      version.keyId === keyId ? { ...version, keyState: "Enabled" } : version,
    );
    return { ...record, versions };
  };
  let told = olds;
  try {
    told = await enable({ context, kms, inputs }, olds);
    const known = recordedReplicas(told);
    if (inputs.multiRegion !== true || known.length === 0) return told;
    const members = await replicaMembers(context, inputs);
    for (const { region, record } of known) {
      // One that the program names no more is about to go.
      const member = members.find((each) => each.region === region);
      if (member === undefined) continue;
      const enabled = await enable(member, record);
      const replicas = recordedReplicas(told).map((each) => (each.region === region ? enabled : each.record));
      told = { ...told, replicas };
    }
    return told;
  } catch (error) {
    const pending = [...new Set([step, ...textList(olds["pending"])])];
    throw new PartialFailure(lineage, { ...told, pending }, ByokError.from(error, step).with({ step }));
  }
}

interface Place {
  readonly context: LifecycleContext;
  readonly kms: KmsPort;
  readonly inputs: KeyInputs;
}
