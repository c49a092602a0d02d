const dayInMs = 86_400_000;

/** How far ahead key material may expire, in days (ImportKeyMaterial ValidTo). */
export const maxValidityDays = 365;

/** What is wrong with an expiry at a moment, or undefined. */
export function validToFault(validTo: string, now: Date): string | undefined {
  const time = Date.parse(validTo);
  if (Number.isNaN(time)) return `"${validTo}" is no ISO 8601 date-time. Write for example "2027-06-30T00:00:00Z".`;
  if (time <= now.getTime())
    return `${validTo} has passed. Set a later date, or leave validTo out for material that does not expire.`;
  if (time > now.getTime() + maxValidityDays * dayInMs) {
    return `${validTo} is more than ${maxValidityDays} days ahead, which is as far as AWS allows.`;
  }
  return undefined;
}

/** True where two expiries are the same second (AWS keeps seconds), or both absent. */
export function sameExpiry(one: string | Date | undefined, other: string | Date | undefined): boolean {
  const seconds = (value: string | Date | undefined): number | undefined =>
    value === undefined ? undefined : Math.floor(new Date(value).getTime() / 1000);
  return seconds(one) === seconds(other);
}
