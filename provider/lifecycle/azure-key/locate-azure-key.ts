import { dayOf } from "../../model/deletion-consequence";
import { ByokError } from "../../model/errors";
import { ownershipTags } from "../../model/owner";
import type { DeletedVaultKey, KeyVaultPort } from "../../model/ports/key-vault";
import type { LifecycleContext } from "../contract";
import { partsOfId } from "./adopt-version";
import type { AzureKeyGoal } from "./azure-key-inputs";
import { noteReturn } from "./note-return";
import { restoreBackup } from "./restore-backup";

/**
 * Before a create: a soft-deleted key blocks its name until it is purged. One that this very resource made is recovered, and so is one that the program
 * asks for by name; any other is an error. Where the name is free, a backup that the program names is restored.
 *
 * @returns Azure's name of the version to adopt, if any
 * @throws ByokError BYOK_AZURE_NAME_TAKEN
 */
export async function locateAzureKey(
  context: LifecycleContext,
  port: KeyVaultPort,
  inputs: AzureKeyGoal,
): Promise<string | undefined> {
  const { name, adopt } = inputs;
  const adopted = adopt === undefined ? undefined : partsOfId(adopt.id).keyVersion;
  const versions = await port.listVersions(name);
  if (versions.length > 0) {
    const ours = versions.filter(({ tags }) => tags[ownershipTags.owner] === inputs.owner);
    if (ours.length > 0) {
      context.log.info(
        `found the key that an earlier run of this resource made (${ours.length} version${ours.length === 1 ? "" : "s"} in ${inputs.vaultUrl}); it goes on from there.`,
      );
      await noteReturn(context, inputs, []);
    }
    return adopted;
  }
  const deleted = await port.getDeleted(name);
  if (deleted === undefined) {
    await restoreBackup(context, port, inputs);
    return adopted;
  }
  if (deleted.tags[ownershipTags.owner] !== inputs.owner && adopt?.recover !== true) throw nameTaken(inputs, deleted);
  context.log.warn(
    `${name} was deleted on ${dayOf(deleted.deletedOn)}, and would be purged on ${dayOf(deleted.scheduledPurgeDate)}; it is recovered with all of its versions.`,
  );
  await noteReturn(context, inputs, []);
  context.mayProceed();
  await port.recoverKey(name);
  return adopted;
}

function nameTaken({ name, vaultUrl }: AzureKeyGoal, deleted: DeletedVaultKey): ByokError {
  return new ByokError(
    "BYOK_AZURE_NAME_TAKEN",
    `${name} in ${vaultUrl} is a soft-deleted key that this resource did not make; its name is free on ${dayOf(deleted.scheduledPurgeDate)}, when Azure purges it.`,
    {
      property: "name",
      hint: `Choose another name, or recover that key and take it over: adopt: { id: "${vaultUrl}/keys/${name}/${deleted.version}", recover: true }. Nothing was changed.`,
    },
  );
}
