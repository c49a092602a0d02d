import { z } from "zod";
import type { RecordKind } from "../store/folder";

export const keyTypes = ["RSA", "RSA-HSM", "EC", "EC-HSM", "oct-HSM"] as const;
export type KeyType = (typeof keyTypes)[number];

export const curveNames = ["P-256", "P-384", "P-521", "P-256K"] as const;
export type CurveName = (typeof curveNames)[number];

const versionSchema = z.object({
  version: z.string(),
  kty: z.enum(keyTypes),
  curve: z.enum(curveNames).nullable(),
  /** PKCS#8 DER of an RSA or EC key, the raw bytes of an oct key; base64. */
  material: z.string(),
  operations: z.array(z.string()),
  enabled: z.boolean(),
  /** Seconds since 1970, as all times that a version shows. */
  notBefore: z.number().nullable(),
  expires: z.number().nullable(),
  created: z.number(),
  updated: z.number(),
  tags: z.record(z.string(), z.string()),
  /** Zero bytes that followed the PKCS#8 structure in the blob it came in. */
  trailingZeroBytes: z.number(),
});

export const lifetimeActionSchema = z.object({
  trigger: z.object({ timeAfterCreate: z.string().nullable(), timeBeforeExpiry: z.string().nullable() }),
  action: z.enum(["Rotate", "Notify"]),
});

const rotationPolicySchema = z.object({
  actions: z.array(lifetimeActionSchema),
  expiryTime: z.string().nullable(),
  created: z.number(),
  updated: z.number(),
});

/** One key of a vault with all its versions, which are deleted, recovered and purged together. */
const vaultKeySchema = z.object({
  vault: z.string(),
  /** As it was written first; names are compared without regard to case. */
  name: z.string(),
  /** Oldest first. */
  versions: z.array(versionSchema).min(1),
  rotationPolicy: rotationPolicySchema.nullable(),
  /** In milliseconds; set while the key is soft-deleted. */
  deleted: z.object({ at: z.number(), purgeAt: z.number() }).nullable(),
  /** In milliseconds; until then its latest deletion, recovery or purge does not show. */
  settlingUntil: z.number(),
  /** Purged, and its name not free yet. */
  purging: z.boolean(),
});

export type KeyVersion = Readonly<z.infer<typeof versionSchema>>;
export type RotationPolicy = Readonly<z.infer<typeof rotationPolicySchema>>;
export type VaultKey = Readonly<z.infer<typeof vaultKeySchema>>;

export const azureRecords: RecordKind<VaultKey> = { schema: vaultKeySchema, prefixOf: () => "key" };

export const addressOfKey = (vault: string, name: string): string => `${vault.toLowerCase()}/${name.toLowerCase()}`;
