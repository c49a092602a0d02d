import { ByokError } from "../../model/errors";
import { ownershipTags } from "../../model/owner";
import type { KmsKeyFacts, KmsKeyState, KmsPort } from "../../model/ports/kms";
import type { LifecycleContext } from "../contract";
import type { AwsKmsKeyRecord } from "../inputs/aws-kms-key-record";

/** True while AWS is going to delete the key; a multi-Region primary first waits for its replicas. */
export const isLeaving = (state: KmsKeyState): boolean =>
  state === "PendingDeletion" || state === "PendingReplicaDeletion";

/** The lineage that the key carries, where it is another resource's. */
export async function foreignLineage(kms: KmsPort, key: AwsKmsKeyRecord): Promise<string | undefined> {
  const lineage = (await kms.listTags(key.keyId))[ownershipTags.lineage];
  return lineage === undefined || lineage === key.lineage ? undefined : lineage;
}

/** @throws ByokError BYOK_OWNED_BY_ANOTHER where the key belongs to another resource by now. */
export async function requireOwned(kms: KmsPort, key: AwsKmsKeyRecord): Promise<void> {
  const lineage = await foreignLineage(kms, key);
  if (lineage === undefined) return;
  throw new ByokError("BYOK_OWNED_BY_ANOTHER", `${key.arn} belongs to another resource now (lineage ${lineage}).`, {
    hint: "Schedule its deletion where it belongs.",
    property: "key",
  });
}

/** How long a write may take until DescribeKey shows it (AWS KMS is eventually consistent), and how often to look. */
const settle = { attempts: 20, pauseMs: 500 } as const;

/** The key once it shows what was just done to it, or as it shows at last. */
export async function settled(
  context: LifecycleContext,
  kms: KmsPort,
  keyId: string,
  shows: (facts: KmsKeyFacts) => boolean,
): Promise<KmsKeyFacts | undefined> {
  for (let pauses = 0; ; pauses += 1) {
    const facts = await kms.describeKey(keyId);
    if (facts === undefined || shows(facts) || pauses >= settle.attempts) return facts;
    await context.sleep(settle.pauseMs);
  }
}
