import { z } from "zod";
import { azureKeyRecord } from "./azure-key-record";
import { vaultUrlSchema } from "./azure-shapes";
import { selfShape } from "./shared-shapes";

const shape = z.strictObject({
  key: azureKeyRecord,
  file: z.string().min(1).optional(),
  /** True: the backup is an output instead of a file. */
  output: z.boolean().optional(),
  /** What a removal does to the file. */
  onRemove: z.enum(["keep", "delete"]).default("keep"),
  /** Derived from the key; another value means another backup. */
  vaultUrl: vaultUrlSchema.optional(),
  keyName: z.string().optional(),
  /** Derived: the key's version. */
  version: z.int().positive().optional(),
  /** Derived: true. Read writes false where the backup is gone, was changed, or lacks a version. */
  upToDate: z.boolean().optional(),
  ...selfShape,
});

/** Inputs of a backup. */
export const azureKeyBackupInputs = shape
  .refine(({ file, output = false }) => (file === undefined) === output, {
    path: ["file"],
    error: "a backup goes to a file or to an output: write exactly one of file and output: true.",
  })
  .refine(({ file, onRemove }) => onRemove === "keep" || file !== undefined, {
    path: ["onRemove"],
    error: 'is "delete", and there is no file: an output goes with the resource. Remove onRemove.',
  });

/** Checked inputs of a backup, with everything that `check` derives. */
export const checkedBackupInputs = shape.required({ vaultUrl: true, keyName: true, version: true, upToDate: true });
export type CheckedBackupInputs = z.infer<typeof checkedBackupInputs>;

/** Names of all inputs. */
export const backupInputNames: readonly string[] = Object.keys(shape.shape);
