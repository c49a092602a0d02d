import { azureKeyId } from "../../model/azure-key-name";
import { azureVersionsIn, type AzureKeyVersion } from "../../model/azure-key-versions";
import { isConfirmed } from "../../model/confirmation";
import { dayOf } from "../../model/deletion-consequence";
import { backupsSentence, backupsTold, type NotedBackup } from "../../model/backup-tag";
import { ByokError } from "../../model/errors";
import { ownershipTags } from "../../model/owner";
import type { DeletedVaultKey, KeyVaultPort } from "../../model/ports/key-vault";
import { groupOf } from "../aws-kms-key/key-material";
import { azureConnectionOf } from "../azure-connection-of";
import type { LifecycleContext, PlainRecord } from "../contract";
import { settle } from "../settled";
import { parseAzureKey, type AzureKeyGoal } from "./azure-key-inputs";
import { removeLeftWrappingKeys } from "./import-wrapping-key";
import { observeVersions, otherLineageIn } from "./observe-versions";
import { purgeWord } from "./purge-word";

/**
 * Soft-deletes the key with all its versions. It can be recovered until Azure purges it; it is purged at once only where the program asked for that and
 * the word for it is given.
 */
export async function removeAzureKey(context: LifecycleContext, id: string, outputs: PlainRecord): Promise<void> {
  const inputs = parseAzureKey(outputs);
  const { name } = inputs;
  const port = context.keyVault(azureConnectionOf(inputs.group));
  const known = azureVersionsIn(outputs);
  const observed = await observeVersions(port, name, {
    lineage: id,
    owner: inputs.owner,
    version: inputs.version,
    known,
  });
  await removeLeftWrappingKeys(context, port, inputs);
  const purges = inputs.deletion?.purge === true;
  const leaving = { id, inputs, known, purges, backups: backupsTold(observed.own.map(({ facts }) => facts.tags)) };
  if (observed.own.length === 0 && observed.foreign.length === 0) {
    const deleted = await port.getDeleted(name);
    if (deleted === undefined) return noteGoing(context, inputs, known, undefined);
    if (!isOurs(deleted, id, known)) {
      forgetTakenOver(context, inputs, deleted.tags[ownershipTags.lineage]);
      return;
    }
    context.log.info(`${name} is soft-deleted already; Azure purges it on ${dayOf(deleted.scheduledPurgeDate)}.`);
    return finish(context, port, { ...leaving, backups: backupsTold([deleted.tags]) }, deleted);
  }
  const other = otherLineageIn(observed, id, outputs);
  if (other !== undefined || observed.own.length === 0) {
    forgetTakenOver(context, inputs, other);
    return;
  }
  if (leaving.purges) requirePurgeable(context, leaving, observed.current?.recoveryLevel);
  if (observed.foreign.length > 0)
    context.log.warn(
      `${observed.foreign.length} version${observed.foreign.length === 1 ? "" : "s"} of ${name} that this resource did not make go${observed.foreign.length === 1 ? "es" : ""} with it: Azure deletes a key as a whole. All can be recovered together.`,
    );
  context.mayProceed();
  context.log.progress("deleting the key");
  const deleted = await port.deleteKey(name);
  if (deleted === undefined) return noteGoing(context, inputs, known, undefined);
  context.log.info(
    `${azureKeyId(inputs.vaultUrl, name)} is soft-deleted; nobody can use it. Azure purges it on ${dayOf(deleted.scheduledPurgeDate)}; until then az keyvault key recover, or pulumi up with this resource, brings it back.`,
  );
  await finish(context, port, leaving, deleted);
}

/** By its tags, or, where somebody took them away, by the version that the state knows. */
const isOurs = ({ tags, version }: DeletedVaultKey, id: string, known: readonly AzureKeyVersion[]): boolean =>
  tags[ownershipTags.lineage] === id ||
  (tags[ownershipTags.lineage] === undefined && known.some(({ keyVersion }) => keyVersion === version));

interface Leaving {
  readonly id: string;
  readonly inputs: AzureKeyGoal;
  readonly known: readonly AzureKeyVersion[];
  readonly purges: boolean;
  /** As the key itself tells: a removal sees its own outputs only, and the backups' resources leave the state before their key. */
  readonly backups: readonly NotedBackup[];
}

