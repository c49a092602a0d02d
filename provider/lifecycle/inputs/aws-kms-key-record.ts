import { z } from "zod";
import { awsKmsGroupRecord } from "./aws-kms-group-inputs";
import { keySpecSchema, ownerSchema, regionSchema } from "./shared-shapes";
import { sourceKeyRecord } from "./source-key-inputs";

/** A KMS key as an alias or a deletion schedule carries it. */
export const awsKmsKeyRecord = z.strictObject({
  name: z.string(),
  arn: z.string(),
  keyId: z.string(),
  owner: ownerSchema,
  /** Id of the resource, and the value of the tag `byok:lineage`. */
  lineage: z.string(),
  spec: keySpecSchema,
  usage: z.string(),
  version: z.int().positive(),
  aliases: z.array(z.string()),
  group: awsKmsGroupRecord,
  /** The source key of a copied key. */
  source: sourceKeyRecord.optional(),
  /** Regions of the replicas that the program gives to a multi-Region key. */
  replicas: z.array(regionSchema).optional(),
});
export type AwsKmsKeyRecord = z.infer<typeof awsKmsKeyRecord>;
