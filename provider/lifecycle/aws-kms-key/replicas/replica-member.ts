import { ByokError } from "../../../model/errors";
import type { KmsPort } from "../../../model/ports/kms";
import { kmsToChange } from "../../kms-to-change";
import type { LifecycleContext, PlainRecord } from "../../contract";
import { replicaInputs, type ReplicaInputs } from "../../inputs/replica-inputs";
import { pickDefined } from "../../pick-defined";
import type { KeyInputs } from "../key-inputs";
import { inRegion } from "./in-region";
import { recordedReplicas } from "./recorded-replicas";

/** One replica of a multi-Region key under work: the same lineage in another place. */
export interface ReplicaMember {
  readonly region: string;
  readonly context: LifecycleContext;
  readonly kms: KmsPort;
  /** The key's inputs, with what the replica has for itself. */
  readonly inputs: KeyInputs;
  /** As a property path, such as `replicas[0]`. */
  readonly property: string;
}

/** The replicas that the inputs ask for. */
export const namedMembers = (inputs: KeyInputs): readonly Pick<ReplicaMember, "region" | "inputs">[] =>
  (inputs.replicas ?? []).map((replica) => ({
    region: replica.group.region,
    inputs: keyInputsOf(inputs, replica),
  }));

/** The same, each with its KMS once the account was seen to be the right one. */
export async function replicaMembers(context: LifecycleContext, inputs: KeyInputs): Promise<readonly ReplicaMember[]> {
  const members: ReplicaMember[] = [];
  for (const [index, member] of namedMembers(inputs).entries()) {
    members.push({
      ...member,
      context: inRegion(context, member.region),
      kms: await kmsToChange(context, member.inputs.group),
      property: `replicas[${index}]`,
    });
  }
  return members;
}

/** A replica that the state remembers, whether the program still names it or not. */
export function recordedMember(
  inputs: KeyInputs,
  record: PlainRecord,
): { readonly region: string; readonly inputs: KeyInputs } | undefined {
  const replica = replicaInputs.safeParse(pickDefined(record, Object.keys(replicaInputs.shape))).data;
  return replica === undefined ? undefined : { region: replica.group.region, inputs: keyInputsOf(inputs, replica) };
}

/** The replicas of the state, as {@link recordedMember}. */
export const recordedMembers = (
  inputs: KeyInputs,
  outputs: PlainRecord,
): readonly { readonly region: string; readonly record: PlainRecord; readonly inputs: KeyInputs }[] =>
  recordedReplicas(outputs).flatMap(({ record }) => {
    const member = recordedMember(inputs, record);
    return member === undefined ? [] : [{ ...member, record }];
  });

function keyInputsOf(inputs: KeyInputs, replica: ReplicaInputs): KeyInputs {
  const { group, owner, aliases, description, policy, tags, enabled, validTo, keepValidFor, adopted } = replica;
  if (owner === undefined)
    throw new ByokError("BYOK_INTERNAL", `The recorded replica in ${group.region} has no owner.`, {
      hint: "Run pulumi refresh, then pulumi up.",
    });
  return {
    ...inputs,
    ...{ group, owner, aliases, description, policy, tags, enabled, validTo, keepValidFor },
    keptUnder: inputs.owner,
    account: group.account,
    region: group.region,
    replicas: undefined,
    primaryRegion: undefined,
    renewBefore: undefined,
    // Grants are a Region's own, and the program lists those of all Regions in one place.
    adopt: adopted === true ? inputs.adopt : undefined,
    adopted,
  };
}
