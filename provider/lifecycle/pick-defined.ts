import type { PlainRecord } from "./contract";

/** The named properties of a record, without those that are not set. */
export const pickDefined = (record: PlainRecord, names: readonly string[]): PlainRecord =>
  Object.fromEntries(names.filter((name) => record[name] !== undefined).map((name) => [name, record[name]]));
