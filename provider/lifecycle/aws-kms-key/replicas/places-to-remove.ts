import { connectionOf } from "../../connection-of";
import type { LifecycleContext, PlainRecord } from "../../contract";
import type { KeyInputs } from "../key-inputs";
import type { Removal } from "../remove-key";
import { formerReplicas } from "./former-replicas";
import { inRegion } from "./in-region";
import { recordedMembers } from "./replica-member";

/** Every Region of a key that is to go; the primary's last, because AWS deletes it last. */
export function placesToRemove(
  context: LifecycleContext,
  key: { readonly id: string; readonly inputs: KeyInputs; readonly outputs: PlainRecord },
): readonly Removal[] {
  const { id, inputs, outputs } = key;
  const last = formerReplicas(outputs).map(({ deletionDate }) => Date.parse(deletionDate));
  const { keyId } = outputs;
  const replicasGone = new Map(
    last.length > 0 && typeof keyId === "string" ? [[keyId, new Date(Math.max(...last))]] : [],
  );
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
