import { ByokError } from "../model/errors";
import type { KmsKeyFacts } from "../model/ports/kms";
import type { AwsCaller, CallOptions } from "./aws-caller";
import { keyFacts } from "./key-facts";

/** Between the two looks that a not-found takes to be believed. */
const SECOND_LOOK_MS = 700;

/** True for the error that says that something does not exist. */
export const isNotFound = (error: unknown): boolean =>
  error instanceof ByokError && error.code === "BYOK_AWS_NOT_FOUND";

/** How often to look before a not-found is believed. */
export type Looks = 1 | 2;

/** What a read answers, or undefined where so many looks found nothing. Every other failure is thrown. */
export async function unlessMissing<T>(
  caller: AwsCaller,
  read: () => Promise<T>,
  looks: Looks = 2,
): Promise<T | undefined> {
  for (let look = 1; look <= looks; look += 1) {
    try {
      return await read();
    } catch (error) {
      if (!isNotFound(error)) throw error;
      if (look < looks) await caller.surroundings.sleep(SECOND_LOOK_MS, caller.surroundings.signal);
    }
  }
  return undefined;
}

/** DescribeKey of a key or an alias; undefined where so many looks found nothing. */
export const describeKey = (
  caller: AwsCaller,
  keyId: string,
  options: CallOptions<"DescribeKey"> = {},
  looks?: Looks,
): Promise<KmsKeyFacts | undefined> =>
  unlessMissing(
    caller,
    async () => {
      const { KeyMetadata } = await caller.call("DescribeKey", { KeyId: keyId }, options);
      return keyFacts(KeyMetadata);
    },
    looks,
  );
