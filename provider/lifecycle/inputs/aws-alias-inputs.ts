import { z } from "zod";
import { aliasFault } from "../../model/aliases";
import { awsKmsGroupRecord } from "./aws-kms-group-inputs";
import { awsKmsKeyRecord } from "./aws-kms-key-record";
import { accountSchema, regionSchema, selfShape } from "./shared-shapes";

const keyId = String.raw`(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})`;

const notAKey = (issue: { readonly input?: unknown }): string =>
  `${JSON.stringify(issue.input)} is no KMS key. Pass an AwsKmsKey, a key id, or a key ARN (arn:aws:kms:REGION:ACCOUNT:key/ID; no alias).`;

/** A key id, plain or of a multi-Region key, alone or within an ARN; never an alias. */
const keyReference = z
  .string()
  .regex(new RegExp(String.raw`^(arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/)?${keyId}$`), { error: notAKey });

const name = z.string().superRefine((alias, issues) => {
  const fault = aliasFault(alias);
  if (fault !== undefined) issues.addIssue({ code: "custom", message: fault });
});

/** Inputs of an alias that stands on its own. */
export const awsAliasInputs = z.strictObject({
  group: awsKmsGroupRecord,
  name,
  key: z.union([keyReference, awsKmsKeyRecord], { error: notAKey }),
  /** True: an alias that points elsewhere is taken over when the resource is created. */
  adopt: z.boolean().default(false),
  /** Derived from the group; another value means another alias. */
  account: accountSchema.optional(),
  region: regionSchema.optional(),
  /** Derived from `key`. */
  targetKeyId: z.string().optional(),
  ...selfShape,
});
export type AwsAliasInputs = z.infer<typeof awsAliasInputs>;
