import { z } from "zod";
import { nameFault } from "../../model/key-label";
import { keySpecSchema, ownerSchema, selfShape } from "./shared-shapes";
import { sourceGroupRecord } from "./source-group-inputs";

/** Inputs of a source key. */
export const sourceKeyInputs = z.strictObject({
  group: sourceGroupRecord,
  spec: keySpecSchema,
  label: z
    .string()
    .superRefine((name, issues) => {
      const fault = nameFault(name);
      if (fault !== undefined) issues.addIssue({ code: "custom", message: fault });
    })
    .optional(),
  onDestroy: z.enum(["retain", "destroy"]).default("retain"),
  exportable: z.boolean().default(true),
  adopt: z.strictObject({ owner: ownerSchema }).optional(),
  confirm: z.string().optional(),
  /** Derived: who the token remembers as the maker. */
  owner: ownerSchema.optional(),
  /** Derived: the newest version. */
  version: z.int().positive().optional(),
  ...selfShape,
});
export type SourceKeyInputs = z.infer<typeof sourceKeyInputs>;

/** A source key as its copies carry it. */
export const sourceKeyRecord = z.strictObject({
  name: z.string(),
  owner: ownerSchema,
  version: z.int().positive(),
  spec: keySpecSchema,
  group: sourceGroupRecord,
});
