import { keyVersionsIn } from "../../../model/key-versions";
import { connectionOf } from "../../connection-of";
import type { LifecycleContext, PlainRecord } from "../../contract";
import type { KeyInputs } from "../key-inputs";
import type { Removal } from "../remove-key";
import { formerReplicas } from "./former-replicas";
import { inRegion } from "./in-region";
import { recordedMembers } from "./replica-member";
import { noteReplicaGone, type ReplicasGone } from "./replicas-gone";

/** Every Region of a key that is to go; the primary's last, because AWS deletes it last. */
export function placesToRemove(
  context: LifecycleContext,
  key: { readonly id: string; readonly inputs: KeyInputs; readonly outputs: PlainRecord },
): readonly Removal[] {
  const { id, inputs, outputs } = key;
  const replicasGone: ReplicasGone = new Map();
  const { keyId } = outputs;
  const keyIds = [
    ...keyVersionsIn(outputs).map((version) => version.keyId),
    ...(typeof keyId === "string" ? [keyId] : []),
  ];
  // The date is the last one of all keys that were removed in that Region.
  for (const { region, deletionDate } of formerReplicas(outputs))
    for (const each of keyIds) noteReplicaGone(replicasGone, each, region, new Date(deletionDate));
  const main = { context, kms: context.kms(connectionOf(inputs.group)), id, inputs, outputs, replicasGone };
  const replicas = recordedMembers(inputs, outputs).map((member): Removal => {
    const kms = context.kms(connectionOf(member.inputs.group));
    return {
      context: inRegion(context, member.region),
      kms,
      id,
      inputs: member.inputs,
      outputs: member.record,
      replicasGone,
    };
  });
  const primaryRegion = outputs["primaryRegion"] ?? inputs.region;
  return [...replicas, main].sort(
    (one, other) => Number(one.inputs.region === primaryRegion) - Number(other.inputs.region === primaryRegion),
  );
}
