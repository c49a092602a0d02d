import { maxAzureTags } from "../../model/azure-tags";
import { backupTag, withBackup, withoutBackup } from "../../model/backup-tag";
import { ByokError } from "../../model/errors";
import { ownershipTags } from "../../model/owner";
import type { KeyVaultPort, KeyVersionFacts } from "../../model/ports/key-vault";
import type { LifecycleContext } from "../contract";
import type { CheckedBackupInputs } from "../inputs/azure-key-backup-inputs";
import type { MadeBackup } from "./record-backup";

type Place = Pick<CheckedBackupInputs, "key" | "file" | "self" | "keyName">;

/** Where a backup is, for people. */
const placeOf = ({ file, self }: Place, name: string): string =>
  file ?? `output blob of AzureKeyBackup ${self === undefined ? name : self.split("::").slice(3).join("::")}`;

/**
 * Lets the newest version of ours tell of the backup, so that whoever purges the key hears of it. It is for people: where it cannot be written, the backup is none
 * the worse.
 */
export async function noteOnKey(
  context: LifecycleContext,
  port: KeyVaultPort,
  inputs: Place,
  { versions, backedUpAt }: MadeBackup,
  present: readonly KeyVersionFacts[],
): Promise<void> {
  const newest = present.filter(({ tags }) => tags[ownershipTags.owner] === inputs.key.owner).at(-1);
  if (newest === undefined) return;
  const value = withBackup(newest.tags[backupTag], {
    day: backedUpAt.slice(0, 10),
    versions: versions.length,
    where: placeOf(inputs, context.name),
  });
  await setTag(context, port, inputs, newest, value);
}

/** Takes back what the key tells of a backup that is no more. */
export async function forgetOnKey(context: LifecycleContext, port: KeyVaultPort, inputs: Place): Promise<void> {
  for (const version of await port.listVersions(inputs.keyName)) {
    if (version.tags[backupTag] === undefined) continue;
    const value = withoutBackup(version.tags[backupTag], placeOf(inputs, context.name));
    await setTag(context, port, inputs, version, value);
  }
}

async function setTag(
  context: LifecycleContext,
  port: KeyVaultPort,
  { keyName }: Place,
  { version, tags }: KeyVersionFacts,
  value: string | undefined,
): Promise<void> {
  const { [backupTag]: before, ...others } = tags;
  if (before === value) return;
  if (before === undefined && Object.keys(others).length >= maxAzureTags) {
    context.log.info(`${keyName} has ${maxAzureTags} tags, so it cannot tell of its backup (tag ${backupTag}).`);
    return;
  }
  try {
    context.mayProceed();
    await port.updateVersion(keyName, version, {
      tags: { ...others, ...(value === undefined ? {} : { [backupTag]: value }) },
    });
  } catch (error) {
    const failure = ByokError.from(error, "Writing the tag");
    if (failure.code === "BYOK_ENGINE_LOST") throw failure;
    context.log.warn(`the key could not be told of its backup (tag ${backupTag}): ${failure.sentence}`);
  }
}
