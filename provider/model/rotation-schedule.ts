/** When a source key is rotated: at `startAt`, and every period after it. */
export interface RotationSchedule {
  /** Days (`90d`) or calendar months (`12mo`). */
  readonly every: string;
  /** ISO 8601: the first rotation. */
  readonly startAt: string;
}

const everyForm = /^([1-9]\d{0,3})(d|mo)$/;
const dayInMs = 86_400_000;
/** Longest period: ten years. */
const longest = { d: 3650, mo: 120 } as const;

/** What is wrong with a period such as `90d` or `12mo`, or undefined. */
export function everyFault(every: string): string | undefined {
  const [, amount = "", unit = ""] = everyForm.exec(every) ?? [];
  const limit = unit === "mo" ? longest.mo : longest.d;
  if (amount !== "" && Number(amount) <= limit) return undefined;
  return `"${every}" is no rotation period. Write days ("90d", up to ${longest.d}d) or months ("12mo", up to ${longest.mo}mo).`;
}

/** The moment of the rotation with an index; 0 is the first. */
export function rotationTime({ every, startAt }: RotationSchedule, index: number): Date {
  const [, amount = "1", unit = "d"] = everyForm.exec(every) ?? [];
  const start = new Date(startAt);
  const steps = Number(amount) * index;
  return unit === "d" ? new Date(start.getTime() + steps * dayInMs) : addMonths(start, steps);
}

/** How many rotations of the schedule have become due up to a moment; the index of the next one, too. */
export function rotationsDue(schedule: RotationSchedule, now: Date): number {
  const span = rotationTime(schedule, 1).getTime() - rotationTime(schedule, 0).getTime();
  const elapsed = now.getTime() - new Date(schedule.startAt).getTime();
  // Months differ by up to three days, so the first guess is early and a few steps off at most.
  let count = Math.max(0, Math.floor((elapsed / span) * 0.9) - 1);
  while (rotationTime(schedule, count).getTime() <= now.getTime()) count += 1;
  return count;
}

/** One period after a moment: the first rotation where the program names none. */
export const oneAfter = (every: string, moment: Date): Date =>
  rotationTime({ every, startAt: moment.toISOString() }, 1);

/** Calendar months in UTC; the 31st becomes the last day of a shorter month, and is the 31st again in the next long one. */
function addMonths(start: Date, months: number): Date {
  const moved = new Date(start);
  moved.setUTCDate(1);
  moved.setUTCMonth(start.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(moved.getUTCFullYear(), moved.getUTCMonth() + 1, 0)).getUTCDate();
  moved.setUTCDate(Math.min(start.getUTCDate(), lastDay));
  return moved;
}
