import { ByokError } from "../../model/errors";
import type { PlainRecord } from "../contract";
import {
  checkedScheduleInputs,
  scheduleInputNames,
  type CheckedScheduleInputs,
} from "../inputs/deletion-schedule-inputs";
import { pickDefined } from "../pick-defined";

/** The inputs within a record of inputs or outputs. */
export const scheduleInputsIn = (record: PlainRecord): PlainRecord => pickDefined(record, scheduleInputNames);

/** Checked inputs as create, update, read and delete need them. */
export function parseScheduleInputs(record: PlainRecord): CheckedScheduleInputs {
  const parsed = checkedScheduleInputs.safeParse(scheduleInputsIn(record));
  if (parsed.success) return parsed.data;
  const lacking = parsed.error.issues[0]?.path.join(".") ?? "a property";
  throw new ByokError("BYOK_INTERNAL", `The recorded inputs of this deletion schedule lack ${lacking}.`, {
    hint: "Run pulumi refresh, then pulumi up.",
  });
}
