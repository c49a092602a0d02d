import type { VaultRotationPolicy } from "../model/ports/key-vault";
import type { VaultCaller } from "./vault-caller";

/** The rotation policy of a key; undefined where there is no such key. The service compares actions without regard to case. */
export const rotationPolicyOf = (caller: VaultCaller, name: string): Promise<VaultRotationPolicy | undefined> =>
  caller.find({ doing: `reading the rotation policy of ${name}` }, async ({ keys }) => {
    const { lifetimeActions = [], expiresIn } = await keys.getKeyRotationPolicy(name);
    const triggerOf = (action: string): (typeof lifetimeActions)[number] | undefined =>
      lifetimeActions.find((each) => each.action.toLowerCase() === action);
    const rotates = triggerOf("rotate");
    const notifies = triggerOf("notify");
    return {
      ...told("rotateAfter", rotates?.timeAfterCreate),
      ...told("rotateBeforeExpiry", rotates?.timeBeforeExpiry),
      ...told("expiresAfter", expiresIn),
      ...told("notifyBefore", notifies?.timeBeforeExpiry),
    };
  });

/** The service answers null for what a trigger does not name. */
const told = (name: keyof VaultRotationPolicy, duration: string | null | undefined): VaultRotationPolicy =>
  typeof duration === "string" && duration !== "" ? { [name]: duration } : {};

/** Puts a policy in place of the one that is there; an empty one takes it away. */
export async function setRotationPolicy(
  caller: VaultCaller,
  name: string,
  { rotateAfter, expiresAfter, notifyBefore }: VaultRotationPolicy,
): Promise<void> {
  await caller.call({ doing: `setting the rotation policy of ${name}` }, ({ keys }) =>
    keys.updateKeyRotationPolicy(name, {
      lifetimeActions: [
        ...(rotateAfter === undefined ? [] : [{ action: "Rotate" as const, timeAfterCreate: rotateAfter }]),
        ...(notifyBefore === undefined ? [] : [{ action: "Notify" as const, timeBeforeExpiry: notifyBefore }]),
      ],
      ...(expiresAfter === undefined ? {} : { expiresIn: expiresAfter }),
    }),
  );
}
