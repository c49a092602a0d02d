import { randomUUID } from "node:crypto";
import type { KeyRecord } from "../store/records";
import type { Answer, Call, Operation } from "./call";
import { requireKey } from "./key-reference";
import { seconds } from "./key-metadata";

/** Operations whose success AWS counts as a use of the key (KeyLastUsageTrackingOperation). */
const tracked = new Set([
  ...["Decrypt", "DeriveSharedSecret", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"],
  ...["GenerateMac", "ReEncrypt", "Sign", "Verify", "VerifyMac"],
]);

/** Remembers a use that has just succeeded, of each key that the answer names. */
export function noteUse(call: Call, answer: Answer): void {
  if (!tracked.has(call.operation)) return;
  for (const arn of new Set([answer["KeyId"], answer["SourceKeyId"]])) {
    const parts = typeof arn === "string" ? /^arn:aws:kms:([\w-]+):(\d{12}):key\/(.+)$/.exec(arn) : null;
    const [, region = "", account = "", keyId = ""] = parts ?? [];
    const key = call.cloud.store.key(account, region, keyId);
    if (key === undefined) continue;
    const lastUse = { operation: call.operation, at: call.now, eventId: randomUUID(), requestId: randomUUID() };
    call.cloud.store.put({ ...key, lastUse });
  }
}

/** GetKeyLastUsage. This cloud counts from the moment in which a key is made. */
export const getKeyLastUsage: Operation = (call) => {
  const key: KeyRecord = requireKey(call, call.input.keyReference(), { view: call.view });
  const { lastUse } = key;
  return {
    KeyId: key.keyId,
    KeyCreationDate: seconds(key.createdAt),
    TrackingStartDate: seconds(key.createdAt),
    KeyLastUsage:
      lastUse === null
        ? {}
        : {
            Operation: lastUse.operation,
            Timestamp: seconds(lastUse.at),
            CloudTrailEventId: lastUse.eventId,
            KmsRequestId: lastUse.requestId,
          },
  };
};
