import { z } from "zod";
import { azureKeyManagers } from "../../model/azure-inventory";
import { azureKeyVaultGroupRecord } from "./azure-key-vault-group-inputs";
import { protectionSchema } from "./azure-shapes";
import { selfShape } from "./shared-shapes";

/** Which keys are recorded; each property narrows it further. */
const include = z.strictObject({
  managedBy: z.array(z.enum(azureKeyManagers)).min(1).optional(),
  protection: protectionSchema.optional(),
  namePrefix: z
    .string()
    .regex(/^[0-9a-zA-Z-]{1,127}$/, {
      error: (issue) => `${JSON.stringify(issue.input)} opens no name of a key: letters, digits and hyphens.`,
    })
    .optional(),
});

/** Inputs of a list of all keys of a vault. */
export const azureKeyInventoryInputs = z.strictObject({
  group: azureKeyVaultGroupRecord,
  include: include.optional(),
  rotations: z.boolean().default(false),
  /** Names of the program's own keys by lineage, and of its group by the id of its wrapping key. */
  managed: z.record(z.string(), z.string()).optional(),
  /** Another value than before lists again. */
  refreshTrigger: z.string().min(1).optional(),
  ...selfShape,
});
export type AzureKeyInventoryInputs = z.infer<typeof azureKeyInventoryInputs>;
