import { maxAzureTags } from "../../model/azure-tags";
import { ByokError } from "../../model/errors";
import { ownershipTags } from "../../model/owner";
import type { KeyVaultPort, KeyVersionFacts } from "../../model/ports/key-vault";
import type { LifecycleContext } from "../contract";
import type { AzureKeyRecord } from "../inputs/azure-key-record";
import { keyIdOf } from "./see-key";

/** True where a removal of a schedule recovered the key, and was cut off before it had disabled every version. */
export const isReturning = (versions: readonly KeyVersionFacts[]): boolean =>
  versions.some(({ tags }) => tags[ownershipTags.returning] !== undefined);

/**
 * Disables the resource's versions of a key that was just recovered, the newest first: the note that this is not done yet comes with that call, because a
 * deleted key takes no note.
 *
 * @param isRemembered - true where the token tells the next removal that this one is not done
 * @returns how many enabled versions of others stay
 */
export async function disableReturned(
  context: LifecycleContext,
  port: KeyVaultPort,
  { key, isRemembered }: { readonly key: AzureKeyRecord; readonly isRemembered: boolean },
): Promise<number> {
  let isNoted = false;
  try {
    const present = await port.listVersions(key.keyName);
    isNoted = isReturning(present);
    const enabled = present.filter((version) => version.enabled);
    const ours = enabled.filter(({ tags }) => tags[ownershipTags.lineage] === key.lineage);
    for (const { version, tags } of [...ours].reverse()) {
      context.mayProceed();
      const notes = !isNoted && Object.keys(tags).length < maxAzureTags;
      const noted = notes ? { tags: { ...tags, [ownershipTags.returning]: key.lineage } } : {};
      await port.updateVersion(key.keyName, version, { enabled: false, ...noted });
      isNoted ||= notes;
    }
    if (isNoted) await takeNoteAway(context, port, key.keyName);
    return enabled.length - ours.length;
  } catch (error) {
    if (!isNoted && !isRemembered)
      context.log.warn(
        `${keyIdOf(key)} is recovered and may still be enabled; the next removal cannot tell that from a recovery by hand, and leaves it so. Disable its versions if nobody is to use it.`,
      );
    throw ByokError.from(error, "Disabling the recovered key");
  }
}

async function takeNoteAway(context: LifecycleContext, port: KeyVaultPort, keyName: string): Promise<void> {
  for (const { version, tags } of await port.listVersions(keyName)) {
    const { [ownershipTags.returning]: noted, ...others } = tags;
    if (noted === undefined) continue;
    context.mayProceed();
    await port.updateVersion(keyName, version, { tags: others });
  }
}
