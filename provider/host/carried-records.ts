import { canonicalJson } from "../lifecycle/same-json";
import type { PlainRecord } from "../lifecycle/contract";
import { isRecord } from "../lifecycle/is-record";
import { hasUnknown, UNKNOWN } from "../model/unknown";

/**
 * Where a resource carries the record of another one (its connection and lineage). Towards Pulumi each such record is one JSON
 * text: engine and SDK spend their time per value, and all keys of a group carry the same dozens of values.
 */
const places: Readonly<Record<string, readonly (readonly string[])[]>> = {
  SourceKey: [["group"]],
  AwsKmsKey: [["group"], ["material", "source"], ["material", "kek"], ["material", "group"]],
  AwsKeyInventory: [["group"], ["managed"]],
  AwsAlias: [["group"], ["key"]],
  DeletionSchedule: [["key"]],
};

/** A record as a lifecycle sees it: what was carried as text is a record again. */
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
  if (rest.length === 0) return value === undefined ? record : { ...record, [name]: convert(value) };
  return isRecord(value) ? { ...record, [name]: withConverted(value, rest, convert) } : record;
}

/** What is no JSON text stays what it is, for `check` to complain about. */
function parsed(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function written(value: unknown): unknown {
  if (hasUnknown(value)) return UNKNOWN;
  return isRecord(value) ? canonicalJson(value) : value;
}
