import { azureKeyId, sameKeyName } from "../../model/azure-key-name";
import { ByokError } from "../../model/errors";
import {
  describedBackup,
  describesKeyOf,
  descriptionFile,
  restorableIn,
  sha256Of,
  versionCount,
  type BackupDescription,
} from "../../model/key-backup";
import { ownershipTags } from "../../model/owner";
import type { KeyVaultPort, KeyVersionFacts } from "../../model/ports/key-vault";
import type { LifecycleContext } from "../contract";
import type { AzureKeyInputs } from "../inputs/azure-key-inputs";
import type { AzureKeyGoal } from "./azure-key-inputs";
import { noteReturn } from "./note-return";

/** A backup that a program names, as far as it can be seen before a restore. */
export interface FoundBackup {
  readonly content: Buffer;
  /** Absent where nothing beside the file describes it: Azure's encryption lets nobody look into it. */
  readonly description: BackupDescription | undefined;
}

/** The backup that is named, or undefined where none is, or its file does not exist (yet). */
export async function findBackup(
  { files }: LifecycleContext,
  backup: AzureKeyInputs["backup"],
): Promise<FoundBackup | undefined> {
  if (backup?.blob !== undefined) return { content: Buffer.from(backup.blob, "base64"), description: undefined };
  if (backup?.file === undefined) return undefined;
  const content = await files.read(backup.file);
  if (content === undefined) return undefined;
  return { content, description: describedBackup(await files.read(descriptionFile(backup.file)), sha256Of(content)) };
}

/**
 * Restores the key with all its versions where its name is free. Whose a backup is, its description tells before anything is done; where there is none,
 * only the restored versions tell, and an error says what stands in the vault then.
 *
 * @throws ByokError BYOK_BACKUP_REFUSED, BYOK_AZURE_*
 */
export async function restoreBackup(
  context: LifecycleContext,
  port: KeyVaultPort,
  inputs: AzureKeyGoal,
): Promise<void> {
  const found = await findBackup(context, inputs.backup);
  if (found === undefined) return;
  const { name, owner, vaultUrl, backup } = inputs;
  const where = backup?.file ?? "the backup";
  const { description } = found;
  if (description !== undefined && !describesKeyOf(description, { keyName: name, owner }))
    throw refusal(
      `${where} is the backup of ${azureKeyId(description.vaultUrl, description.keyName)}, which another resource keeps. Nothing was changed.`,
      `To have that key here: az keyvault key restore, then adopt: { id: "${vaultUrl}/keys/${description.keyName}/${description.versions.at(-1)?.keyVersion ?? "VERSION"}" } instead of backup.`,
    );
  await noteReturn(context, inputs, []);
  context.mayProceed();
  context.log.progress("restoring the key from its backup");
  const restored = await restore(port, inputs, found.content, where);
  const versions = await port.listVersions(restored.name);
  if (sameKeyName(restored.name, name) && versions.some(({ tags }) => tags[ownershipTags.owner] === owner)) {
    context.log.warn(
      `${azureKeyId(vaultUrl, name)} is restored from ${where} with ${versionCount(versions)}; nothing was imported anew for them.`,
    );
    return;
  }
  throw strangeKey(inputs, where, restored, versions);
}

async function restore(
  port: KeyVaultPort,
  inputs: AzureKeyGoal,
  content: Buffer,
  where: string,
): Promise<KeyVersionFacts> {
  try {
    return await port.restoreKey(content);
  } catch (error) {
    if (!(error instanceof ByokError)) throw error;
    if (error.code === "BYOK_AZURE_ACCESS_DENIED")
      throw error.with({
        hint: "Give the credentials the key permission restore (Key Vault Crypto Officer has it; on a Managed HSM, Managed HSM Restore or Managed HSM Crypto User).",
      });
    if (error.code !== "BYOK_AZURE_REQUEST_INVALID") throw error;
    throw refusal(
      `${inputs.vaultUrl} does not take ${where}: a backup can be restored only in ${restorableIn("the vault in which it was made", inputs.group.tier)}, and only unchanged. Nothing was changed.`,
      "native" in inputs.material
        ? "Restore it in such a vault. Azure made the material, so nothing else brings it back; without backup Azure makes another key."
        : "Restore it in such a vault, or leave backup out: the same source version is imported again, which opens what it encrypted, as a new version with another id.",
    );
  }
}

/** What was restored by mistake stands in the vault, and is not deleted by this resource, which did not know what it was. */
function strangeKey(
  { name, vaultUrl }: AzureKeyGoal,
  where: string,
  restored: KeyVersionFacts,
  versions: readonly KeyVersionFacts[],
): ByokError {
  const id = azureKeyId(vaultUrl, restored.name);
  return refusal(
    `${where} is the backup of another key than ${name} of this resource: ${id} stands in the vault now, restored with ${versionCount(versions)}, usable as before its backup, and belongs to no resource of this program.`,
    `To keep it: an AzureKey with adopt: { id: "${restored.id}" }. To take it away again: az keyvault key delete --id ${id}`,
  );
}

const refusal = (message: string, hint: string): ByokError =>
  new ByokError("BYOK_BACKUP_REFUSED", message, { property: "backup", hint });
