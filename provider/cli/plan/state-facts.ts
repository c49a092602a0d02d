import { z } from "zod";
import { awsKmsGroupRecord } from "../../lifecycle/inputs/aws-kms-group-inputs";
import { sourceKeyRecord } from "../../lifecycle/inputs/source-key-inputs";
import { keySpecSchema } from "../../lifecycle/inputs/shared-shapes";
import { carried, type StackResource } from "../stack-export";

const materials = z.object({
  source: carried(sourceKeyRecord).optional(),
  kek: carried(sourceKeyRecord).optional(),
  native: z.boolean().optional(),
});

/** What the state tells of a copied key, as far as its removal needs it. */
export const keyOutputs = z.object({
  keyId: z.string(),
  arn: z.string(),
  version: z.int().positive(),
  multiRegion: z.boolean().default(false),
  /** Where the primary of a multi-Region key is: in the group's Region, or in that of a replica. */
  primaryRegion: z.string().optional(),
  spec: keySpecSchema,
  usage: z.string(),
  keyState: z.string(),
  aliases: z.array(z.string()).default([]),
  deletionDate: z.string().optional(),
  deletionWindowInDays: z.number().default(30),
  group: carried(awsKmsGroupRecord),
  material: materials.default({}),
  versions: carried(z.unknown()).optional(),
  /** The same key in other Regions, which goes with its primary. */
  replicas: z
    .array(z.object({ region: z.string(), arn: z.string(), aliases: z.array(z.string()).default([]) }))
    .catch([]),
});
export type KeyOutputs = z.infer<typeof keyOutputs>;

/** What the state tells of the origin of a key in a vault. */
export const azureCopyOutputs = z.object({ keyId: z.string().default("not created yet"), material: materials });

/** What the state tells of a source key. */
export const sourceOutputs = z.object({
  owner: z.string(),
  label: z.string(),
  onDestroy: z.enum(["retain", "destroy"]),
  exportable: z.boolean(),
  versions: z.array(z.object({ version: z.number(), tokenKeyId: z.string(), state: z.string() })).default([]),
});

/** What the state tells of an alias. */
export const aliasOutputs = z.object({
  name: z.string(),
  targetKeyId: z.string(),
  targetKeyArn: z.string(),
});

/** What the state tells of a deletion schedule. */
export const scheduleOutputs = z.object({
  arn: z.string(),
  keyId: z.string(),
  keyState: z.string(),
  onRemove: z.enum(["leave", "cancel"]),
  restoreEnabled: z.boolean(),
  enabledBefore: z.boolean(),
  deletionDate: z.string().optional(),
  /** Of a multi-Region key: its replicas, and when the last of all is deleted. */
  replicas: z
    .array(z.object({ region: z.string(), arn: z.string(), keyState: z.string(), deletionDate: z.string().optional() }))
    .default([]),
  expectedDeletionDate: z.string().optional(),
});

/** The resources of one kind with what their outputs tell; what cannot be read is left out. */
export const withOutputs = <T>(
  resources: readonly StackResource[],
  kind: string,
  schema: z.ZodType<T>,
): readonly { readonly resource: StackResource; readonly outputs: T }[] =>
  resources.flatMap((resource) => {
    const parsed = resource.kind === kind ? schema.safeParse(resource.outputs) : undefined;
    return parsed?.success === true ? [{ resource, outputs: parsed.data }] : [];
  });
