import { dayOf } from "../../model/deletion-consequence";
import { backedUpVersionsIn, lackingIn, sha256Of } from "../../model/key-backup";
import { ownershipTags } from "../../model/owner";
import type { KeyVaultPort, KeyVersionFacts } from "../../model/ports/key-vault";
import { azureConnectionOf } from "../azure-connection-of";
import type { LifecycleContext, PlainRecord } from "../contract";
import type { CheckedBackupInputs } from "../inputs/azure-key-backup-inputs";
import { backupInputsIn, parseBackup } from "./record-backup";

/** Looks at file and key, and tells drift in words. The resource stays whatever is found: a backup is kept for the day when its key is gone. */
export async function readBackup(
  context: LifecycleContext,
  outputs: PlainRecord,
): Promise<{ outputs: PlainRecord; inputs: PlainRecord }> {
  const inputs = parseBackup(outputs);
  const port = context.keyVault(azureConnectionOf(inputs.key.group));
  const sentences = [
    ...(await fileDrift(context, inputs, outputs)),
    ...(await keyDrift(context, port, inputs, outputs)),
  ];
  for (const sentence of sentences) context.log.warn(`drift: ${sentence}`);
  const found = { ...outputs, upToDate: sentences.length === 0 };
  return { outputs: found, inputs: backupInputsIn(found) };
}

async function fileDrift(
  { files }: LifecycleContext,
  { file }: CheckedBackupInputs,
  outputs: PlainRecord,
): Promise<readonly string[]> {
  if (file === undefined) return [];
  const content = await files.read(file);
  if (content === undefined) return [`the backup ${file} is gone.`];
  if (sha256Of(content) === outputs["sha256"]) return [];
  return [`the backup ${file} is not what was written to it (its SHA-256 is ${sha256Of(content)}).`];
}

async function keyDrift(
  context: LifecycleContext,
  port: KeyVaultPort,
  inputs: CheckedBackupInputs,
  outputs: PlainRecord,
): Promise<readonly string[]> {
  const { keyName, vaultUrl, key } = inputs;
  const present = await port.listVersions(keyName);
  if (present.length === 0) {
    const deleted = await port.getDeleted(keyName);
    context.log.warn(
      deleted === undefined
        ? `${keyName} does not exist in ${vaultUrl} any more. This backup brings it back: AzureKey with backup: ${inputs.file === undefined ? "{ blob }" : `{ file: "${inputs.file}" }`}.`
        : `${keyName} is soft-deleted (Azure purges it on ${dayOf(deleted.scheduledPurgeDate)}), so no backup can be made; the one that is there is kept.`,
    );
    return [];
  }
  const foreign = present.map(({ tags }) => tags[ownershipTags.lineage]).filter((lineage) => lineage !== undefined);
  if (foreign.length > 0 && !foreign.includes(key.lineage)) {
    context.log.warn(`${vaultUrl}/keys/${keyName} belongs to another resource now (lineage ${foreign[0] ?? ""}).`);
    return [];
  }
  return lackingSentences(present, outputs);
}

function lackingSentences(present: readonly KeyVersionFacts[], outputs: PlainRecord): readonly string[] {
  const lacking = lackingIn(
    present.map(({ version }) => ({ keyVersion: version })),
    backedUpVersionsIn(outputs),
  );
  return lacking.length === 0
    ? []
    : [`the backup lacks ${lacking.map(({ keyVersion }) => `version ${keyVersion}`).join(", ")} of the key.`];
}
