import { ByokError } from "../../model/errors";
import { ownershipTags } from "../../model/owner";
import type { KmsPort } from "../../model/ports/kms";
import type { AwsKmsKeyRecord } from "../inputs/aws-kms-key-record";

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
