import { kmsToChange } from "./kms-to-change";
import type { Lifecycle } from "./contract";
import { checkSchedule } from "./deletion-schedule/check-schedule";
import { diffSchedule, isRecordOnly } from "./deletion-schedule/diff-schedule";
import { ensureScheduled } from "./deletion-schedule/ensure-scheduled";
import { readSchedule } from "./deletion-schedule/read-schedule";
import { removeSchedule } from "./deletion-schedule/remove-schedule";
import { parseScheduleInputs, scheduleInputsIn } from "./deletion-schedule/schedule-inputs";

/** The deletion of a key in some days, and its cancellation. */
export const deletionSchedule: Lifecycle = {
  kind: "DeletionSchedule",

  check: checkSchedule,

  diff(context, _id, olds, news) {
    return Promise.resolve(diffSchedule(context, olds, news));
  },

  async create(context, record) {
    const inputs = parseScheduleInputs(record);
    const id = `deletion-schedule-${context.random(8).toString("hex")}`;
    const kms = await kmsToChange(context, inputs.key.group);
    return { id, outputs: await ensureScheduled(context, kms, { id, inputs, olds: {} }) };
  },

  read(context, _id, outputs) {
    return readSchedule(context, outputs);
  },

  async update(context, id, olds, record) {
    const inputs = parseScheduleInputs(record);
    if (isRecordOnly(context, olds, record)) return { ...olds, ...scheduleInputsIn(inputs) };
    const kms = await kmsToChange(context, inputs.key.group);
    return ensureScheduled(context, kms, { id, inputs, olds });
  },

  delete: removeSchedule,
};
