import { isOwnershipTag } from "./owner";

/** Tags that one version of a key can have, ours included (Key Vault, "About keys": key tags). */
export const maxAzureTags = 15;
/** Lineage, owner, version, and the mark of the material's origin. */
const ownTags = 4;
const mostCharacters = 256;

/** What is wrong with tags, by key; the empty key is the set as a whole. */
export function azureTagFaults(
  tags: Readonly<Record<string, string>>,
): readonly { readonly key: string; readonly reason: string }[] {
  const faults = Object.entries(tags).flatMap(([key, value]) => {
    const reason = tagFault(key, value);
    return reason === undefined ? [] : [{ key, reason }];
  });
  const count = Object.keys(tags).length;
  if (count > maxAzureTags - ownTags) {
    faults.push({
      key: "",
      reason: `a key in Azure can have ${maxAzureTags} tags, ${ownTags} of them ours; these are ${count}.`,
    });
  }
  return faults;
}

function tagFault(key: string, value: string): string | undefined {
  if (key.startsWith("byok:")) return `tag keys that start with "byok:" are set by this package.`;
  if (key.length < 1 || key.length > mostCharacters) return `a tag key has 1 to ${mostCharacters} characters.`;
  if (value.length > mostCharacters) return `a tag value has at most ${mostCharacters} characters.`;
  return undefined;
}

/** The tags that a user manages. */
export const azureUserTags = (tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !isOwnershipTag(key)));
