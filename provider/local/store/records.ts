import { z } from "zod";
import type { RecordKind } from "./folder";

/** What the store remembers of one piece of key material of one KMS key in one Region. */
export const materialRecordSchema = z.object({
  id: z.string(),
  role: z.enum(["CURRENT", "NON_CURRENT", "PENDING"]),
  /** Raw bytes (symmetric, HMAC) or PKCS#8 DER (RSA, EC), base64; null while it is not imported. */
  bytes: z.string().nullable(),
  expiresAt: z.number().nullable(),
  description: z.string().nullable(),
  rotatedAt: z.number().nullable(),
  rotationType: z.enum(["AUTOMATIC", "ON_DEMAND"]).nullable(),
  /** Zero bytes that followed the PKCS#8 structure in the last import of this material. */
  trailingZeroBytes: z.number(),
});

export const tagSchema = z.object({ TagKey: z.string(), TagValue: z.string() });

export const grantRecordSchema = z.object({
  id: z.string(),
  token: z.string(),
  name: z.string().nullable(),
  createdAt: z.number(),
  grantee: z.string(),
  retiring: z.string().nullable(),
  issuingAccount: z.string(),
  operations: z.array(z.string()),
  contextEquals: z.record(z.string(), z.string()).nullable(),
  contextSubset: z.record(z.string(), z.string()).nullable(),
});

export const keySpecNames = [
  "SYMMETRIC_DEFAULT",
  "HMAC_224",
  "HMAC_256",
  "HMAC_384",
  "HMAC_512",
  "RSA_2048",
  "RSA_3072",
  "RSA_4096",
  "ECC_NIST_P256",
  "ECC_NIST_P384",
  "ECC_NIST_P521",
  "ECC_SECG_P256K1",
] as const;

export const keyUsageNames = ["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"] as const;

/** One KMS key in one account and Region. A replica is a record of its own, as it is at AWS. */
export const keyRecordSchema = z.object({
  kind: z.literal("key"),
  account: z.string(),
  region: z.string(),
  keyId: z.string(),
  createdAt: z.number(),
  description: z.string(),
  spec: z.enum(keySpecNames),
  usage: z.enum(keyUsageNames),
  origin: z.enum(["AWS_KMS", "EXTERNAL"]),
  enabled: z.boolean(),
  multiRegion: z.object({ primaryRegion: z.string(), replicaRegions: z.array(z.string()) }).nullable(),
  policy: z.string(),
  tags: z.array(tagSchema),
  /** `at` is null while a multi-Region primary waits for its replicas to be deleted. */
  deletion: z.object({ windowInDays: z.number(), at: z.number().nullable() }).nullable(),
  creatingUntil: z.number().nullable(),
  updatingUntil: z.number().nullable(),
  materials: z.array(materialRecordSchema),
  rotation: z.object({
    periodInDays: z.number().nullable(),
    nextAt: z.number().nullable(),
    onDemandCount: z.number(),
    onDemandStartedAt: z.number().nullable(),
    onDemandDoneAt: z.number().nullable(),
  }),
  grants: z.array(grantRecordSchema),
  /** The last successful cryptographic operation; a record from before it was kept has none. */
  lastUse: z
    .object({ operation: z.string(), at: z.number(), eventId: z.string(), requestId: z.string() })
    .nullable()
    .default(null),
});

export const aliasRecordSchema = z.object({
  kind: z.literal("alias"),
  account: z.string(),
  region: z.string(),
  name: z.string(),
  targetKeyId: z.string(),
  createdAt: z.number(),
  updatedAt: z.number(),
});

export const storedRecordSchema = z.discriminatedUnion("kind", [keyRecordSchema, aliasRecordSchema]);

/** A record is never changed in place: a change is a new record, so that older views stay what they were. */
type Frozen<T> = T extends readonly (infer E)[]
  ? readonly Frozen<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;

export type MaterialRecord = Frozen<z.infer<typeof materialRecordSchema>>;
export type GrantRecord = Frozen<z.infer<typeof grantRecordSchema>>;
export type Tag = Frozen<z.infer<typeof tagSchema>>;
export type KeyRecord = Frozen<z.infer<typeof keyRecordSchema>>;
export type AliasRecord = Frozen<z.infer<typeof aliasRecordSchema>>;
export type StoredRecord = KeyRecord | AliasRecord;
export type KeySpecName = (typeof keySpecNames)[number];
export type KeyUsageName = (typeof keyUsageNames)[number];

/** The address of a record: one account, one Region, one key id or alias name. */
export function addressOf(record: StoredRecord): string {
  return record.kind === "key"
    ? keyAddress(record.account, record.region, record.keyId)
    : aliasAddress(record.account, record.region, record.name);
}

export function keyAddress(account: string, region: string, keyId: string): string {
  return `key:${account}:${region}:${keyId}`;
}

export function aliasAddress(account: string, region: string, name: string): string {
  return `alias:${account}:${region}:${name}`;
}

/** Keys and aliases as they stand in a folder. */
export const awsRecords: RecordKind<StoredRecord> = {
  schema: storedRecordSchema,
  prefixOf: (address) => (address.startsWith("key:") ? "key" : "alias"),
};
