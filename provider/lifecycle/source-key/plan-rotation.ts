import { z } from "zod";
import { oneAfter, rotationsDue, rotationTime, type RotationSchedule } from "../../model/rotation-schedule";
import type { LifecycleContext, PlainRecord } from "../contract";
import { sourceKeyInputs, type SourceKeyInputs } from "../inputs/source-key-inputs";

/** What `check` derives of a rotation; the version is the goal of this run and of every retry of it. */
export interface PlannedRotation {
  readonly version: number;
  /** ISO 8601: the first rotation of the schedule. */
  readonly startAt?: string;
  /** Rotations of the schedule that are done with, missed ones included; also the index of the next one. */
  readonly period?: number;
}

const { version, startAt, period, rotation, rotationTrigger, resumed } = sourceKeyInputs.shape;
const known = z.object({ version, startAt, period, rotation, rotationTrigger, resumed });

/**
 * Whether a rotation is due: a moment of the schedule has passed, or the trigger has another value. However many moments were missed,
 * it is one rotation. A schedule that is new or changed counts from now on, so that writing one down rotates nothing.
 *
 * @param before - inputs of the last run; empty where the key is new to this state
 * @param found - the version that the state or the token has
 */
export function planRotation(
  context: LifecycleContext,
  before: PlainRecord,
  inputs: SourceKeyInputs,
  found: number | undefined,
): PlannedRotation {
  const old = known.safeParse(before).data ?? {};
  const now = context.clock();
  const schedule = scheduleOf(inputs, old, now);
  const period = schedule === undefined ? undefined : rotationsDue(schedule, now);
  const derived = schedule === undefined || period === undefined ? {} : { startAt: schedule.startAt, period };
  if (found === undefined) return { version: 1, ...derived };
  // Without a version in the state the key is found again, not rotated.
  if (old.version === undefined) return { version: found, ...derived };
  const sameSchedule = old.rotation?.every === inputs.rotation?.every && old.startAt === schedule?.startAt;
  const overdue = sameSchedule && period !== undefined && old.period !== undefined && period > old.period;
  const triggered = inputs.rotationTrigger !== undefined && inputs.rotationTrigger !== old.rotationTrigger;
  if (!overdue && !triggered) {
    return { version: found, ...derived, ...(sameSchedule && old.period !== undefined ? { period: old.period } : {}) };
  }
  if (old.resumed === true) {
    context.log.info(
      `version ${found}, which an interrupted run made and pulumi refresh found, counts as the rotation that is due.`,
    );
    return { version: found, ...derived };
  }
  return { version: found + 1, ...derived };
}

/** When the next rotation is due, as far as the schedule tells. */
export function nextRotation(
  inputs: Pick<SourceKeyInputs, "rotation" | "startAt" | "period" | "compromised">,
): string | undefined {
  const { rotation, startAt, period, compromised } = inputs;
  if (compromised !== undefined || rotation === undefined || startAt === undefined || period === undefined)
    return undefined;
  return rotationTime({ every: rotation.every, startAt }, period).toISOString();
}

function scheduleOf(inputs: SourceKeyInputs, old: Partial<SourceKeyInputs>, now: Date): RotationSchedule | undefined {
  const { rotation } = inputs;
  if (rotation === undefined) return undefined;
  const { every } = rotation;
  if (rotation.startAt !== undefined) return { every, startAt: new Date(rotation.startAt).toISOString() };
  const kept = old.rotation?.every === every && old.rotation.startAt === undefined ? old.startAt : undefined;
  return { every, startAt: kept ?? oneAfter(every, now).toISOString() };
}
