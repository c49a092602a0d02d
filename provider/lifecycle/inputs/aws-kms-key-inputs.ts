import { z } from "zod";
import { deletionWindow } from "../../model/deletion-window";
import { accountSchema, keySpecSchema, ownerSchema, regionSchema, selfShape } from "./shared-shapes";
import { awsKmsGroupRecord } from "./aws-kms-group-inputs";
import { aliasListSchema } from "./alias-list";
import { keyMaterialSchema } from "./key-material";
import { keySettingsShape, usageSchema } from "./key-settings";
import { replicaInputs } from "./replica-inputs";
import { momentSchema, plannedScheduleShape } from "./rotation-schedule-inputs";
import { sharedRecord } from "./shared-record";

const kmsKeyArn = z.string().regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/, {
  error: "must be the ARN of a KMS key: arn:aws:kms:REGION:ACCOUNT:key/ID (no alias).",
});

/** Inputs of a KMS key. */
export const awsKmsKeyInputs = z.strictObject({
  group: sharedRecord(awsKmsGroupRecord),
  material: keyMaterialSchema,
  usage: usageSchema.optional(),
  aliases: aliasListSchema.optional(),
  validTo: momentSchema.optional(),
  ...keySettingsShape,
  deletionWindowInDays: keySettingsShape.deletionWindowInDays.default(deletionWindow.default),
  wrappingKeySpec: keySettingsShape.wrappingKeySpec.default("RSA_4096"),
  acknowledgeOldOutputs: z.boolean().optional(),
  /** Another value than before rotates a key whose material comes from a file or from AWS. */
  rotationTrigger: z.string().min(1).optional(),
  /** "deleted": every material of the key is deleted, and imported again once this is "imported" or absent. */
  materialState: z.enum(["imported", "deleted"]).optional(),
  // What no program names of the next three stands in no state.
  multiRegion: z.boolean().optional(),
  replicas: z.array(replicaInputs).optional(),
  /** Region of the primary of a multi-Region key; derived: the group's Region. */
  primaryRegion: regionSchema.optional(),
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
  /** Derived from the material. */
  spec: keySpecSchema.optional(),
  version: z.int().positive().optional(),
  /** Derived: what the version is ahead of the source key's; absent where they are the same. */
  versionOffset: z.int().positive().optional(),
  ...plannedScheduleShape,
  /** Derived: tells whether the file of the material holds something else than before. */
  materialDigest: z.string().optional(),
  /** Derived: fingerprint of the material in the file, or its digest where the token was not at hand. Another one is another key. */
  materialIdentity: z.string().optional(),
  /** Derived: true once the key was adopted; what the program does not name then stays as it was found. */
  adopted: z.boolean().optional(),
  ...selfShape,
});
export type AwsKmsKeyInputs = z.infer<typeof awsKmsKeyInputs>;