async function finish(
  context: LifecycleContext,
  port: KeyVaultPort,
  leaving: Leaving,
  deleted: DeletedVaultKey,
): Promise<void> {
  const { inputs, known } = leaving;
  await noteGoing(context, inputs, known, deleted.scheduledPurgeDate);
  if (!leaving.purges) return;
  requireConfirmedPurge(context, leaving);
  if (!deleted.recoveryLevel.includes("Purgeable")) {
    context.log.warn(
      `${inputs.name} is not purged: the vault's purge protection keeps it until ${dayOf(deleted.scheduledPurgeDate)}.`,
    );
    return;
  }
  context.mayProceed();
  context.log.progress("purging the key");
  await port.purgeKey(inputs.name);
  for (let pauses = 0; pauses < settle.attempts && (await port.getDeleted(inputs.name)) !== undefined; pauses += 1)
    await context.sleep(settle.pauseMs);
  context.log.info(`${inputs.name} is purged: Azure has no copy of it any more.`);
  await noteGoing(context, inputs, known, undefined);
}

/** The word is asked for before anything goes, and a vault that would not purge is told at once. */
function requirePurgeable(context: LifecycleContext, leaving: Leaving, recoveryLevel: string | undefined): void {
  const { name, vaultUrl } = leaving.inputs;
  if (recoveryLevel?.includes("Purgeable") === false)
    throw new ByokError(
      "BYOK_AZURE_PURGE_PROTECTED",
      `${name} cannot be purged: ${vaultUrl} has purge protection. Nothing was changed.`,
      { hint: "Remove deletion.purge and run pulumi up first; then destroy, and Azure purges it after the retention." },
    );
  requireConfirmedPurge(context, leaving);
}

function requireConfirmedPurge(context: LifecycleContext, leaving: Leaving): void {
  const { name, vaultUrl, version, self } = leaving.inputs;
  const word = purgeWord({ ...leaving, name, vaultUrl, version });
  if (isConfirmed(context.env("BYOK_CONFIRM"), word)) return;
  throw new ByokError(
    "BYOK_CONFIRM_REQUIRED",
    `${azureKeyId(vaultUrl, name)} would be purged: ${wayBack(leaving.inputs)} ${backupsSentence(leaving.backups)}`,
    {
      hint: `To go on: BYOK_CONFIRM=${word} in the environment of the same command. To forget the key and keep it in Azure: pulumi state delete '${self ?? context.name}'.`,
    },
  );
}

function forgetTakenOver(
  context: LifecycleContext,
  { name, vaultUrl }: AzureKeyGoal,
  lineage: string | undefined,
): void {
  context.log.warn(
    lineage === undefined
      ? `${azureKeyId(vaultUrl, name)} has no version of this resource any more; it is forgotten here and stays as it is.`
      : `${azureKeyId(vaultUrl, name)} belongs to another resource now (lineage ${lineage}); it is forgotten here and stays as it is.`,
  );
}

/** The token remembers until when the copy can come back; a token that is not at hand only costs that memory. */
export async function noteGoing(
  context: LifecycleContext,
  inputs: AzureKeyGoal,
  known: readonly AzureKeyVersion[],
  date: Date | undefined,
): Promise<void> {
  const present = groupOf(inputs.material);
  for (const { sourceOwner, sourceVersion, token, id } of known) {
    const held = token ?? (present?.abilities?.storesLinks === true ? present.token : undefined);
    if (held === undefined || sourceOwner === undefined || sourceVersion === undefined) continue;
    try {
      await context
        .custodian(held)
        .noteDeletion({ owner: sourceOwner, version: sourceVersion }, linkIdOf(id), date?.toISOString());
    } catch (error) {
      const { sentence } = ByokError.from(error, "Noting the deletion in the token");
      context.log.warn(
        `the token could not note that this copy goes: ${sentence} Its source key then cannot be destroyed by this package.`,
      );
    }
  }
}

/** The token links a copy by its key, whichever version of it. */
const linkIdOf = (versionId: string): string => versionId.slice(0, versionId.lastIndexOf("/"));

function wayBack({ material }: AzureKeyGoal): string {
  if ("native" in material) return "Azure made its material, and nobody else has it.";
  const another = "opens again what it encrypted, as a new version with another id";
  return "byok" in material
    ? `an import of ${material.byok} ${another}, while the file and the group's wrapping key are there.`
    : `an import of the same material ${another}.`;
}
