import { dayOf } from "../../model/deletion-consequence";
import { isLeaving } from "../../model/key-states";
import type { KmsKeyFacts } from "../../model/ports/kms";
import { settled } from "../settled";
import { noteGoing, noteStaying } from "./note-copies";
import type { SchedulePlace } from "./schedule-places";

/** What `scheduleOne` is to do, and whom it tells. */
export interface OneSchedule {
  readonly facts: KmsKeyFacts;
  readonly windowInDays: number;
  /** Said of each change as soon as it is made, so that a failure after it forgets nothing. */
  readonly tell: (seen: Pick<KmsKeyFacts, "state" | "deletionDate">) => void;
  /** When AWS deletes a primary that has no date yet, because it waits for its replicas. */
  readonly expected: () => Date | undefined;
}

export const scheduling = "schedule the key's deletion";

/**
 * Schedules the deletion of one key. AWS has no call that changes a waiting period, and refuses a second schedule: the first one is cancelled, which
 * leaves the key disabled, and a new one is made. Nothing here enables a key, so wherever a run dies the key is unusable or as it was.
 */
export async function scheduleOne(place: SchedulePlace, work: OneSchedule): Promise<void> {
  const { context, kms, key } = place;
  const { facts: found, windowInDays, tell, expected } = work;
  if (isLeaving(found.state)) {
    await noteStaying(context, key);
    context.mayProceed();
    context.log.progress("cancelling the deletion, to schedule it anew");
    await kms.cancelDeletion(key.keyId);
    tell({ state: "Disabled" });
    await settled(context, kms, key.keyId, ({ state }) => !isLeaving(state));
  }
  context.mayProceed();
  context.log.progress(scheduling);
  const date = await kms.scheduleDeletion(key.keyId, windowInDays);
  // A primary has no date before its last replica is gone.
  const waits = (found.replicaRegions ?? []).length > 0;
  tell(waits ? { state: "PendingReplicaDeletion" } : { state: "PendingDeletion", deletionDate: date });
  const facts = await settled(context, kms, key.keyId, ({ state }) => isLeaving(state));
  const seen = facts !== undefined && isLeaving(facts.state) ? facts : undefined;
  if (seen !== undefined) tell(seen);
  const isWaiting = seen === undefined ? waits : seen.state === "PendingReplicaDeletion";
  if (isWaiting) return waitsForReplicas(place, windowInDays, expected());
  await noteGoing(context, key, seen?.deletionDate ?? date);
  context.log.info(
    `AWS deletes ${key.arn} on ${dayOf(date)}; until then it cannot be used, and the deletion can be cancelled.`,
  );
}

async function waitsForReplicas(
  { context, key }: SchedulePlace,
  windowInDays: number,
  date: Date | undefined,
): Promise<void> {
  if (date !== undefined) await noteGoing(context, key, date);
  const day = date === undefined ? "" : ` (${dayOf(date)})`;
  context.log.info(
    `AWS deletes the primary ${key.arn} ${windowInDays} days after the last of its replicas${day}; until then it cannot be used, and the deletion can be cancelled.`,
  );
}
