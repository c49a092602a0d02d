import { z } from "zod";
import { deletionWindow, windowFault } from "../../model/deletion-window";
import { awsKmsGroupRecord } from "./aws-kms-group-inputs";
import { awsKmsKeyRecord } from "./aws-kms-key-record";
import { sharedRecord } from "./shared-record";
import { accountSchema, regionSchema, selfShape } from "./shared-shapes";

const windowInDays = z.number().superRefine((days, issues) => {
  const fault = windowFault(days);
  if (fault !== undefined) issues.addIssue({ code: "custom", message: fault });
});

const shape = z.strictObject({
  key: awsKmsKeyRecord,
  /** The groups of the key's replicas, which go with it; absent of a key without replicas. */
  places: z.array(z.strictObject({ group: sharedRecord(awsKmsGroupRecord) })).optional(),
  windowInDays: windowInDays.default(deletionWindow.default),
  onRemove: z.enum(["leave", "cancel"]).default("leave"),
  restoreEnabled: z.boolean().default(false),
  confirm: z.string().optional(),
  /** Derived from the key; another value means another schedule. */
  account: accountSchema.optional(),
  region: regionSchema.optional(),
  /** Derived: the day on which AWS deletes the key, as it was told when that was scheduled. */
  plannedDay: z.string().optional(),
  /** Derived: true. Read writes false where somebody cancelled the deletion, so that check asks for a new word. */
  scheduled: z.boolean().optional(),
  ...selfShape,
});

/** Inputs of a deletion schedule. */
export const deletionScheduleInputs = shape.refine((inputs) => !inputs.restoreEnabled || inputs.onRemove === "cancel", {
  path: ["restoreEnabled"],
  error: 'counts only with onRemove: "cancel". Add that, or remove restoreEnabled.',
});
export type DeletionScheduleInputs = z.infer<typeof deletionScheduleInputs>;

/** Checked inputs of a deletion schedule, with everything that `check` derives. */
export const checkedScheduleInputs = shape.required({ account: true, region: true, plannedDay: true, scheduled: true });
export type CheckedScheduleInputs = z.infer<typeof checkedScheduleInputs>;

/** Names of all inputs. */
export const scheduleInputNames: readonly string[] = Object.keys(shape.shape);
