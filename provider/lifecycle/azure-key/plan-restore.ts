import type { DueRotation } from "../../model/due-rotation";
import { versionCount } from "../../model/key-backup";
import type { LifecycleContext, PlainRecord } from "../contract";
import type { AzureKeyInputs } from "../inputs/azure-key-inputs";
import { findBackup } from "./restore-backup";

/**
 * The version that a key is to have which a backup may bring back: never below those that the backup holds. It reads the file and no cloud, and says in the
 * preview what the file would do.
 */
export async function fromBackup(
  context: LifecycleContext,
  { material, backup }: AzureKeyInputs,
  before: PlainRecord,
  due: DueRotation,
): Promise<DueRotation> {
  if (backup === undefined || before["owner"] !== undefined) return due;
  const found = await findBackup(context, backup);
  if (found === undefined) {
    context.log.warn(
      `there is no backup ${backup.file ?? ""}: where its name is free, ${"native" in material ? "Azure makes a new key" : "the material is imported anew"}.`,
    );
    return due;
  }
  const { description } = found;
  context.log.warn(
    `where its name is free, it is restored from ${backup.file ?? "the backup"}${description === undefined ? "" : `, with ${versionCount(description.versions)} as of ${description.backedUpAt.slice(0, 10)}`}.`,
  );
  const highest = Math.max(0, ...(description?.versions ?? []).map(({ version }) => version ?? 0));
  if (highest <= due.version) return due;
  return { ...due, version: highest, offset: "source" in material ? highest - material.source.version : due.offset };
}
