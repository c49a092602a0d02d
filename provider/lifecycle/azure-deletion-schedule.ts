import { checkAzureSchedule } from "./azure-deletion-schedule/check-azure-schedule";
import { diffAzureSchedule, isAzureScheduleRecordOnly } from "./azure-deletion-schedule/diff-azure-schedule";
import { ensureSoftDeleted } from "./azure-deletion-schedule/ensure-soft-deleted";
import { forgetReturning } from "./azure-deletion-schedule/forget-returning";
import { readAzureSchedule } from "./azure-deletion-schedule/read-azure-schedule";
import { azureScheduleInputsIn, parseAzureSchedule } from "./azure-deletion-schedule/record-azure-schedule";
import { removeAzureSchedule } from "./azure-deletion-schedule/remove-azure-schedule";
import { azureConnectionOf } from "./azure-connection-of";
import type { Lifecycle } from "./contract";
import { azureScheduleInputNames } from "./inputs/azure-deletion-schedule-inputs";
import { remembered } from "./remembered";

/** The deletion of a key of a vault, for as long as Azure keeps deleted keys, and its recovery. */
export const azureDeletionSchedule: Lifecycle = {
  kind: "DeletionSchedule",

  check: checkAzureSchedule,

  diff(context, _id, olds, news) {
    return Promise.resolve(diffAzureSchedule(context, olds, news));
  },

  async create(context, record) {
    const inputs = parseAzureSchedule(record);
    const id = `deletion-schedule-${context.random(8).toString("hex")}`;
    const port = context.keyVault(azureConnectionOf(inputs.key.group));
    return { id, outputs: await ensureSoftDeleted(context, port, { id, inputs, olds: {} }) };
  },

  read(context, _id, outputs) {
    return readAzureSchedule(context, outputs);
  },

  async update(context, id, olds, record) {
    const inputs = parseAzureSchedule(record);
    if (isAzureScheduleRecordOnly(context, olds)) {
      await forgetReturning(context, inputs.key, olds["deletionDate"]);
      return remembered(
        olds,
        azureScheduleInputsIn({ ...inputs, plannedDay: olds["plannedDay"] }),
        azureScheduleInputNames,
      );
    }
    return ensureSoftDeleted(context, context.keyVault(azureConnectionOf(inputs.key.group)), { id, inputs, olds });
  },

  delete: removeAzureSchedule,
};
