import { dayOf } from "../../model/deletion-consequence";
import { connectionOf } from "../connection-of";
import type { LifecycleContext, PlainRecord } from "../contract";
import { textList } from "../text-list";
import { isLeaving } from "../../model/key-states";
import { foreignLineage } from "./key-owner";
import { recordDestroyed, recordSchedule } from "./record-schedule";
import { parseScheduleInputs, scheduleInputsIn } from "./schedule-inputs";

/** Looks at the key and tells drift in words. A schedule whose key is gone has done its work, and stays until the program lets go of it. */
export async function readSchedule(
  context: LifecycleContext,
  outputs: PlainRecord,
): Promise<{ outputs: PlainRecord; inputs: PlainRecord }> {
  const inputs = parseScheduleInputs(outputs);
  const { key } = inputs;
  const kms = context.kms(connectionOf(key.group));
  const facts = await kms.describeKey(key.keyId);
  if (facts === undefined) {
    if (outputs["keyState"] !== "Destroyed") context.log.warn(`AWS has deleted ${key.arn}, as it was scheduled.`);
    return found(recordDestroyed(inputs, outputs));
  }
  const lineage = await foreignLineage(kms, key);
  if (lineage !== undefined) {
    context.log.warn(`drift: ${key.arn} belongs to another resource now (lineage ${lineage}).`);
    return found(outputs);
  }
  const before = outputs["enabledBefore"] === true;
  if (isLeaving(facts.state)) {
    const { deletionDate } = facts;
    const recorded = outputs["deletionDate"];
    if (deletionDate !== undefined && typeof recorded === "string" && deletionDate.toISOString() !== recorded) {
      context.log.warn(
        `drift: AWS deletes the key on ${dayOf(deletionDate)}, not on ${recorded.slice(0, 10)}: somebody scheduled it anew. This date is kept; another windowInDays moves it.`,
      );
    }
    return found(recordSchedule(inputs, facts, { enabledBefore: before, pending: [] }));
  }
  const pending = textList(outputs["pending"]);
  if (pending.length > 0) return found(recordSchedule(inputs, facts, { enabledBefore: before, pending }));
  context.log.warn(
    `drift: somebody cancelled the deletion; the key is ${facts.state}. The next pulumi up schedules it again, once it is confirmed; to let the key live, remove this resource.`,
  );
  // From now on what is seen counts, not what was before somebody took the matter in hand.
  return found(recordSchedule(inputs, facts, { enabledBefore: facts.state === "Enabled", pending: [] }));
}

const found = (outputs: PlainRecord): { outputs: PlainRecord; inputs: PlainRecord } => ({
  outputs,
  inputs: scheduleInputsIn(outputs),
});
