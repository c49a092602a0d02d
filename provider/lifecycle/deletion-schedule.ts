import { refused } from "./answers";
import { scheduleInputNames } from "./inputs/deletion-schedule-inputs";
import { remembered } from "./remembered";
import { azureDeletionSchedule } from "./azure-deletion-schedule";
import type { Lifecycle, PlainRecord } from "./contract";
import { checkSchedule } from "./deletion-schedule/check-schedule";
import { diffSchedule, isRecordOnly } from "./deletion-schedule/diff-schedule";
import { ensureScheduled } from "./deletion-schedule/ensure-scheduled";
import { readSchedule } from "./deletion-schedule/read-schedule";
import { removeSchedule } from "./deletion-schedule/remove-schedule";
import { parseScheduleInputs, scheduleInputsIn } from "./deletion-schedule/schedule-inputs";

/** The deletion of a KMS key in some days, and its cancellation. */
const awsDeletionSchedule: Lifecycle = {
  kind: "DeletionSchedule",

  check: checkSchedule,

  diff(context, _id, olds, news) {
    return Promise.resolve(diffSchedule(context, olds, news));
  },

  async create(context, record) {
    const inputs = parseScheduleInputs(record);
    const id = `deletion-schedule-${context.random(8).toString("hex")}`;
    return { id, outputs: await ensureScheduled(context, { id, inputs, olds: {} }) };
  },

  read(context, _id, outputs) {
    return readSchedule(context, outputs);
  },

  async update(context, id, olds, record) {
    const inputs = parseScheduleInputs(record);
    if (isRecordOnly(context, olds, record)) return remembered(olds, scheduleInputsIn(inputs), scheduleInputNames);
    return ensureScheduled(context, { id, inputs, olds });
  },

  delete: removeSchedule,
};

/** The class names the cloud of a key in Azure; a record without it is of a KMS key, as all were once. */
const isInAzure = ({ cloud }: PlainRecord): boolean => cloud === "azure";
const lifecycleOf = (record: PlainRecord): Lifecycle =>
  isInAzure(record) ? azureDeletionSchedule : awsDeletionSchedule;

/** The deletion of a key in some days, and its cancellation, on either cloud. */
export const deletionSchedule: Lifecycle = {
  kind: "DeletionSchedule",

  check(context, olds, news) {
    if (Object.keys(olds).length > 0 && isInAzure(olds) !== isInAzure(news)) {
      const reason =
        "cannot change to a key of another cloud. Make another DeletionSchedule for it, under another name; this one is then removed as its onRemove says.";
      return Promise.resolve(refused(news, [{ property: "key", reason }]));
    }
    return lifecycleOf(news).check(context, olds, news);
  },
  diff: (context, id, olds, news) => lifecycleOf(news).diff(context, id, olds, news),
  create: (context, record) => lifecycleOf(record).create(context, record),
  read: (context, id, outputs) => lifecycleOf(outputs).read(context, id, outputs),
  update: (context, id, olds, record) => lifecycleOf(record).update(context, id, olds, record),
  delete: (context, id, outputs) => lifecycleOf(outputs).delete(context, id, outputs),
};
