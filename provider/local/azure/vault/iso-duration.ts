import { badParameter } from "../azure-error";

const pattern = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?$/i;

interface Duration {
  readonly months: number;
  readonly days: number;
}

/** Years, months, weeks and days of an ISO 8601 duration, as rotation policies use them. */
export function readDuration(text: string): Duration {
  const found = pattern.exec(text);
  const [years = 0, months = 0, weeks = 0, days = 0] = (found?.slice(1) ?? []).map((part: string | undefined) =>
    Number(part ?? 0),
  );
  const duration = { months: years * 12 + months, days: weeks * 7 + days };
  if (found === null || (duration.months === 0 && duration.days === 0))
    throw badParameter(`The duration ${text} is not valid: write it as ISO 8601, such as P90D or P2Y.`);
  return duration;
}

/** For comparing with a least duration; a month counts 30 days. */
export const daysOf = (text: string): number => {
  const { months, days } = readDuration(text);
  return months * 30 + days;
};

/** The moment that much later, or (`-1`) earlier, in milliseconds. */
export function shift(time: number, text: string, direction: 1 | -1 = 1): number {
  const { months, days } = readDuration(text);
  const date = new Date(time);
  date.setUTCMonth(date.getUTCMonth() + direction * months);
  date.setUTCDate(date.getUTCDate() + direction * days);
  return date.getTime();
}
