import { oneAfter, rotationsDue, rotationTime, type RotationSchedule } from "../model/rotation-schedule";

/** What inputs say of a rotation schedule: what the program wrote, and what `check` derived of it. */
export interface ScheduledInputs {
  readonly rotation?: { readonly every: string; readonly startAt?: string | undefined } | undefined;
  /** ISO 8601: the first rotation. */
  readonly startAt?: string | undefined;
  /** Rotations of the schedule that are done with, missed ones included; also the index of the next one. */
  readonly period?: number | undefined;
}

/** What `check` derives of a schedule; empty without one. */
export interface DerivedSchedule {
  readonly startAt?: string;
  readonly period?: number;
}

/** A schedule at a moment. */
export interface PlannedSchedule {
  /** True where a moment of the schedule has passed that was to come when the inputs were checked last. */
  readonly isOverdue: boolean;
  /** With every moment that has passed done with. */
  readonly served: DerivedSchedule;
  /** With those that have passed still due. */
  readonly kept: DerivedSchedule;
}

/**
 * Whether a rotation of the schedule is due. However many moments were missed, it is one rotation. A schedule that is new or changed counts from now on, so that
 * writing one down rotates nothing.
 *
 * @param before - inputs of the last run
 */
export function planSchedule(inputs: ScheduledInputs, before: ScheduledInputs, now: Date): PlannedSchedule {
  const schedule = scheduleOf(inputs, before, now);
  if (schedule === undefined) return { isOverdue: false, served: {}, kept: {} };
  const { startAt } = schedule;
  const period = rotationsDue(schedule, now);
  const known = before.rotation?.every === schedule.every && before.startAt === startAt ? before.period : undefined;
  return {
    isOverdue: known !== undefined && period > known,
    served: { startAt, period },
    kept: { startAt, period: known ?? period },
  };
}

/** When the next rotation of checked inputs is due (ISO 8601), or was, where that one still waits. */
export function nextOfSchedule({ rotation, startAt, period }: ScheduledInputs): string | undefined {
  if (rotation === undefined || startAt === undefined || period === undefined) return undefined;
  return rotationTime({ every: rotation.every, startAt }, period).toISOString();
}

function scheduleOf(inputs: ScheduledInputs, before: ScheduledInputs, now: Date): RotationSchedule | undefined {
  const { rotation } = inputs;
  if (rotation === undefined) return undefined;
  const { every } = rotation;
  if (rotation.startAt !== undefined) return { every, startAt: new Date(rotation.startAt).toISOString() };
  const kept = before.rotation?.every === every && before.rotation.startAt === undefined ? before.startAt : undefined;
  return { every, startAt: kept ?? oneAfter(every, now).toISOString() };
}
