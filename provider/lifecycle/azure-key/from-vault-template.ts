import { UNKNOWN } from "../../model/unknown";
import type { PlainRecord } from "../contract";
import { isRecord } from "../is-record";

/**
 * The inputs of a key with what its group's template says of all keys. What the key says itself counts; tags add up. An adopted key takes nothing: what
 * its program does not name stays as it was found.
 *
 * @param name - the resource's name, which follows the template's `namePrefix` where the key names none
 */
export function fromVaultTemplate(name: string, news: PlainRecord): PlainRecord {
  const template = isRecord(news["group"]) ? news["group"]["template"] : undefined;
  if (!isRecord(template) || news["adopt"] !== undefined) return news;
  const { namePrefix, tags, follow, rotation, ...settings } = template;
  const copies = isRecord(news["material"]) && news["material"]["source"] !== undefined;
  const native = isRecord(news["material"]) && news["material"]["native"] === true;
  const own = Object.fromEntries(Object.entries(news).filter(([, value]) => value !== undefined));
  return {
    ...settings,
    ...(copies && follow !== undefined ? { follow } : {}),
    // Azure rotates only what it made.
    ...(native && rotation !== undefined ? { rotation } : {}),
    ...own,
    ...(typeof namePrefix === "string" && news["name"] === undefined ? { name: `${namePrefix}${name}` } : {}),
    ...(isRecord(tags) && news["tags"] !== UNKNOWN
      ? { tags: { ...tags, ...(isRecord(news["tags"]) ? news["tags"] : {}) } }
      : {}),
  };
}
