import { z } from "zod";
import { sameKeyName } from "../../model/azure-key-name";
import { carried, type StackResource } from "../stack-export";
import type { Meaning } from "./remove-other-item";
import { withOutputs } from "./state-facts";

const backupOutputs = z.object({
  vaultUrl: z.string(),
  keyName: z.string(),
  file: z.string().optional(),
  covers: carried(z.array(z.unknown())),
  backedUpAt: z.string(),
  onRemove: z.enum(["keep", "delete"]).default("keep"),
  upToDate: z.boolean(),
});

/** The backups of a key in the same state, and what becomes of them where they go with it. */
export function backupsOf(
  { vaultUrl, name }: { readonly vaultUrl: string; readonly name: string },
  all: readonly StackResource[],
): readonly string[] {
  return withOutputs(all, "AzureKeyBackup", backupOutputs)
    .filter(({ outputs }) => outputs.vaultUrl === vaultUrl && sameKeyName(outputs.keyName, name))
    .map(
      ({ resource, outputs }) =>
        `${backupSentence(resource.name, outputs)}${outputs.upToDate ? "" : ", not up to date"}`,
    );
}

function backupSentence(name: string, { file, covers, backedUpAt, onRemove }: z.infer<typeof backupOutputs>): string {
  const held = `${covers.length} version${covers.length === 1 ? "" : "s"}, ${backedUpAt.slice(0, 10)}`;
  if (file === undefined) return `the output of AzureKeyBackup ${name} (${held}), which goes with that resource`;
  return `${file} of AzureKeyBackup ${name} (${held})${onRemove === "delete" ? ", which a removal of that resource deletes" : ""}`;
}

/** What the removal of a backup does. */
export function removeAzureBackup(resource: StackResource): Meaning | undefined {
  const backup = backupOutputs.safeParse(resource.outputs).data;
  if (backup === undefined) return undefined;
  const { file, onRemove, vaultUrl, keyName } = backup;
  const what = `the backup of ${vaultUrl}/keys/${keyName}`;
  if (file !== undefined && onRemove === "keep")
    return { destructive: false, consequences: [`${file}, ${what}, stays; only the record goes.`], dependents: [] };
  return {
    destructive: true,
    consequences: [
      file === undefined
        ? `${what} stands in this state only, and goes with it.`
        : `${file}, ${what}, is deleted (onRemove).`,
    ],
    dependents: [],
  };
}
