import { z } from "zod";
import { keySpecs } from "../../model/key-spec";
import { selfShape, tlsSchema } from "./shared-shapes";
import {
  azureCredentialsSchema,
  azureDateSchema,
  azureEndpointSchema,
  azureRotationSchema,
  azureTagsSchema,
  cloudSchema,
  kekSchema,
  operationsSchema,
  protectionSchema,
  subscriptionSchema,
  tenantSchema,
  tierSchema,
  vaultUrlSchema,
} from "./azure-shapes";

const connectionShape = {
  cloud: cloudSchema.default("public"),
  tenantId: tenantSchema,
  subscriptionId: subscriptionSchema.optional(),
  tier: tierSchema,
  endpoint: azureEndpointSchema.optional(),
  credentials: azureCredentialsSchema.optional(),
  tls: tlsSchema.optional(),
} as const;

/** What each key of a group has unless it says otherwise. */
const templateSchema = z.strictObject({
  namePrefix: z
    .string()
    .regex(/^[0-9a-zA-Z-]{1,100}$/, {
      error: (issue) => `${JSON.stringify(issue.input)} opens no name of a key: letters, digits and hyphens.`,
    })
    .optional(),
  protection: protectionSchema.optional(),
  operations: operationsSchema.optional(),
  tags: azureTagsSchema.optional(),
  expiresOn: azureDateSchema.optional(),
  follow: z.boolean().optional(),
  afterRotation: z.enum(["keep", "disable"]).optional(),
  rotation: azureRotationSchema.optional(),
});

/** What a group says of its keys. */
const rulesShape = {
  template: templateSchema.optional(),
  requiredTags: z.array(z.string().min(1)).min(1).optional(),
  allowedSpecs: z.array(z.enum(keySpecs)).min(1).optional(),
} as const;

/** How the group itself is checked; its keys carry nothing of it. */
const checksShape = {
  requireConnected: z.boolean().optional(),
  permissionCheck: z.enum(["warn", "require", "off"]).optional(),
  requirePurgeProtection: z.boolean().optional(),
  /** Derived: what was missing when it was last looked for. */
  missingPermissions: z.array(z.string()).optional(),
  /** Derived, where it could be found out. */
  purgeProtection: z.boolean().optional(),
  /** Derived likewise: days for which deleted keys can be recovered. */
  retentionDays: z.int().optional(),
} as const;

/** Inputs of a group of keys in one vault; `vaultUrl` is derived. */
export const azureKeyVaultGroupInputs = z.strictObject({
  ...connectionShape,
  /** Name or URL. */
  vault: z.string().min(1),
  kek: kekSchema.default({ size: 4096, lifetime: "group" }),
  ...checksShape,
  ...rulesShape,
  vaultUrl: vaultUrlSchema.optional(),
  ...selfShape,
});
export type AzureKeyVaultGroupInputs = z.infer<typeof azureKeyVaultGroupInputs>;

/** A group as a key carries it. */
export const azureKeyVaultGroupRecord = z.strictObject({
  name: z.string(),
  ...connectionShape,
  ...rulesShape,
  kek: kekSchema,
  vaultUrl: vaultUrlSchema,
});
export type AzureKeyVaultGroupRecord = z.infer<typeof azureKeyVaultGroupRecord>;
