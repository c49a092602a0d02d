import { z } from "zod";
import { azureKeyRecord } from "./azure-key-record";
import { vaultUrlSchema } from "./azure-shapes";
import { selfShape } from "./shared-shapes";

const shape = z.strictObject({
  key: azureKeyRecord,
  /** Set by the class, so that a preview that does not know the key yet knows its cloud. */
  cloud: z.literal("azure"),
  /** Azure has one window, the vault's retention; another number is refused once that is known. */
  windowInDays: z.int({ error: "is a number of whole days." }).positive().optional(),
  onRemove: z.enum(["leave", "cancel"]).default("leave"),
  restoreEnabled: z.boolean().default(false),
  confirm: z.string().optional(),
  /** Derived from the key; another value means another schedule. */
  vaultUrl: vaultUrlSchema.optional(),
  keyName: z.string().optional(),
  /** Derived: the vault's retention. */
  retentionDays: z.int().optional(),
  /** Derived: the day on which Azure purges the key, as it was told when it was deleted. */
  plannedDay: z.string().optional(),
  /** Derived: true. Read writes false where somebody recovered the key, so that check asks for a new word. */
  scheduled: z.boolean().optional(),
  ...selfShape,
});

/** Inputs of the deletion of a key in a vault. */
export const azureScheduleInputs = shape.refine((inputs) => !inputs.restoreEnabled || inputs.onRemove === "cancel", {
  path: ["restoreEnabled"],
  error: 'counts only with onRemove: "cancel". Add that, or remove restoreEnabled.',
});
export type AzureScheduleInputs = z.infer<typeof azureScheduleInputs>;

/** Checked inputs, with everything that `check` derives. */
export const checkedAzureScheduleInputs = shape.required({
  vaultUrl: true,
  keyName: true,
  retentionDays: true,
  plannedDay: true,
  scheduled: true,
});
export type CheckedAzureScheduleInputs = z.infer<typeof checkedAzureScheduleInputs>;

/** Names of all inputs. */
export const azureScheduleInputNames: readonly string[] = Object.keys(shape.shape);
