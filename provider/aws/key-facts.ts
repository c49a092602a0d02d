import { z } from "zod";
import { ByokError } from "../model/errors";
import type { KmsKeyFacts } from "../model/ports/kms";

/** KeyMetadata, as far as a key with imported material can be described by it. Source: DescribeKey. */
const keyMetadata = z.object({
  KeyId: z.string(),
  Arn: z.string(),
  KeyState: z.enum([
    "Creating",
    "Enabled",
    "Disabled",
    "PendingImport",
    "PendingDeletion",
    "PendingReplicaDeletion",
    "Unavailable",
    "Updating",
  ]),
  Origin: z.string(),
  KeyManager: z.string().default("CUSTOMER"),
  KeySpec: z.string(),
  KeyUsage: z.string(),
  Description: z.string().default(""),
  MultiRegion: z.boolean().default(false),
  MultiRegionConfiguration: z
    .object({
      PrimaryKey: z.object({ Arn: z.string().optional(), Region: z.string().optional() }).optional(),
      ReplicaKeys: z.array(z.object({ Region: z.string().optional() })).optional(),
    })
    .optional(),
  CreationDate: z.date(),
  ExpirationModel: z.string().optional(),
  ValidTo: z.date().optional(),
  DeletionDate: z.date().optional(),
  PendingDeletionWindowInDays: z.number().optional(),
  CurrentKeyMaterialId: z.string().optional(),
});

const keyArn = /^arn:[\w-]+:kms:([a-z0-9-]+):(\d{12}):key\/[\w-]+$/;

/** Reads what DescribeKey and CreateKey tell of a key. */
export function keyFacts(metadata: unknown): KmsKeyFacts {
  const parsed = keyMetadata.safeParse(metadata);
  const [, region, account] = keyArn.exec(parsed.data?.Arn ?? "") ?? [];
  if (!parsed.success || region === undefined || account === undefined) {
    throw new ByokError("BYOK_AWS_FAILED", "KMS described a key in a way that cannot be understood.", {
      hint: "Check that the KMS endpoint is one, and look for a newer version of this package.",
    });
  }
  const facts = parsed.data;
  return {
    keyId: facts.KeyId,
    arn: facts.Arn,
    account,
    region,
    state: facts.KeyState,
    origin: facts.Origin,
    manager: facts.KeyManager,
    spec: facts.KeySpec,
    usage: facts.KeyUsage,
    description: facts.Description,
    multiRegion: facts.MultiRegion,
    createdAt: facts.CreationDate,
    expires: facts.ExpirationModel === "KEY_MATERIAL_EXPIRES",
    ...replicasIn(facts),
    ...(facts.ValidTo === undefined ? {} : { validTo: facts.ValidTo }),
    ...(facts.DeletionDate === undefined ? {} : { deletionDate: facts.DeletionDate }),
    ...(facts.PendingDeletionWindowInDays === undefined
      ? {}
      : { pendingWindowInDays: facts.PendingDeletionWindowInDays }),
    ...(facts.CurrentKeyMaterialId === undefined ? {} : { keyMaterialId: facts.CurrentKeyMaterialId }),
  };
}

/** The primary, and the replicas of a primary; AWS tells a replica of the others too, but waits for none of them when it is deleted. */
function replicasIn(facts: z.infer<typeof keyMetadata>): Pick<KmsKeyFacts, "primaryRegion" | "replicaRegions"> {
  const { PrimaryKey, ReplicaKeys = [] } = facts.MultiRegionConfiguration ?? {};
  const primary = PrimaryKey?.Region === undefined ? {} : { primaryRegion: PrimaryKey.Region };
  if (PrimaryKey?.Arn !== facts.Arn) return primary;
  const replicaRegions = ReplicaKeys.flatMap(({ Region }) => (Region === undefined ? [] : [Region]));
  return replicaRegions.length === 0 ? primary : { ...primary, replicaRegions };
}
