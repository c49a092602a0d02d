import { z } from "zod";
import { aliasFaults } from "../../model/aliases";
import { deletionWindow, windowFault } from "../../model/deletion-window";
import { afterRotations } from "../../model/key-versions";
import { policyFault } from "../../model/key-policy";
import { maxValidityDays } from "../../model/validity";
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

/** A number of days, written as `350d`. */
const days = ({ most }: { readonly most: number }): z.ZodString =>
  z.string().superRefine((text, issues) => {
    const [, amount] = /^([1-9]\d{0,2})d$/.exec(text) ?? [];
    if (amount !== undefined && Number(amount) <= most) return;
    issues.addIssue({
      code: "custom",
      message: `"${text}" is no time span here. Write days, from "1d" to "${most}d".`,
    });
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
  // What no program names stands in no state: rotationSettings knows the defaults of the next five.
  /** False: the copy stays with the version that it holds when its source is rotated. */
  follow: z.boolean().optional(),
  rotationMode: z.enum(["new-key", "in-place"]).optional(),
  afterRotation: z.enum(afterRotations).optional(),
  disableDays: z.int().min(0).max(3650).optional(),
  acknowledgeOldOutputs: z.boolean().optional(),
  wrappingKeySpec: z.enum(wrappingKeySpecs).default("RSA_4096"),
  /** "deleted": every material of the key is deleted, and imported again once this is "imported" or absent. */
  materialState: z.enum(["imported", "deleted"]).optional(),
  /** How long material is valid from each import on; `validTo` is derived of it. */
  keepValidFor: days({ most: maxValidityDays }).optional(),
  renewBefore: days({ most: maxValidityDays - 1 }).optional(),
  expiryWarningDays: z.int().min(0).max(maxValidityDays).optional(),
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
