import { ByokError } from "../model/errors";
import { isLeaving } from "../model/key-states";
import type { KmsPort } from "../model/ports/kms";
import type { AwsCaller } from "./aws-caller";
import { describeKey } from "./read-key";

const DAY_MS = 24 * 60 * 60 * 1000;

const isInvalidState = (error: unknown): boolean =>
  error instanceof ByokError && error.code === "BYOK_AWS_INVALID_STATE";

/** Scheduling the deletion of a key, and taking it back. */
export const deletionMethods = (
  caller: AwsCaller,
  on: (keyId: string) => Promise<{ readonly isNew: () => boolean }>,
): Pick<KmsPort, "scheduleDeletion" | "cancelDeletion"> => ({
  scheduleDeletion: async (keyId, windowInDays) => {
    const { DeletionDate } = await caller.call(
      "ScheduleKeyDeletion",
      { KeyId: keyId, PendingWindowInDays: windowInDays },
      {
        ...(await on(keyId)),
        // A key that waits for its deletion refuses a second schedule; after a lost answer that means that the first one counted.
        settle: async (error) => {
          if (!isInvalidState(error)) return undefined;
          const key = await describeKey(caller, keyId);
          if (key?.state === "PendingDeletion") return { KeyId: key.arn, DeletionDate: key.deletionDate };
          return key?.state === "PendingReplicaDeletion" ? { KeyId: key.arn } : undefined;
        },
      },
    );
    // A multi-Region primary has no date yet: its window only starts when its last replica is gone.
    return DeletionDate ?? new Date(caller.surroundings.clock().getTime() + windowInDays * DAY_MS);
  },
  cancelDeletion: async (keyId) => {
    try {
      await caller.call("CancelKeyDeletion", { KeyId: keyId }, await on(keyId));
    } catch (error) {
      if (!isInvalidState(error)) throw error;
      const key = await describeKey(caller, keyId);
      const waits = key === undefined || isLeaving(key.state);
      if (waits) throw error;
    }
  },
});
