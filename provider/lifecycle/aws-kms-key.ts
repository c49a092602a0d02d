import { z } from "zod";
import { ByokError } from "../model/errors";
import { isLeaving } from "../model/key-states";
import { ownershipTags } from "../model/owner";
import type { KmsKeyFacts, KmsPort } from "../model/ports/kms";
import { textList } from "./text-list";
import { kmsToChange } from "./kms-to-change";
import { PartialFailure, type Lifecycle, type PlainRecord } from "./contract";
import { checkKey } from "./aws-kms-key/check-key";
import { enableFormer } from "./aws-kms-key/enable-former";
import { isBySchedule, unrotated, whileLeaving } from "./aws-kms-key/by-schedule";
import { keyStateForm } from "./aws-kms-key/compact-key";
import { changesOf, diffKey, isRecordOnly } from "./aws-kms-key/diff-key";
import { compromisedVersions, copiedMaterial, identityOf } from "./aws-kms-key/key-material";
import { parseKeyInputs, rememberedWith, type KeyInputs } from "./aws-kms-key/key-inputs";
import { locateKey } from "./aws-kms-key/locate-key";
import { removeLeavingReplicas } from "./aws-kms-key/replicas/remove-leaving";
import { ensureKeySet } from "./aws-kms-key/replicas/ensure-key-set";
import { dueEverywhere, retireEverywhere } from "./aws-kms-key/replicas/retire-everywhere";
import { recordedReplicas } from "./aws-kms-key/replicas/recorded-replicas";
import { rotateInPlace } from "./aws-kms-key/rotate-in-place";
import { rotationSettings } from "./aws-kms-key/rotation-settings";
import { rotateNative } from "./aws-kms-key/rotate-native";
import { rotateToNewKey } from "./aws-kms-key/rotate-to-new-key";
import { isReturned, livingArns, noteReturn, noteStillThere } from "./aws-kms-key/note-return";
import { readKey } from "./aws-kms-key/read-key";
import { removeKey } from "./aws-kms-key/remove-key";

