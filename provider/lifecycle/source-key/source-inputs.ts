import { ByokError } from "../../model/errors";
import type { PlainRecord } from "../contract";
import { pickDefined } from "../pick-defined";
import { sourceKeyInputs } from "../inputs/source-key-inputs";

const complete = sourceKeyInputs.required({ owner: true, version: true, label: true });

/** Checked inputs of a source key, with everything that `check` derives. */
export type SourceInputs = ReturnType<typeof complete.parse>;

/** Checked inputs as create, update, read and delete need them. */
export function parseSourceInputs(record: PlainRecord): SourceInputs {
  const parsed = complete.safeParse(sourceInputsIn(record));
  if (parsed.success) return parsed.data;
  throw new ByokError("BYOK_TOKEN_NOT_FOUND", "What the token holds was not known when this run was planned.", {
    hint: "Make the PIN reference of the source group resolve, and run pulumi up again.",
  });
}

/** The inputs within a record of inputs or outputs. */
export const sourceInputsIn = (record: PlainRecord): PlainRecord =>
  pickDefined(record, Object.keys(sourceKeyInputs.shape));

/** The token connection within a record, as a record of its own. */
export function tokenIn(record: PlainRecord): PlainRecord {
  const { group } = record;
  return typeof group === "object" && group !== null && "token" in group ? { token: group.token } : {};
}
