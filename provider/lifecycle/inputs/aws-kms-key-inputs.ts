import { z } from "zod";
import { aliasFaults } from "../../model/aliases";
import { deletionWindow, windowFault } from "../../model/deletion-window";
import { policyFault } from "../../model/key-policy";
import { tagFaults } from "../../model/tags";
import { wrappingKeySpecs } from "../../model/wrapping";
import { accountSchema, keySpecSchema, ownerSchema, regionSchema, selfShape } from "./shared-shapes";
import { awsKmsGroupRecord } from "./aws-kms-group-inputs";
import { sourceKeyRecord } from "./source-key-inputs";

const aliases = z.array(z.string()).superRefine((list, issues) => {
  for (const { index, reason } of aliasFaults(list)) {
    issues.addIssue({ code: "custom", path: index < 0 ? [] : [index], message: reason });
  }
});

const tags = z.record(z.string(), z.string()).superRefine((set, issues) => {
  for (const { key, reason } of tagFaults(set))
    issues.addIssue({ code: "custom", path: key === "" ? [] : [key], message: reason });
});

const policy = z.string().superRefine((text, issues) => {
  const fault = policyFault(text);
  if (fault !== undefined) issues.addIssue({ code: "custom", message: fault });
});

const windowInDays = z.number().superRefine((days, issues) => {
  const fault = windowFault(days);
  if (fault !== undefined) issues.addIssue({ code: "custom", message: fault });
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
  description: z.string().max(8192).optional(),
  policy: policy.optional(),
  tags: tags.optional(),
  enabled: z.boolean().optional(),
  validTo: z.string().optional(),
  deletionWindowInDays: windowInDays.default(deletionWindow.default),
  wrappingKeySpec: z.enum(wrappingKeySpecs).default("RSA_4096"),
  adopt: z.strictObject({ arn: kmsKeyArn, grants: z.array(z.string().min(1)).optional() }).optional(),
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
