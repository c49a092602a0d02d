import { z } from "zod";
import { nameFault } from "../../model/key-label";
import { faultless } from "./faultless";
import { momentSchema, plannedScheduleShape, rotationScheduleShape } from "./rotation-schedule-inputs";
import { keySpecSchema, ownerSchema, selfShape } from "./shared-shapes";
import { sourceGroupRecord } from "./source-group-inputs";

/** What the key may do in the token besides being copied; a key that unwraps is never copied. */
const operations = z
  .array(z.enum(["unwrap"]))
  .min(1)
  .max(1)
  .optional();

/** Inputs of a source key. */
export const sourceKeyInputs = z.strictObject({
  group: sourceGroupRecord,
  spec: keySpecSchema,
  label: faultless(nameFault).optional(),
  operations,
  onDestroy: z.enum(["retain", "destroy"]).default("retain"),
  exportable: z.boolean().default(true),
  /** True: the key may leave the token in clear, for copies that software protects. */
  plaintextExport: z.boolean().optional(),
  rotation: z
    .strictObject({
      ...rotationScheduleShape,
      /** True: a former version goes into no further key once no copy follows it any more. */
      deactivateOld: z.boolean().optional(),
    })
    .optional(),
  /** Since when others may have the key. */
  compromised: z.strictObject({ since: momentSchema }).optional(),
  /** Another value than before rotates the key. */
  rotationTrigger: z.string().min(1).optional(),
  adopt: z.strictObject({ owner: ownerSchema }).optional(),
  confirm: z.string().optional(),
  /** Derived: who the token remembers as the maker. */
  owner: ownerSchema.optional(),
  /** Derived: the newest version. */
  version: z.int().positive().optional(),
  ...plannedScheduleShape,
  /** Written by read: the token held a version that the state did not know. */
  resumed: z.boolean().optional(),
  ...selfShape,
});
export type SourceKeyInputs = z.infer<typeof sourceKeyInputs>;

/** A source key as its copies carry it. */
export const sourceKeyRecord = z.strictObject({
  name: z.string(),
  owner: ownerSchema,
  version: z.int().positive(),
  spec: keySpecSchema,
  operations,
  /** ISO 8601: since when others may have it. */
  compromisedSince: z.string().optional(),
  group: sourceGroupRecord,
});
