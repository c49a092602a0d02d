import { z } from "zod";
import { azureKeyNameFault } from "../../model/azure-key-name";
import { afterAzureRotations } from "../../model/azure-key-versions";
import { azureKeyVaultGroupRecord } from "./azure-key-vault-group-inputs";
import {
  azureDateSchema,
  azureRotationSchema,
  azureTagsSchema,
  operationsSchema,
  pinnedWrappingKeySchema,
  protectionSchema,
  tenantSchema,
  vaultUrlSchema,
} from "./azure-shapes";
import { azureKeyMaterialSchema } from "./key-material";
import { sharedRecord } from "./shared-record";
import { keySpecSchema, ownerSchema, selfShape } from "./shared-shapes";

const keyName = z.string().superRefine((text, issues) => {
  const message = azureKeyNameFault(text);
  if (message !== undefined) issues.addIssue({ code: "custom", message });
});

const versionedId = z.string().regex(/^https:\/\/[^/]+\/keys\/[0-9a-zA-Z-]{1,127}\/[0-9a-f]{32}$/, {
  error: "must be the id of a key with its version: https://VAULT/keys/NAME/VERSION.",
});

/** Inputs of a key in a vault. */
export const azureKeyInputs = z.strictObject({
  group: sharedRecord(azureKeyVaultGroupRecord),
  /** Pinned by the group; absent where each import makes one, and for software keys. */
  wrappingKey: pinnedWrappingKeySchema.optional(),
  name: keyName.optional(),
  material: azureKeyMaterialSchema,
  protection: protectionSchema.default("hsm"),
  /** True: material of ours may travel in clear, within TLS, which a software-protected key needs. */
  allowPlaintext: z.boolean().optional(),
  operations: operationsSchema.optional(),
  notBefore: azureDateSchema.optional(),
  expiresOn: azureDateSchema.optional(),
  tags: azureTagsSchema.optional(),
  enabled: z.boolean().optional(),
  /** False: the copy stays with the version that it holds when its source is rotated. */
  follow: z.boolean().optional(),
  afterRotation: z.enum(afterAzureRotations).optional(),
  /** Another value than before makes a new version of a key that copies no source key. */
  rotationTrigger: z.string().min(1).optional(),
  /** When Azure makes a version by itself. */
  rotation: azureRotationSchema.optional(),
  /** What a removal does besides the soft delete. */
  deletion: z.strictObject({ purge: z.boolean().optional() }).optional(),
  adopt: z.strictObject({ id: versionedId, recover: z.boolean().optional() }).optional(),
  /** What brings a key back whose name is free: a backup in a file, or its base64. */
  backup: z
    .strictObject({ file: z.string().min(1).optional(), blob: z.string().min(1).optional() })
    .refine(({ file, blob }) => (file === undefined) !== (blob === undefined), {
      error: "is a file or a blob: write exactly one of file and blob.",
    })
    .refine(({ blob }) => blob === undefined || /^[A-Za-z0-9+/_-]+=*$/.test(blob), {
      path: ["blob"],
      error: "is no base64 (its value is not repeated here).",
    })
    .optional(),
  /** Derived from the group; another value means another key. */
  vaultUrl: vaultUrlSchema.optional(),
  tenantId: tenantSchema.optional(),
  /** Derived: hash of organisation, URN and vault. */
  owner: ownerSchema.optional(),
  /** Derived from the material. */
  spec: keySpecSchema.optional(),
  version: z.int().positive().optional(),
  /** Derived: what the version is ahead of the source key's; absent where they are the same. */
  versionOffset: z.int().positive().optional(),
  /** Derived: tells whether the file of the material holds something else than before. */
  materialDigest: z.string().optional(),
  /** Derived: fingerprint of the material in the file, or its digest where the token was not at hand. */
  materialIdentity: z.string().optional(),
  /** Derived: SHA-256 (hex) of the public key that the material of a `.byok` file has to have (SubjectPublicKeyInfo, DER). */
  expectedPublicKeySha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** Derived: true once a rotation policy gave versions an expiry, which no program takes away again. */
  expiryByPolicy: z.literal(true).optional(),
  /** Derived: true once the key was adopted. */
  adopted: z.boolean().optional(),
  ...selfShape,
});
export type AzureKeyInputs = z.infer<typeof azureKeyInputs>;
