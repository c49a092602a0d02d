import { ByokError } from "../../model/errors";
import { ownershipTags } from "../../model/owner";
import type { KmsPort } from "../../model/ports/kms";

/** An alias is never taken from another key; found out before anything is created. */
export async function refuseTakenAliases(
  kms: KmsPort,
  aliases: readonly string[],
  formerKeys: ReadonlySet<string>,
  lineage: string,
): Promise<void> {
  for (const [index, alias] of aliases.entries()) {
    const target = await kms.aliasTarget(alias);
    if (target !== undefined && !formerKeys.has(target))
      throw await aliasTaken(kms, { alias, index, keyId: target }, lineage);
  }
}

/** The refusal to move an alias that another key has. Where that is a newer key of this very resource, callers use it: the state is what is wrong, and not the alias. */
export async function aliasTaken(
  kms: KmsPort,
  { alias, index, keyId }: { readonly alias: string; readonly index: number; readonly keyId: string },
  lineage: string,
): Promise<ByokError> {
  const property = `aliases[${index}]`;
  const version = await ownVersion(kms, keyId, lineage);
  if (version === undefined)
    return new ByokError("BYOK_AWS_ALREADY_EXISTS", `${property} ${alias} belongs to another key (${keyId}).`, {
      property,
      hint: "Delete the alias there, adopt that key, or choose another alias.",
    });
  return new ByokError(
    "BYOK_KEY_DRIFTED",
    `${property} ${alias} points to ${version} of this very resource (${keyId}), which this state does not know.`,
    {
      property,
      hint: "Leave the alias there. Run pulumi refresh, then pulumi up of the program that rotated the key.",
    },
  );
}

/** Which version of the resource the key is, or undefined where it is not the resource's, or nobody may look. */
async function ownVersion(kms: KmsPort, keyId: string, lineage: string): Promise<string | undefined> {
  try {
    const tags = await kms.listTags(keyId);
    if (tags[ownershipTags.lineage] !== lineage) return undefined;
    const version = tags[ownershipTags.version];
    return version === undefined ? "a key" : `version ${version}`;
  } catch {
    return undefined;
  }
}