/** A KMS key that holds a source key's material. Its id is its lineage: random, and tagged on the KMS key. */
export const awsKmsKey: Lifecycle = {
  kind: "AwsKmsKey",
  stateForm: keyStateForm,

  check: checkKey,

  diff(context, id, olds, news) {
    return Promise.resolve(diffKey(context, id, olds, news));
  },

  async create(context, record) {
    const inputs = parseKeyInputs(record);
    const kms = await kmsToChange(context, inputs.group);
    const lineage = context.random(16).toString("hex");
    const { keyId, from, keepMaterial } = await locateKey(context, kms, inputs, lineage);
    const outputs = await ensureKeySet(context, kms, {
      lineage,
      keyId,
      inputs,
      madeNow: from === "made",
      keepMaterial,
      olds: {},
    });
    // Somebody may have cancelled its deletion by hand.
    if (from !== "made") await noteReturn(context, inputs, livingArns(outputs));
    return { id: lineage, outputs };
  },

  read: readKey,

  async update(context, id, olds, wanted) {
    const record = whileLeaving(olds, wanted);
    const inputs = parseKeyInputs(record);
    if (olds["keyState"] === "Destroyed") return rememberedWith(olds, inputs);
    const changed = changesOf(olds, record);
    const unfinished = textList(olds["pending"]).length > 0;
    const isCompromised = compromisedVersions(inputs.material);
    const { disableDays } = rotationSettings(inputs);
    const retiring = dueEverywhere(olds, disableDays, context.clock(), isCompromised).length > 0;
    if (isRecordOnly(changed) && !unfinished && !retiring) return rememberedWith(olds, inputs);
    const { keyId } = olds;
    if (typeof keyId !== "string")
      throw new ByokError("BYOK_INTERNAL", "The state names no KMS key.", { hint: "Run pulumi refresh." });
    const kms = await kmsToChange(context, inputs.group);
    const owned = await requireOwned(kms, keyId, id);
    // Where somebody took the tag away, the state knows; the version that is wanted would hide a rotation that is due.
    const held = owned.version ?? z.number().safeParse(olds["version"]).data ?? inputs.version;
    refuseGoingBack(inputs, held);
    if (held < inputs.version && owned.facts !== undefined && isLeaving(owned.facts.state)) {
      const left = leftAlone(olds, record, owned.facts);
      if (left !== undefined) return left;
      const seen = asSeen(olds, owned.facts);
      // The schedule waits; whether the key takes what else is asked for is told of that.
      if (whileLeaving(seen, record) !== record) return awsKmsKey.update(context, id, seen, wanted);
      throw rotationOfTheGoing(inputs, owned.facts);
    }
    const present = parseKeyInputs(unrotated(olds, record, held));
    // An adoption that died before it saw the key has told no state of it.
    const state = olds["keyState"] ?? owned.facts?.state;
    const keepMaterial = inputs.adopted === true && olds["proof"] === undefined && state !== "PendingImport";
    const key = { lineage: id, keyId, inputs, madeNow: false, keepMaterial };
    const rotateAndEnsure = async (): Promise<PlainRecord> => {
      // AWS rotates a key that holds all its materials: what was lost comes back first.
      const complete =
        ["PendingImport", "Disabled"].includes(owned.facts?.state ?? "") || inputs.multiRegion === true
          ? await ensureKeySet(context, kms, { ...key, inputs: present, olds })
          : olds;
      const rotate = "native" in inputs.material ? rotateNative : rotateInPlace;
      const rotated = await rotate(context, kms, keyId, { lineage: id, inputs, olds: complete });
      return ensureKeySet(context, kms, { ...key, olds: rotated });
    };
    // What the former key encrypted is to stay readable, so it gets back what it lost before it is left behind. And a rotation that was cut off is finished before the next one
    // begins: else every moment of a schedule at which something fails would leave a key behind.
    const mustComplete =
      owned.facts?.state === "PendingImport"
        ? olds["proof"] !== undefined && isNextOfSame(olds, inputs)
        : unfinished && isBySchedule(olds, record);
    const completed = async (): Promise<PlainRecord> => {
      const leavesAliases = mustComplete && (await hasBegun(kms, inputs, id));
      const complete = mustComplete
        ? withAliasesOf(olds, await ensureKeySet(context, kms, { ...key, inputs: present, olds, leavesAliases }))
        : olds;
      return enableFormer(context, kms, keyId, { lineage: id, inputs, olds: complete });
    };
    const outputs =
      held < inputs.version && rotationSettings(inputs).rotationMode === "new-key"
        ? await rotateToNewKey(context, kms, { lineage: id, inputs, olds: await completed() })
        : held < inputs.version || isCutOffInPlace(inputs, olds)
          ? await rotateAndEnsure()
          : await ensureKeySet(context, kms, { ...key, olds });
    if (isReturned(olds, outputs)) await noteStillThere(context, inputs, { before: olds, found: outputs });
    try {
      const settled = await removeLeavingReplicas(context, { lineage: id, inputs, outputs });
      return await retireEverywhere(context, kms, { lineage: id, inputs, outputs: settled });
    } catch (error) {
      // What the run has done by now stays in the state, whatever fails.
      if (error instanceof PartialFailure) throw error;
      const step = "retire former keys and replicas";
      throw new PartialFailure(id, { ...outputs, pending: [step] }, ByokError.from(error, step).with({ step }));
    }
  },

  delete: removeKey,
};

/** True where the key takes a newer version of the very source key that it has. */
function isNextOfSame(olds: PlainRecord, inputs: KeyInputs): boolean {
  const before = parseKeyInputs(olds);
  return (
    "source" in inputs.material &&
    identityOf(before) === identityOf(inputs) &&
    before.versionOffset === inputs.versionOffset
  );
}

/** True where a run that was killed has made the key of the version that is wanted: it may have the aliases by now, and nothing takes them back. */
const hasBegun = async (kms: KmsPort, { owner, version }: KeyInputs, id: string): Promise<boolean> =>
  (await kms.findByOwner(owner)).some(
    ({ tags }) => tags[ownershipTags.lineage] === id && tags[ownershipTags.version] === String(version),
  );

