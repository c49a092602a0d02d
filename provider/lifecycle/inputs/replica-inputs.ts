import { z } from "zod";
import { aliasListSchema } from "./alias-list";
import { awsKmsGroupRecord } from "./aws-kms-group-inputs";
import { keySettingsShape } from "./key-settings";
import { momentSchema } from "./rotation-schedule-inputs";
import { sharedRecord } from "./shared-record";
import { ownerSchema, regionSchema } from "./shared-shapes";

const { description, policy, tags, enabled, keepValidFor } = keySettingsShape;

/** Inputs of one replica of a multi-Region key: what it does not share with its primary. */
export const replicaInputs = z.strictObject({
  group: sharedRecord(awsKmsGroupRecord),
  aliases: aliasListSchema.optional(),
  description,
  policy,
  tags,
  enabled,
  validTo: momentSchema.optional(),
  keepValidFor,
  /** Derived from the group. */
  region: regionSchema.optional(),
  /** Derived: hash of organisation, URN and place. */
  owner: ownerSchema.optional(),
  /** Derived: true of a replica that was taken over with its primary; what the program does not name then stays as it was found. */
  adopted: z.boolean().optional(),
});
export type ReplicaInputs = z.infer<typeof replicaInputs>;

/** A replica's own settings, as the names of the template have them. */
export const replicaSettings = ["description", "policy", "tags", "enabled", "keepValidFor", "aliasPrefix"] as const;
