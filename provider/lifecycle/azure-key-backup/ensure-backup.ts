import { dayOf } from "../../model/deletion-consequence";
import { ByokError } from "../../model/errors";
import {
  descriptionFile,
  lackingIn,
  sha256Of,
  versionCount,
  writtenDescription,
  type BackedUpVersion,
} from "../../model/key-backup";
import { ownershipTags } from "../../model/owner";
import type { KeyVaultPort, KeyVersionFacts } from "../../model/ports/key-vault";
import type { LifecycleContext, PlainRecord } from "../contract";
import { backupInputNames, type CheckedBackupInputs } from "../inputs/azure-key-backup-inputs";
import { remembered } from "../remembered";
import { formerBackup, leftBlob, requireDescribable, requireNotFewer } from "./former-backup";
import { noteOnKey } from "./note-on-key";
import { backupInputsIn, recordBackup, type MadeBackup } from "./record-backup";

/**
 * Looks whether the backup is there and holds every version of the key, and makes it where it does not. The description is written before the file: a run
 * that dies in between leaves one that describes nothing, and the former backup is known by the state.
 *
 * @throws ByokError BYOK_BACKUP_REFUSED, BYOK_AZURE_*
 */
export async function ensureBackup(
  context: LifecycleContext,
  port: KeyVaultPort,
  inputs: CheckedBackupInputs,
  olds: PlainRecord,
): Promise<PlainRecord> {
  const present = await port.listVersions(inputs.keyName);
  if (present.length === 0) return withoutKey(context, port, inputs, olds);
  requireOwned(inputs, present);
  const left = leftBlob(inputs, olds);
  if (left !== undefined) requireNotFewer({ ...inputs, file: undefined }, left, present);
  const former = await formerBackup(context, inputs, olds);
  const versions = present.map(backedUp);
  if (former?.intact === true && lackingIn(versions, former.versions).length === 0) {
    await noteOnKey(context, port, inputs, former, present);
    return recordBackup(inputs, former);
  }
  if (former !== undefined) requireNotFewer(inputs, former, present);
  if (former?.intact === false)
    context.log.warn(`${inputs.file ?? "the output"} was changed since it was written; it is replaced.`);
  if (inputs.file !== undefined) await requireDescribable(context, inputs, inputs.file);
  context.mayProceed();
  context.log.progress("backing up the key");
  const content = await backUp(port, inputs);
  const made = {
    versions,
    sha256: sha256Of(content),
    backedUpAt: context.clock().toISOString(),
    ...(inputs.file === undefined ? { blob: content.toString("base64") } : {}),
  };
  if (inputs.file !== undefined) await write(context, inputs, inputs.file, content, made);
  await noteOnKey(context, port, inputs, made, present);
  context.log.info(
    `${inputs.keyName} is backed up with ${versionCount(versions)}${inputs.file === undefined ? "" : ` in ${inputs.file}`}.`,
  );
  return recordBackup(inputs, made);
}

async function write(
  context: LifecycleContext,
  { vaultUrl, keyName, key }: CheckedBackupInputs,
  file: string,
  content: Buffer,
  { versions, sha256, backedUpAt }: MadeBackup,
): Promise<void> {
  const description = { vaultUrl, keyName, owner: key.owner, versions: [...versions], sha256, backedUpAt };
  context.mayProceed();
  await context.files.replace(descriptionFile(file), writtenDescription(description));
  await context.files.replace(file, content);
}

async function backUp(port: KeyVaultPort, { keyName, key }: CheckedBackupInputs): Promise<Buffer> {
  try {
    return await port.backupKey(keyName);
  } catch (error) {
    if (!(error instanceof ByokError) || error.code !== "BYOK_AZURE_ACCESS_DENIED") throw error;
    throw error.with({
      hint:
        key.group.tier === "managed-hsm"
          ? "Give the credentials the role Managed HSM Backup on the key, or Managed HSM Crypto User. No backup was made."
          : "Give the credentials the key permission backup (the role Key Vault Crypto Officer has it). No backup was made.",
    });
  }
}

const backedUp = ({ version: keyVersion, createdOn, tags }: KeyVersionFacts): BackedUpVersion => {
  const number = Number(tags[ownershipTags.version]);
  return {
    ...(Number.isInteger(number) && number > 0 ? { version: number } : {}),
    keyVersion,
    createdOn: createdOn.toISOString(),
  };
};

/** @throws ByokError BYOK_OWNED_BY_ANOTHER */
function requireOwned({ key, vaultUrl, keyName }: CheckedBackupInputs, present: readonly KeyVersionFacts[]): void {
  const lineages = present.map(({ tags }) => tags[ownershipTags.lineage]).filter((lineage) => lineage !== undefined);
  if (lineages.length === 0 || lineages.includes(key.lineage)) return;
  throw new ByokError(
    "BYOK_OWNED_BY_ANOTHER",
    `${vaultUrl}/keys/${keyName} belongs to another resource now (lineage ${lineages[0] ?? ""}).`,
    { property: "key", hint: "Back it up where it belongs." },
  );
}

/** Of a soft-deleted key Azure makes no backup. What is there stays, and is tried again by the next run. */
async function withoutKey(
  context: LifecycleContext,
  port: KeyVaultPort,
  inputs: CheckedBackupInputs,
  olds: PlainRecord,
): Promise<PlainRecord> {
  const deleted = await port.getDeleted(inputs.keyName);
  const state =
    deleted === undefined
      ? `${inputs.keyName} does not exist in ${inputs.vaultUrl} any more`
      : `${inputs.keyName} is soft-deleted (Azure purges it on ${dayOf(deleted.scheduledPurgeDate)})`;
  if (olds["sha256"] === undefined)
    throw new ByokError("BYOK_AZURE_INVALID_STATE", `${state}, and Azure backs up living keys only.`, {
      property: "key",
      hint: deleted === undefined ? "Run pulumi refresh." : "Recover it first: az keyvault key recover.",
    });
  context.log.warn(
    `${state}, so no backup can be made; the former one, of ${String(olds["backedUpAt"]).slice(0, 10)}, is kept as it is.`,
  );
  return {
    ...remembered(olds, backupInputsIn(inputs), backupInputNames),
    ...backupPlaceIn(olds),
    version: olds["version"],
    upToDate: false,
  };
}

/** Where the former backup is, whatever the program asks for by now. */
const backupPlaceIn = ({ file, output }: PlainRecord): PlainRecord => ({ file, output });
