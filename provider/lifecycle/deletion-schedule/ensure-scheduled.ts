import { ByokError } from "../../model/errors";
import type { KmsKeyFacts, KmsPort } from "../../model/ports/kms";
import { noteKeeper } from "../keepers";
import { PartialFailure, type LifecycleContext, type PlainRecord } from "../contract";
import type { CheckedScheduleInputs } from "../inputs/deletion-schedule-inputs";
import { noteGoing, noteStaying } from "./note-copies";
import { isLeaving } from "../../model/key-states";
import { settled } from "../settled";
import { requireOwned } from "./key-owner";
import { recordDestroyed, recordSchedule } from "./record-schedule";

/** What `ensureScheduled` works on. */
export interface ScheduleUnderWork {
  readonly id: string;
  readonly inputs: CheckedScheduleInputs;
  /** Earlier outputs; empty on create. */
  readonly olds: PlainRecord;
}

const dayInMs = 86_400_000;
const scheduling = "schedule the key's deletion";

/**
 * Looks, and does what is missing. AWS has no call that changes a waiting period, and refuses a second schedule: the first one is cancelled, which
 * leaves the key disabled, and a new one is made. Nothing here enables a key, so wherever a run dies the key is unusable or as it was.
 *
 * @throws PartialFailure once something was changed; the next run goes on from there
 */
export async function ensureScheduled(
  context: LifecycleContext,
  kms: KmsPort,
  { id, inputs, olds }: ScheduleUnderWork,
): Promise<PlainRecord> {
  const { key, windowInDays } = inputs;
  const found = await kms.describeKey(key.keyId);
  if (found === undefined) return recordDestroyed(inputs, olds);
  await requireOwned(kms, key);
  noteKeeper(key.arn, id);
  const memory = { enabledBefore: wasEnabled(context, inputs, found, olds), pending: [] };
  if (isLeaving(found.state) && keepsDate(inputs, olds, found, context.clock())) {
    if (found.deletionDate !== undefined) await noteGoing(context, key, found.deletionDate);
    return recordSchedule(inputs, found, memory);
  }
  let seen: Pick<KmsKeyFacts, "state" | "deletionDate"> | undefined;
  try {
    if (isLeaving(found.state)) {
      await noteStaying(context, key);
      context.mayProceed();
      context.log.progress("cancelling the deletion, to schedule it anew");
      await kms.cancelDeletion(key.keyId);
      seen = { state: "Disabled" };
      await settled(context, kms, key.keyId, ({ state }) => !isLeaving(state));
    }
    context.mayProceed();
    context.log.progress(scheduling);
    const date = await kms.scheduleDeletion(key.keyId, windowInDays);
    seen = { state: "PendingDeletion", deletionDate: date };
    const facts = await settled(context, kms, key.keyId, ({ state }) => isLeaving(state));
    if (facts !== undefined && isLeaving(facts.state)) seen = facts;
    if (seen.deletionDate !== undefined) await noteGoing(context, key, seen.deletionDate);
    context.log.info(
      `AWS deletes ${key.arn} on ${date.toISOString().slice(0, 10)}; until then it cannot be used, and the deletion can be cancelled.`,
    );
    return recordSchedule(inputs, seen, memory);
  } catch (error) {
    if (seen === undefined) throw error;
    const pending = isLeaving(seen.state) ? [] : [scheduling];
    const failure = ByokError.from(error, scheduling).with({ step: scheduling });
    throw new PartialFailure(id, recordSchedule(inputs, seen, { ...memory, pending }), failure);
  }
}

/**
 * DescribeKey tells a date and no waiting period. The date stays where this resource made it for the same waiting period, or where it is what
 * the waiting period would give within a day: another run made it, and died or was somebody else's.
 */
function keepsDate(
  { windowInDays }: CheckedScheduleInputs,
  olds: PlainRecord,
  { deletionDate }: KmsKeyFacts,
  now: Date,
): boolean {
  const kept = olds["windowInDays"] === windowInDays && olds["scheduled"] === true;
  if (kept || deletionDate === undefined) return kept;
  return Math.abs(deletionDate.getTime() - now.getTime() - windowInDays * dayInMs) < dayInMs;
}

/** A key that is not usable now does not tell what it was before; then only the record counts. */
function wasEnabled(
  context: LifecycleContext,
  { restoreEnabled }: CheckedScheduleInputs,
  { state }: KmsKeyFacts,
  olds: PlainRecord,
): boolean {
  if (state === "Enabled") return true;
  const recorded = olds["enabledBefore"];
  if (typeof recorded === "boolean") return recorded;
  if (restoreEnabled && isLeaving(state)) {
    context.log.warn(
      "its deletion was scheduled before this resource was made, so it is not known whether it was enabled: restoreEnabled will leave it disabled.",
    );
  }
  return false;
}