/** Aliases that a rotation which was killed has moved already are this resource's all the same. */
const withAliasesOf = (olds: PlainRecord, outputs: PlainRecord): PlainRecord => ({
  ...outputs,
  aliases: [...new Set([...textList(outputs["aliases"]), ...textList(olds["aliases"])])].sort(),
});

const isCutOffInPlace = (inputs: KeyInputs, olds: PlainRecord): boolean =>
  rotationSettings(inputs).rotationMode === "in-place" && provedVersion(olds) < (copiedMaterial(inputs)?.version ?? 0);

/** The version whose material the state knows to be in the key, everywhere: behind the key's tag after a rotation in place that was cut off at its end. */
const provedVersion = (olds: PlainRecord): number =>
  Math.min(
    ...[olds, ...recordedReplicas(olds).map(({ record }) => record)].map(
      ({ proof, keyId }) =>
        (keyId === olds["keyId"]
          ? z.object({ sourceVersion: z.number() }).safeParse(proof).data?.sourceVersion
          : undefined) ?? Infinity,
    ),
  );

const asSeen = (olds: PlainRecord, facts: KmsKeyFacts): PlainRecord => ({
  ...olds,
  keyState: facts.state,
  deletionDate: facts.deletionDate?.toISOString(),
  pending: [],
});

/** What is recorded of a key that goes, where its schedule asks for a rotation and nothing else is asked for. */
function leftAlone(olds: PlainRecord, record: PlainRecord, facts: KmsKeyFacts): PlainRecord | undefined {
  const seen = asSeen(olds, facts);
  const wanted = whileLeaving(seen, record);
  return wanted !== record && isRecordOnly(changesOf(olds, wanted))
    ? rememberedWith(seen, parseKeyInputs(wanted))
    : undefined;
}

/** Who lets a key go has not asked for another one in its place. */
function rotationOfTheGoing(inputs: KeyInputs, { arn }: KmsKeyFacts): ByokError {
  const stays = "source" in inputs.material ? "set follow: false" : "leave the property that asks for it as it was";
  return new ByokError(
    "BYOK_AWS_INVALID_STATE",
    `${arn} is scheduled for deletion, and ${awaited(inputs)} by now; no key is made in its place.`,
    {
      hint: `To let it go, ${stays}, or remove this resource. To keep it, cancel the deletion first (kms:CancelKeyDeletion).`,
    },
  );
}

function awaited({ material, version }: KeyInputs): string {
  return "source" in material
    ? `${material.source.name} has version ${material.source.version}`
    : `its version ${version} is asked for`;
}

/** An older state never takes a key, or an alias, back to an older version. */
function refuseGoingBack(inputs: KeyInputs, held: number): void {
  if (inputs.version >= held) return;
  throw new ByokError(
    "BYOK_KEY_DRIFTED",
    `The KMS key holds version ${held} by now, and this state knows version ${inputs.version}; a key never goes back to an older version.`,
    { hint: "Run pulumi refresh, then pulumi up of the program that rotated the key." },
  );
}

/**
 * Only the owner acts: another lineage on the key means that somebody took it over. A missing tag is drift, and repaired.
 *
 * @returns the key, and the version that it holds as far as its tag tells
 */
async function requireOwned(
  kms: KmsPort,
  keyId: string,
  id: string,
): Promise<{ readonly facts?: KmsKeyFacts; readonly version?: number }> {
  const facts = await kms.describeKey(keyId);
  if (facts === undefined) return {};
  const tags = await kms.listTags(keyId);
  const lineage = tags[ownershipTags.lineage];
  const version = Number(tags[ownershipTags.version]);
  if (lineage === undefined || lineage === id)
    return { facts, ...(Number.isInteger(version) && version > 0 ? { version } : {}) };
  throw new ByokError("BYOK_OWNED_BY_ANOTHER", `${facts.arn} belongs to another resource now (lineage ${lineage}).`, {
    hint: "If this resource should have it, adopt it there; if not, remove it here with pulumi state delete.",
  });
}
