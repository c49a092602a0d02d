import { dayOf } from "../../model/deletion-consequence";
import { isLeaving } from "../../model/key-states";
import { connectionOf } from "../connection-of";
import type { LifecycleContext, PlainRecord } from "../contract";
import { textList } from "../text-list";
import { foreignLineage } from "./key-owner";
import { recordedKey, recordSchedule, type RecordedKey, type ScheduledKey } from "./record-schedule";
import { parseScheduleInputs, scheduleInputsIn } from "./schedule-inputs";
import { lookedAt, schedulePlaces, unnamedRegions, type SeenPlace } from "./schedule-places";

/** Looks at the key in each Region and tells drift in words. A schedule whose key is gone has done its work, and stays until the program lets go of it. */
export async function readSchedule(
  context: LifecycleContext,
  outputs: PlainRecord,
): Promise<{ outputs: PlainRecord; inputs: PlainRecord }> {
  const inputs = parseScheduleInputs(outputs);
  const pending = textList(outputs["pending"]);
  const places = await schedulePlaces(context, inputs, (group) => context.kms(connectionOf(group)));
  const seen = await lookedAt(places);
  for (const { kms, key, facts, context: there } of seen) {
    const lineage = facts === undefined ? undefined : await foreignLineage(kms, key);
    if (lineage === undefined) continue;
    there.log.warn(`drift: ${key.arn} belongs to another resource now (lineage ${lineage}).`);
    return found(outputs);
  }
  const keys = seen.map((place) => keyNow(place, recordedKey(outputs, place, inputs.region), pending.length > 0));
  const days = seen.flatMap(({ facts }) => facts?.pendingWindowInDays ?? [])[0] ?? inputs.windowInDays;
  return found(recordSchedule(inputs, keys, { pending, unnamed: unnamedRegions(seen), windowInDays: days }));
}

/** The key in one Region as it is recorded from now on. */
function keyNow({ context, region, key, facts }: SeenPlace, before: RecordedKey, isUnfinished: boolean): ScheduledKey {
  const { keyState, enabledBefore = false } = before;
  const recordedDate = before.deletionDate === undefined ? undefined : new Date(before.deletionDate);
  const known = { region, arn: key.arn, enabledBefore };
  if (facts === undefined) {
    if (keyState !== "Destroyed") context.log.warn(`AWS has deleted ${key.arn}, as it was scheduled.`);
    return { ...known, state: "Destroyed", deletionDate: recordedDate };
  }
  const { state, deletionDate } = facts;
  if (isLeaving(state)) {
    if (deletionDate !== undefined && recordedDate !== undefined && deletionDate.getTime() !== recordedDate.getTime()) {
      context.log.warn(
        `drift: AWS deletes the key on ${dayOf(deletionDate)}, not on ${dayOf(recordedDate)}: somebody scheduled it anew. This date is kept; another windowInDays moves it.`,
      );
    }
    return { ...known, state, deletionDate };
  }
  if (isUnfinished) return { ...known, state, deletionDate };
  context.log.warn(
    `drift: somebody cancelled the deletion; the key is ${state}. The next pulumi up schedules it again, once it is confirmed; to let the key live, remove this resource.`,
  );
  // From now on what is seen counts, not what was before somebody took the matter in hand.
  return { ...known, state, deletionDate, enabledBefore: state === "Enabled" };
}

const found = (outputs: PlainRecord): { outputs: PlainRecord; inputs: PlainRecord } => ({
  outputs,
  inputs: scheduleInputsIn(outputs),
});
