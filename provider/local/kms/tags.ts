import { AwsError } from "../aws-error";
import type { Tag } from "../store/records";
import { type RequestReader, checkText } from "./request-reader";

const maximum = 50;

function tagError(message: string): AwsError {
  return new AwsError("TagException", message);
}

/** The Tags member of a request, checked as the service checks it. */
export function readTags(input: RequestReader): Tag[] {
  const tags = (input.records("Tags") ?? []).map((entry, index) => {
    const path = `tags.${String(index + 1)}.member`;
    const { TagKey: key, TagValue: value } = entry;
    if (typeof key !== "string" || typeof value !== "string") throw tagError("A tag has a TagKey and a TagValue.");
    checkText(`${path}.tagKey`, key, { min: 1, max: 128 });
    checkText(`${path}.tagValue`, value, { max: 256 });
    return { TagKey: key, TagValue: value };
  });
  for (const { TagKey, TagValue } of tags) {
    if (TagKey.toLowerCase().startsWith("aws:")) throw tagError("Tags beginning with aws: are reserved");
    if (!allowedCharacters.test(TagKey) || !allowedCharacters.test(TagValue)) throw tagError("Invalid tag characters");
  }
  if (new Set(tags.map((tag) => tag.TagKey)).size < tags.length) throw tagError("Duplicate tag keys");
  checkTagCount(tags);
  return tags;
}

/** "Tag naming limits" of the Resource Groups Tagging API. */
const allowedCharacters = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

export function checkTagCount(tags: readonly Tag[]): void {
  if (tags.length > maximum) throw tagError("Too many tags");
}

/** New values for old keys, in their old places; new keys at the end. */
export function mergeTags(old: readonly Tag[], added: readonly Tag[]): Tag[] {
  const changed = new Map(added.map((tag) => [tag.TagKey, tag]));
  const kept = old.map((tag) => changed.get(tag.TagKey) ?? tag);
  const known = new Set(old.map((tag) => tag.TagKey));
  return [...kept, ...added.filter((tag) => !known.has(tag.TagKey))];
}

/** Condition keys that a request with tags carries. */
export function tagContext(tags: readonly Tag[]): Record<string, string | readonly string[]> {
  if (tags.length === 0) return {};
  return {
    ...Object.fromEntries(tags.map((tag) => [`aws:RequestTag/${tag.TagKey}`, tag.TagValue])),
    "aws:TagKeys": tags.map((tag) => tag.TagKey),
  };
}
