const form =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d))?$/;

/**
 * The moment that a text names, the same on every machine: an ISO 8601 date-time with `Z` or an offset, or a date, which is its first moment in UTC. Undefined where the
 * text is none, has no time zone, or names a day that the calendar does not have.
 */
export function momentOf(text: string): Date | undefined {
  const [, year, month, day] = form.exec(text) ?? [];
  if (year === undefined) return undefined;
  // Date.parse takes 30 February for 2 March.
  const isDay = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  const time = Date.parse(text);
  return isDay && !Number.isNaN(time) ? new Date(time) : undefined;
}

/** What is wrong with a text that is to name a moment, or undefined. */
export function momentFault(text: string): string | undefined {
  if (momentOf(text) !== undefined) return undefined;
  const write = 'Write for example "2027-01-04T03:00:00Z".';
  return momentOf(`${text}Z`) === undefined
    ? `"${text}" is no ISO 8601 date-time. ${write}`
    : `"${text}" is another moment on each machine: it has no time zone. Write for example "${text}Z" for UTC, or with an offset such as +01:00.`;
}
