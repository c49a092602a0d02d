import { UNKNOWN } from "../../model/unknown";
import type { PlainRecord } from "../contract";
import { isRecord } from "../is-record";

/**
 * The inputs of a key with what its group's template says of all keys. What the key says itself counts; tags add up. An adopted key takes nothing: what
 * its program does not name stays as it was found.
 *
 * @param name - the resource's name, which follows the template's `aliasPrefix` where the key names no alias
 */
export function fromTemplate(name: string, news: PlainRecord): PlainRecord {
  const template = isRecord(news["group"]) ? news["group"]["template"] : undefined;
  if (!isRecord(template) || news["adopt"] !== undefined) return news;
  const { aliasPrefix, tags, ...settings } = template;
  // The key's own expiry is fixed; to keep it moving is another way.
  const { keepValidFor, renewBefore, ...others } = settings;
  const ownExpiry = news["validTo"] !== undefined || news["keepValidFor"] !== undefined;
  // What AWS makes does not expire.
  const given = ownExpiry || isNative(news) ? others : settings;
  return {
    ...given,
    ...defined(news),
    ...(typeof aliasPrefix === "string" && news["aliases"] === undefined ? { aliases: [`${aliasPrefix}${name}`] } : {}),
    ...(isRecord(tags) && news["tags"] !== UNKNOWN ? { tags: { ...tags, ...tagsOf(news) } } : {}),
  };
}

const isNative = ({ material }: PlainRecord): boolean => isRecord(material) && material["native"] !== undefined;

const tagsOf = (news: PlainRecord): PlainRecord => (isRecord(news["tags"]) ? news["tags"] : {});

const defined = (record: PlainRecord): PlainRecord =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
