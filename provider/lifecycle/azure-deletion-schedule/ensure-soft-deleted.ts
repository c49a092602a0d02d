import { dayOf } from "../../model/deletion-consequence";
import { ByokError } from "../../model/errors";
import type { DeletedVaultKey, KeyVaultPort } from "../../model/ports/key-vault";
import { PartialFailure, type LifecycleContext, type PlainRecord } from "../contract";
import { noteGoing } from "../deletion-schedule/note-copies";
import type { CheckedAzureScheduleInputs } from "../inputs/azure-deletion-schedule-inputs";
import { noteKeeper } from "../keepers";
import { recordPurged, recordSoftDeleted } from "./record-azure-schedule";
import { foreignLineageOf, keyIdOf, seeKey } from "./see-key";

/** What {@link ensureSoftDeleted} works on. */
export interface AzureScheduleUnderWork {
  readonly id: string;
  readonly inputs: CheckedAzureScheduleInputs;
  /** Earlier outputs; empty on create. */
  readonly olds: PlainRecord;
}

const deleting = "soft-delete the key";

/**
 * Soft-deletes the key where it is not deleted yet. It stays as it is in all else: a recovery brings its versions back as they were.
 *
 * @throws PartialFailure once the key is deleted and something after it failed
 */
export async function ensureSoftDeleted(
  context: LifecycleContext,
  port: KeyVaultPort,
  { id, inputs, olds }: AzureScheduleUnderWork,
): Promise<PlainRecord> {
  const { key } = inputs;
  const keyId = keyIdOf(key);
  const seen = await seeKey(port, key.keyName);
  const lineage = foreignLineageOf(seen, key);
  if (lineage !== undefined)
    throw new ByokError("BYOK_OWNED_BY_ANOTHER", `${keyId} belongs to another resource now (lineage ${lineage}).`, {
      hint: "Delete it where it belongs.",
      property: "key",
    });
  if (seen.kind === "gone") {
    if (typeof olds["deletionDate"] === "string") return recordPurged(inputs, olds);
    throw new ByokError("BYOK_AZURE_NOT_FOUND", `There is no key ${keyId}; there is nothing to delete.`, {
      hint: "Run pulumi refresh.",
      property: "key",
    });
  }
  noteKeeper(keyId, id);
  let deleted: DeletedVaultKey | undefined = seen.kind === "deleted" ? seen.deleted : undefined;
  try {
    if (deleted === undefined) {
      context.mayProceed();
      context.log.progress("deleting the key");
      deleted = await port.deleteKey(key.keyName);
      if (deleted === undefined)
        throw new ByokError("BYOK_AZURE_NOT_FOUND", `${keyId} does not show among the deleted keys yet.`, {
          retryable: true,
          hint: "Run pulumi up again; it goes on from there.",
        });
      context.log.info(
        `${keyId} is soft-deleted; Azure purges it on ${dayOf(deleted.scheduledPurgeDate)}, and until then it can be recovered.`,
      );
    }
    await noteGoing(context, { arn: keyId, source: key.source }, deleted.scheduledPurgeDate);
    return recordSoftDeleted(inputs, deleted);
  } catch (error) {
    const failure = ByokError.from(error, deleting).with({ step: deleting });
    // An answer that was lost may have deleted it all the same.
    const last = deleted ?? (await port.getDeleted(key.keyName).catch(() => undefined));
    if (last === undefined) throw failure;
    throw new PartialFailure(id, recordSoftDeleted(inputs, last), failure);
  }
}
