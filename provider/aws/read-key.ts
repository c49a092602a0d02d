import { ByokError } from "../model/errors";
import type { KmsKeyFacts } from "../model/ports/kms";
import type { AwsCaller, CallOptions } from "./aws-caller";
import { keyFacts } from "./key-facts";

/** Between the two looks that a not-found takes to be believed. */
const SECOND_LOOK_MS = 700;

/** True for the error that says that something does not exist. */
export const isNotFound = (error: unknown): boolean =>
  error instanceof ByokError && error.code === "BYOK_AWS_NOT_FOUND";

/** What a read answers, or undefined where two looks found nothing. Every other failure is thrown. */
export async function unlessMissing<T>(caller: AwsCaller, read: () => Promise<T>): Promise<T | undefined> {
  for (const last of [false, true]) {
    try {
      return await read();
    } catch (error) {
      if (!isNotFound(error)) throw error;
      if (!last) await caller.surroundings.sleep(SECOND_LOOK_MS, caller.surroundings.signal);
    }
  }
  return undefined;
}

/** DescribeKey of a key or an alias; undefined where two looks found nothing. */
export const describeKey = (
  caller: AwsCaller,
  keyId: string,
  options: CallOptions<"DescribeKey"> = {},
): Promise<KmsKeyFacts | undefined> =>
  unlessMissing(caller, async () => {
    const { KeyMetadata } = await caller.call("DescribeKey", { KeyId: keyId }, options);
    return keyFacts(KeyMetadata);
  });
