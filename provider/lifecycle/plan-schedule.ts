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
  /** Where the record is ahead of the time: what is to be said of it. */
  readonly ahead?: string;
  /** Where a changed schedule leaves a moment of the former one behind: what is to be said of it, unless the key is rotated anyway. */
  readonly dropped?: string;
}

/** How far the clocks of two machines may be apart before it is worth a word. */
const skewInMs = 86_400_000;

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
  const old = recorded(before);
  if (old?.every !== schedule.every || old.startAt !== startAt) {
    return {
      ...{ isOverdue: false, served: { startAt, period }, kept: { startAt, period } },
      ...leftBehind(inputs, old, { schedule, period, now }),
    };
  }
  const known = Math.min(old.period, mostServed(schedule, period, now));
  return {
    isOverdue: period > known,
    served: { startAt, period: Math.max(period, known) },
    kept: { startAt, period: known },
    ...(known < old.period ? { ahead: aheadSentence(rotationTime(schedule, old.period - 1), schedule, known) } : {}),
  };
}

interface Recorded extends RotationSchedule {
  readonly period: number;
}

function recorded({ rotation, startAt, period }: ScheduledInputs): Recorded | undefined {
  return rotation === undefined || startAt === undefined || period === undefined
    ? undefined
    : { every: rotation.every, startAt, period };
}

/**
 * How many moments can be done with by now. A machine whose clock is a little ahead serves the next one before its time, and that is not to be done again;
 * one whose clock is far ahead would have the key wait for years.
 */
function mostServed(schedule: RotationSchedule, due: number, now: Date): number {
  return rotationTime(schedule, due).getTime() - now.getTime() <= skewInMs ? due + 1 : due;
}

/** What another schedule than the recorded one does not do any more. */
function leftBehind(
  inputs: ScheduledInputs,
  old: Recorded | undefined,
  { schedule, period, now }: { readonly schedule: RotationSchedule; readonly period: number; readonly now: Date },
): Pick<PlannedSchedule, "ahead" | "dropped"> {
  if (old === undefined) return {};
  if (old.every === schedule.every && inputs.rotation?.startAt === undefined && isAhead(old, now))
    return { ahead: aheadSentence(rotationTime(old, 0), schedule, period) };
  if (rotationsDue(old, now) <= old.period) return {};
  return {
    dropped:
      `was due for rotation since ${rotationTime(old, old.period).toISOString()} by its former schedule (every ${old.every} from ${old.startAt}), and the changed one does not make up for it: ` +
      `the next rotation is due on ${rotationTime(schedule, period).toISOString()}. To rotate now as well, give rotationTrigger another value.`,
  };
}

const aheadSentence = (moment: Date, schedule: RotationSchedule, next: number): string =>
  `its recorded schedule is ahead of the time, at ${moment.toISOString()}: a run on a machine whose clock was wrong wrote that down, unless it is this machine's clock that is wrong. ` +
  `The next rotation is due on ${rotationTime(schedule, next).toISOString()}.`;

/** True for a first rotation that lies farther ahead than one period from now: it was derived with a clock that was. */
const isAhead = ({ every, startAt }: RotationSchedule, now: Date): boolean =>
  Date.parse(startAt) - oneAfter(every, now).getTime() > skewInMs;

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
  return kept === undefined || isAhead({ every, startAt: kept }, now)
    ? { every, startAt: oneAfter(every, now).toISOString() }
    : { every, startAt: kept };
}
