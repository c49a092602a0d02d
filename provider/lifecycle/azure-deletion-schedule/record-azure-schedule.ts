import { dayOf } from "../../model/deletion-consequence";
import { ByokError } from "../../model/errors";
import type { DeletedVaultKey } from "../../model/ports/key-vault";
import type { PlainRecord } from "../contract";
import {
  azureScheduleInputNames,
  checkedAzureScheduleInputs,
  type CheckedAzureScheduleInputs,
} from "../inputs/azure-deletion-schedule-inputs";
import { pickDefined } from "../pick-defined";
import { keyIdOf } from "./see-key";

/** The inputs within a record of inputs or outputs. */
export const azureScheduleInputsIn = (record: PlainRecord): PlainRecord => pickDefined(record, azureScheduleInputNames);

/** Checked inputs as create, update, read and delete need them. */
export function parseAzureSchedule(record: PlainRecord): CheckedAzureScheduleInputs {
  const parsed = checkedAzureScheduleInputs.safeParse(azureScheduleInputsIn(record));
  if (parsed.success) return parsed.data;
  const lacking = parsed.error.issues[0]?.path.join(".") ?? "a property";
  throw new ByokError("BYOK_INTERNAL", `The recorded inputs of this deletion schedule lack ${lacking}.`, {
    hint: "Run pulumi refresh, then pulumi up.",
  });
}

/** Outputs while the key is soft-deleted. */
export const recordSoftDeleted = (
  inputs: CheckedAzureScheduleInputs,
  { scheduledPurgeDate }: DeletedVaultKey,
): PlainRecord => ({
  ...azureScheduleInputsIn({ ...inputs, plannedDay: dayOf(scheduledPurgeDate), scheduled: true }),
  keyId: keyIdOf(inputs.key),
  keyState: "Deleted",
  deletionDate: scheduledPurgeDate.toISOString(),
  pending: [],
});

/** Outputs while the key is there, because somebody recovered it. */
export const recordRecovered = (inputs: CheckedAzureScheduleInputs, keyState: string): PlainRecord => ({
  ...azureScheduleInputsIn({ ...inputs, scheduled: false }),
  keyId: keyIdOf(inputs.key),
  keyState,
  pending: [],
});

/** Outputs once Azure has purged the key; the date stays, as a memory. */
export const recordPurged = (inputs: CheckedAzureScheduleInputs, olds: PlainRecord): PlainRecord => ({
  ...olds,
  ...azureScheduleInputsIn({ ...inputs, scheduled: true }),
  keyId: keyIdOf(inputs.key),
  keyState: "Destroyed",
  pending: [],
});
