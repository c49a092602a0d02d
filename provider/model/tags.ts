import { isOwnershipTag } from "./owner";

/** Tags that one KMS key can have, ours included (AWS KMS TagResource). */
export const maxTags = 50;
const ownTags = 3;
const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** What is wrong with a tag, or undefined. Source: AWS KMS Tag. */
function tagFault(key: string, value: string): string | undefined {
  if (/^aws:/i.test(key)) return `tag keys that start with "aws:" belong to AWS.`;
  if (key.startsWith("byok:")) return `tag keys that start with "byok:" are set by this package.`;
  if (key.length < 1 || key.length > 128) return "a tag key has 1 to 128 characters.";
  if (value.length > 256) return "a tag value has at most 256 characters.";
  if (!allowed.test(key) || !allowed.test(value)) return 'a tag may hold letters, digits, blanks and "_.:/=+-@".';
  return undefined;
}

/** What is wrong with tags, by key; the empty key is the set as a whole. */
export function tagFaults(
  tags: Readonly<Record<string, string>>,
): readonly { readonly key: string; readonly reason: string }[] {
  const faults = Object.entries(tags).flatMap(([key, value]) => {
    const reason = tagFault(key, value);
    return reason === undefined ? [] : [{ key, reason }];
  });
  const count = Object.keys(tags).length;
  if (count > maxTags - ownTags) {
    faults.push({
      key: "",
      reason: `a KMS key can have ${maxTags} tags, ${ownTags} of them ours; these are ${count}.`,
    });
  }
  return faults;
}

/** The tags that a user manages: neither ours nor AWS's. */
export const userTags = (tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !isOwnershipTag(key) && !/^aws:/i.test(key)));
