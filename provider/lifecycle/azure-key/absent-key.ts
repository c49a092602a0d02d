import { azureKeyId } from "../../model/azure-key-name";
import { azureVersionsIn } from "../../model/azure-key-versions";
import { dayOf } from "../../model/deletion-consequence";
import { ByokError } from "../../model/errors";
import { ownershipTags } from "../../model/owner";
import type { DeletedVaultKey, KeyVaultPort } from "../../model/ports/key-vault";
import { groupOf } from "../aws-kms-key/key-material";
import type { LifecycleContext, PlainRecord } from "../contract";
import type { AzureKeyGoal } from "./azure-key-inputs";

/** A key as the state has it. */
export interface RecordedKey {
  readonly id: string;
  readonly outputs: PlainRecord;
}

/**
 * What becomes of a key that does not show: soft-deleted, it stays as it is until somebody recovers it, and nothing else is done; purged at the date that was
 * told, it stays in the state as `Destroyed`. Undefined: it is gone in another way, and may be made again.
 */
export async function absentKey(
  context: LifecycleContext,
  port: KeyVaultPort,
  inputs: AzureKeyGoal,
  { id, outputs }: RecordedKey,
): Promise<PlainRecord | undefined> {
  const deleted = await port.getDeleted(inputs.name);
  if (deleted !== undefined && (deleted.tags[ownershipTags.lineage] ?? id) === id) {
    context.log.warn(deletedSentence(deleted.scheduledPurgeDate.toISOString()));
    return deletedOutputs(outputs, deleted);
  }
  const date = deleted === undefined ? await purgedOn(context, inputs, outputs) : undefined;
  if (date === undefined) return undefined;
  context.log.warn(destroyedSentence(date));
  return destroyedOutputs(outputs, date);
}

export const deletedOutputs = (outputs: PlainRecord, { scheduledPurgeDate }: DeletedVaultKey): PlainRecord => ({
  ...outputs,
  keyState: "Deleted",
  scheduledPurgeDate: scheduledPurgeDate.toISOString(),
  pending: [],
});

export const destroyedOutputs = (outputs: PlainRecord, date: string): PlainRecord => ({
  ...outputs,
  keyState: "Destroyed",
  scheduledPurgeDate: date,
  pending: [],
});

/**
 * When a key that is gone was purged by Azure, at the end of its retention (ISO 8601). Such a key stays in the state: a program that still names it would make
 * a new key of that name. Where no refresh saw it deleted, the token remembers the date for its copies.
 */
export async function purgedOn(
  context: LifecycleContext,
  inputs: AzureKeyGoal,
  outputs: PlainRecord,
): Promise<string | undefined> {
  const { keyState, scheduledPurgeDate: date } = outputs;
  if (keyState === "Destroyed") return typeof date === "string" ? date : "";
  const now = context.clock().getTime();
  const isOver = (text: unknown): text is string => typeof text === "string" && Date.parse(text) <= now;
  if (keyState === "Deleted") return isOver(date) ? date : undefined;
  return (await notedDates(context, inputs, outputs)).find(isOver);
}

async function notedDates(
  context: LifecycleContext,
  { material, vaultUrl, name }: AzureKeyGoal,
  outputs: PlainRecord,
): Promise<readonly (string | undefined)[]> {
  const group = groupOf(material);
  const owner = azureVersionsIn(outputs).at(-1)?.sourceOwner;
  if (group?.abilities?.storesLinks !== true || owner === undefined) return [];
  try {
    const links = await context.custodian(group.token).links(owner);
    return links.filter(({ arn }) => arn === azureKeyId(vaultUrl, name)).map(({ deletionDate }) => deletionDate);
  } catch (error) {
    const { sentence } = ByokError.from(error, "Reading the token's links");
    context.log.warn(`the token could not be asked whether the key's deletion was scheduled: ${sentence}`);
    return [];
  }
}

/** Of a key that is soft-deleted: by its DeletionSchedule, or by somebody in Azure. */
export const deletedSentence = (date: string): string =>
  `is soft-deleted, so nobody can use it; Azure purges it on ${dayOf(new Date(date))}, and nothing of it is changed until then. ` +
  'To keep it: remove its DeletionSchedule (with onRemove "cancel"), or az keyvault key recover, then pulumi refresh. To let it go: remove it from the program.';

/** Of a key that Azure purged at the end of its retention. */
export const destroyedSentence = (date: string): string =>
  `was deleted, and purged by Azure${date === "" ? "" : ` on ${dayOf(new Date(date))}`}; its name is free again. Remove this resource from the program, and its DeletionSchedule if it has one. ` +
  "A new key of this name, or a restore of its backup: pulumi up --replace with its URN.";
