import { ByokError } from "../../model/errors";
import { descriptionFile, sha256Of, versionCount, backedUpVersionsIn } from "../../model/key-backup";
import { azureConnectionOf } from "../azure-connection-of";
import type { LifecycleContext, PlainRecord } from "../contract";
import type { CheckedBackupInputs } from "../inputs/azure-key-backup-inputs";
import { isDescriptionOurs } from "./former-backup";
import { forgetOnKey } from "./note-on-key";
import { parseBackup } from "./record-backup";

/** Keeps the file, or deletes it where that was asked for and it is still what was written; an output goes with the resource. */
export async function removeBackup(context: LifecycleContext, outputs: PlainRecord): Promise<void> {
  const inputs = parseBackup(outputs);
  const { file, onRemove } = inputs;
  const held = versionCount(backedUpVersionsIn(outputs));
  if (file === undefined) {
    context.log.warn(`the backup of ${inputs.keyName} (${held}) goes with this resource: it stands in the state only.`);
    await forgetQuietly(context, inputs);
    return;
  }
  if (onRemove === "keep") {
    context.log.info(`the backup of ${inputs.keyName} (${held}) stays in ${file}.`);
    return;
  }
  const content = await context.files.read(file);
  if (content !== undefined && sha256Of(content) !== outputs["sha256"]) {
    context.log.warn(`${file} is not what was written to it, and is not deleted.`);
    return;
  }
  const isOurs = await isDescriptionOurs(context, inputs, file);
  context.mayProceed();
  await context.files.remove(file);
  if (isOurs) await context.files.remove(descriptionFile(file));
  else context.log.warn(`${descriptionFile(file)} describes no backup of this resource, and is not deleted.`);
  context.log.warn(`the backup ${file} of ${inputs.keyName} (${held}) is deleted.`);
  await forgetQuietly(context, inputs);
}

/** A vault that cannot be reached, or a deleted key, keeps the backup from nothing. */
async function forgetQuietly(context: LifecycleContext, inputs: CheckedBackupInputs): Promise<void> {
  try {
    await forgetOnKey(context, context.keyVault(azureConnectionOf(inputs.key.group)), inputs);
  } catch (error) {
    const { sentence } = ByokError.from(error, "Telling the key");
    context.log.warn(`the key could not be told that this backup is gone: ${sentence}`);
  }
}
