import { z } from "zod";
import { aliasFaults } from "../../model/aliases";
import { deletionWindow } from "../../model/deletion-window";
import { accountSchema, keySpecSchema, ownerSchema, regionSchema, selfShape } from "./shared-shapes";
import { awsKmsGroupRecord } from "./aws-kms-group-inputs";
import { keySettingsShape } from "./key-settings";
import { sourceKeyRecord } from "./source-key-inputs";

const aliases = z.array(z.string()).superRefine((list, issues) => {
  for (const { index, reason } of aliasFaults(list)) {
    issues.addIssue({ code: "custom", path: index < 0 ? [] : [index], message: reason });
  }
});

const kmsKeyArn = z.string().regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/, {
  error: "must be the ARN of a KMS key: arn:aws:kms:REGION:ACCOUNT:key/ID (no alias).",
});

/** Inputs of a KMS key whose material comes from a source key. */
export const awsKmsKeyInputs = z.strictObject({
  group: awsKmsGroupRecord,
  material: z.strictObject({ source: sourceKeyRecord }),
  usage: z.enum(["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"]).optional(),
  aliases: aliases.optional(),
  validTo: z.string().optional(),
  ...keySettingsShape,
  deletionWindowInDays: keySettingsShape.deletionWindowInDays.default(deletionWindow.default),
  wrappingKeySpec: keySettingsShape.wrappingKeySpec.default("RSA_4096"),
  acknowledgeOldOutputs: z.boolean().optional(),
  /** "deleted": every material of the key is deleted, and imported again once this is "imported" or absent. */
  materialState: z.enum(["imported", "deleted"]).optional(),
  adopt: z
    .strictObject({
      arn: kmsKeyArn,
      grants: z.array(z.string().min(1)).optional(),
      undelete: z.boolean().optional(),
    })
    .optional(),
  /** The word that a refused destructive update names. */
  confirm: z.string().optional(),
  /** Derived from the group; another value means another key. */
  account: accountSchema.optional(),
  region: regionSchema.optional(),
  /** Derived: hash of organisation, URN and place. */
  owner: ownerSchema.optional(),
  /** Derived from the source key. */
  spec: keySpecSchema.optional(),
  version: z.int().positive().optional(),
  /** Derived: true once the key was adopted; what the program does not name then stays as it was found. */
  adopted: z.boolean().optional(),
  ...selfShape,
});
export type AwsKmsKeyInputs = z.infer<typeof awsKmsKeyInputs>;
