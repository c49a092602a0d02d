import { keySpecFacts, keySpecs } from "../../model/key-spec";
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
  const { aliasPrefix, tags, spec, usage, ...settings } = template;
  const material = ofSpec(news["material"], spec);
  // The key's own expiry is fixed; to keep it moving is another way.
  const { keepValidFor, renewBefore, rotation, ...others } = settings;
  const ownExpiry = news["validTo"] !== undefined || news["keepValidFor"] !== undefined;
  return {
    ...others,
    // What AWS makes does not expire, and only that has a schedule of its own: a copy follows its source's.
    ...defined(isNative(news) ? { rotation } : ownExpiry ? {} : { keepValidFor, renewBefore }),
    ...(usageFits(material, usage) ? { usage } : {}),
    ...defined(news),
    ...(material === news["material"] ? {} : { material }),
    ...(typeof aliasPrefix === "string" && news["aliases"] === undefined ? { aliases: [`${aliasPrefix}${name}`] } : {}),
    ...(isRecord(tags) && news["tags"] !== UNKNOWN ? { tags: { ...tags, ...tagsOf(news) } } : {}),
  };
}

/** What AWS makes is of the template's type where the key names none. */
const ofSpec = (material: unknown, spec: unknown): unknown =>
  spec !== undefined && isRecord(material) && material["native"] !== undefined && material["spec"] === undefined
    ? { ...material, spec }
    : material;

/** A usage is for the keys whose type allows it; others have that of their type. */
function usageFits(material: unknown, usage: unknown): boolean {
  if (usage === undefined || !isRecord(material)) return false;
  const { source, native } = material;
  const named = isRecord(source)
    ? source["spec"]
    : (material["spec"] ?? (native === undefined ? undefined : "AES_256"));
  const spec = keySpecs.find((each) => each === named);
  if (spec === undefined || usage === UNKNOWN) return named === UNKNOWN || usage === UNKNOWN;
  return keySpecFacts[spec].awsUsages.some((each) => each === usage);
}

const isNative = ({ material }: PlainRecord): boolean => isRecord(material) && material["native"] !== undefined;

const tagsOf = (news: PlainRecord): PlainRecord => (isRecord(news["tags"]) ? news["tags"] : {});

const defined = (record: PlainRecord): PlainRecord =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
