import { canonicalJson } from "../lifecycle/same-json";
import type { PlainRecord } from "../lifecycle/contract";
import { frozen } from "../lifecycle/frozen";
import { isRecord } from "../lifecycle/is-record";
import { hasUnknown, UNKNOWN } from "../model/unknown";

/** Stands in a path for every entry of a list. */
const EACH = "*";

/**
 * What is one JSON text towards Pulumi: the record that a resource carries of another one (its connection and lineage), and a copy's own
 * receipts. Engine and SDK spend their time per value, and all keys of a group carry the same dozens of values.
 */
const places: Readonly<Record<string, readonly (readonly string[])[]>> = {
  SourceKey: [["group"]],
  AwsKmsKey: [
    ...[["group"], ["material", "source"], ["material", "kek"], ["material", "group"]],
    ...[["facts"], ["replicas", EACH, "group"]],
    // As an earlier form of the state has them.
    ...[["proof"], ["link"], ["wrapping"], ["versions"]],
  ],
  AwsKeyInventory: [["group"], ["managed"]],
  AzureKeyInventory: [["group"], ["managed"]],
  AwsAlias: [["group"], ["key"]],
  DeletionSchedule: [["key"], ["places", EACH, "group"]],
  AzureKeyBackup: [["key"], ["covers"]],
  AzureKey: [
    ...[["group"], ["wrappingKey"], ["material", "source"], ["material", "kek"], ["material", "group"]],
    ...[["proof"], ["link"], ["wrapping"], ["versions"]],
  ],
};

/** A record as a lifecycle sees it: what is text towards Pulumi is a record again. */
export const unfolded = (kind: string, record: PlainRecord): PlainRecord => replaced(kind, record, parsed);

/** A record as the engine gets it. A text of which a part is unknown is unknown as a whole. */
export const folded = (kind: string, record: PlainRecord): PlainRecord => replaced(kind, record, written);

const replaced = (kind: string, record: PlainRecord, convert: (value: unknown) => unknown): PlainRecord =>
  (places[kind] ?? []).reduce((sum, path) => withConverted(sum, path, convert), record);

function withConverted(
  record: PlainRecord,
  [name = "", ...rest]: readonly string[],
  convert: (value: unknown) => unknown,
): PlainRecord {
  const value = record[name];
  const [next, ...inEntry] = rest;
  if (next === EACH) {
    if (!Array.isArray(value)) return record;
    const entries = value.map((entry: unknown) => (isRecord(entry) ? withConverted(entry, inEntry, convert) : entry));
    return { ...record, [name]: entries };
  }
  if (rest.length === 0) return value === undefined ? record : { ...record, [name]: convert(value) };
  return isRecord(value) ? { ...record, [name]: withConverted(value, rest, convert) } : record;
}

/** Hundreds of keys carry the same few texts; those that came last are kept, the newest at the end. */
const mostKept = 64;
const kept = new Map<string, unknown>();

/** What is no JSON text stays what it is, for `check` to complain about. */
function parsed(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    const read: unknown = kept.get(value) ?? JSON.parse(value);
    const record = frozen(read);
    kept.delete(value);
    kept.set(value, record);
    const [oldest] = kept.keys();
    if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
    return record;
  } catch {
    return value;
  }
}

/** Texts of records that nobody can change, and that hundreds of keys share. */
const texts = new WeakMap<object, string>();

function written(value: unknown): unknown {
  if (!isRecord(value) && !Array.isArray(value)) return value;
  const known = texts.get(value);
  if (known !== undefined) return known;
  if (hasUnknown(value)) return UNKNOWN;
  const text = canonicalJson(value);
  if (Object.isFrozen(value)) texts.set(value, text);
  return text;
}
