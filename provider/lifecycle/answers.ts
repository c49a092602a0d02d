import { ByokError } from "../model/errors";
import type { CheckFailure, CheckResult, PlainRecord } from "./contract";

/** The checked inputs, without failures. */
export const accepted = (inputs: PlainRecord): CheckResult => ({ inputs, failures: [] });

/** Refused inputs: shown on the resource's own row, nothing happens. */
export const refused = (inputs: PlainRecord, failures: readonly CheckFailure[]): CheckResult => ({ inputs, failures });

/** A failure of the outside world as a complaint about the property that leads there. */
export const failureOf = (error: unknown, property: string, doing: string): CheckFailure => {
  const known = ByokError.from(error, doing);
  return { property: known.property ?? property, reason: `${known.sentence} [${known.code}]` };
};
