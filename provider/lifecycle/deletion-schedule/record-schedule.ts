import { dayOf } from "../../model/deletion-consequence";
import type { KmsKeyFacts } from "../../model/ports/kms";
import type { PlainRecord } from "../contract";
import type { CheckedScheduleInputs } from "../inputs/deletion-schedule-inputs";
import { isLeaving } from "../../model/key-states";
import { scheduleInputsIn } from "./schedule-inputs";

/** What is recorded besides the inputs and the key as it was seen. */
export interface ScheduleMemory {
  /** Whether the key was enabled before its deletion was scheduled; nothing else is ever enabled. */
  readonly enabledBefore: boolean;
  /** Steps that are still due, in words. */
  readonly pending: readonly string[];
}

/** Outputs of a schedule: the inputs, and what was observed of the key. */
export function recordSchedule(
  inputs: CheckedScheduleInputs,
  facts: Pick<KmsKeyFacts, "state" | "deletionDate">,
  { enabledBefore, pending }: ScheduleMemory,
): PlainRecord {
  return {
    ...scheduleInputsIn({
      ...inputs,
      plannedDay: facts.deletionDate === undefined ? inputs.plannedDay : dayOf(facts.deletionDate),
      scheduled: isLeaving(facts.state) || pending.length > 0,
    }),
    arn: inputs.key.arn,
    keyId: inputs.key.keyId,
    keyState: facts.state,
    deletionDate: facts.deletionDate?.toISOString(),
    enabledBefore,
    pending,
  };
}

/** Outputs once AWS has deleted the key; the date stays, as a memory. */
export const recordDestroyed = (inputs: CheckedScheduleInputs, olds: PlainRecord): PlainRecord => ({
  ...olds,
  ...scheduleInputsIn({ ...inputs, scheduled: true }),
  arn: inputs.key.arn,
  keyId: inputs.key.keyId,
  keyState: "Destroyed",
  enabledBefore: olds["enabledBefore"] === true,
  pending: [],
});
