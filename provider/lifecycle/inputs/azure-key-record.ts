import { z } from "zod";
import { azureKeyVaultGroupRecord } from "./azure-key-vault-group-inputs";
import { protectionSchema } from "./azure-shapes";
import { keySpecSchema, ownerSchema } from "./shared-shapes";
import { sourceKeyRecord } from "./source-key-inputs";

/** A key of a vault as a backup or a deletion schedule carries it. */
export const azureKeyRecord = z.strictObject({
  name: z.string(),
  /** Name in the vault. */
  keyName: z.string(),
  /** Id of the resource, and the value of the tag `byok:lineage`. */
  lineage: z.string(),
  owner: ownerSchema,
  version: z.int().positive(),
  spec: keySpecSchema,
  protection: protectionSchema,
  group: azureKeyVaultGroupRecord,
  /** The source key of a copied key. */
  source: sourceKeyRecord.optional(),
  /** What the key's own removal does besides the soft delete. */
  deletion: z.strictObject({ purge: z.boolean().optional() }).optional(),
});
export type AzureKeyRecord = z.infer<typeof azureKeyRecord>;
