import type { ByokError } from "../../model/errors";
import type { LifecycleContext } from "../contract";

/** Rotations on demand that AWS allows a key (RotateKeyOnDemand), and from how many left on a warning is due. */
const rotationLimit = { most: 25, warnFrom: 3 } as const;

/**
 * Warns in time before a key can be rotated in place no more.
 *
 * @param done - rotations on demand of the key before the one that begins
 */
export function warnOfLimit(context: LifecycleContext, done: number): void {
  const left = rotationLimit.most - done - 1;
  if (left > rotationLimit.warnFrom) return;
  context.log.warn(
    `${Math.max(left, 0)} rotations in place are left for this KMS key (AWS allows ${rotationLimit.most}). Plan for rotationMode: "new-key".`,
  );
}

/** A rotation in place that AWS refuses for good goes on with a new key. */
export const withWayOut = (failure: ByokError): ByokError =>
  failure.code === "BYOK_AWS_LIMIT_EXCEEDED"
    ? failure.with({
        hint: `AWS rotates a KMS key in place ${rotationLimit.most} times. For this and later rotations set rotationMode: "new-key".`,
      })
    : failure;
