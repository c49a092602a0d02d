import { ByokError } from "../model/errors";
import type { KmsKeyUsage } from "../model/ports/kms";
import type { AwsCaller } from "./aws-caller";

/**
 * When a key was last used (GetKeyLastUsage), or undefined where AWS does not tell: the call is not permitted, or this KMS does not have it. Nobody waits for
 * it: it is a word in a warning.
 */
export async function lastUsage(caller: AwsCaller, keyId: string): Promise<KmsKeyUsage | undefined> {
  try {
    const { KeyLastUsage, TrackingStartDate, KeyCreationDate } = await caller.call(
      "GetKeyLastUsage",
      { KeyId: keyId },
      { once: true },
    );
    if (TrackingStartDate === undefined) return undefined;
    const { Operation, Timestamp } = KeyLastUsage ?? {};
    return {
      trackedSince: TrackingStartDate,
      ...(KeyCreationDate === undefined ? {} : { createdAt: KeyCreationDate }),
      ...(Timestamp === undefined ? {} : { at: Timestamp }),
      ...(Operation === undefined ? {} : { operation: Operation }),
    };
  } catch (error) {
    if (error instanceof ByokError) return undefined;
    throw error;
  }
}
