import { checkBackup } from "./azure-key-backup/check-backup";
import { diffBackup, isBackupRecordOnly } from "./azure-key-backup/diff-backup";
import { ensureBackup } from "./azure-key-backup/ensure-backup";
import { readBackup } from "./azure-key-backup/read-backup";
import { backupInputsIn, parseBackup } from "./azure-key-backup/record-backup";
import { removeBackup } from "./azure-key-backup/remove-backup";
import { azureConnectionOf } from "./azure-connection-of";
import type { Lifecycle } from "./contract";
import { backupInputNames } from "./inputs/azure-key-backup-inputs";
import { remembered } from "./remembered";

/** The backup of a key of a vault, encrypted by Azure, in a file or as a secret output. */
export const azureKeyBackup: Lifecycle = {
  kind: "AzureKeyBackup",

  check: (_context, olds, news) => Promise.resolve(checkBackup(olds, news)),

  diff(context, _id, olds, news) {
    return Promise.resolve(diffBackup(context, olds, news));
  },

  async create(context, record) {
    const inputs = parseBackup(record);
    const id = `azure-key-backup-${context.random(8).toString("hex")}`;
    const port = context.keyVault(azureConnectionOf(inputs.key.group));
    return { id, outputs: await ensureBackup(context, port, inputs, {}) };
  },

  read(context, _id, outputs) {
    return readBackup(context, outputs);
  },

  async update(context, _id, olds, record) {
    const inputs = parseBackup(record);
    if (isBackupRecordOnly(olds, record)) return remembered(olds, backupInputsIn(inputs), backupInputNames);
    return ensureBackup(context, context.keyVault(azureConnectionOf(inputs.key.group)), inputs, olds);
  },

  async delete(context, _id, outputs) {
    await removeBackup(context, outputs);
  },
};
