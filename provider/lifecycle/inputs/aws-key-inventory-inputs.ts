import { z } from "zod";
import { keyManagers } from "../../model/inventory";
import { awsKmsGroupRecord } from "./aws-kms-group-inputs";
import { selfShape } from "./shared-shapes";

/** Which keys are recorded; each property narrows it further. */
const include = z.strictObject({
  managedBy: z.array(z.enum(keyManagers)).min(1).optional(),
  origins: z
    .array(z.enum(["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"]))
    .min(1)
    .optional(),
  aliasPrefix: z
    .string()
    .regex(/^alias\//, { error: 'must start with "alias/".' })
    .optional(),
});

/** Inputs of a list of all keys of an account and Region. */
export const awsKeyInventoryInputs = z.strictObject({
  group: awsKmsGroupRecord,
  include: include.optional(),
  rotations: z.boolean().default(false),
  /** Names of the program's own keys by lineage. */
  managed: z.record(z.string(), z.string()).optional(),
  /** Another value than before lists again. */
  refreshTrigger: z.string().min(1).optional(),
  ...selfShape,
});
export type AwsKeyInventoryInputs = z.infer<typeof awsKeyInventoryInputs>;
