import { momentFault, momentOf } from "./moment";

const dayInMs = 86_400_000;

/** How far ahead key material may expire, in days (ImportKeyMaterial ValidTo). */
export const maxValidityDays = 365;

/** What is wrong with an expiry at a moment, or undefined. */
export function validToFault(validTo: string, now: Date): string | undefined {
  const time = momentOf(validTo)?.getTime();
  if (time === undefined) return momentFault(validTo);
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

/** Milliseconds of a span such as `350d`. */
const spanOf = (days: string): number => Number.parseInt(days, 10) * dayInMs;

/** How validity is kept up by runs that come again and again. */
export interface KeptValidity {
  /** From each import on, such as `350d`. */
  readonly keepValidFor: string;
  /** How long before the expiry it is renewed; a tenth of the validity by default. */
  readonly renewBefore: string | undefined;
}

/**
 * The expiry to aim at: the one that there is, until it is time to renew it.
 *
 * @param present - the expiry that was aimed at before, where that still holds
 */
export function keptExpiry(kept: KeptValidity, present: string | undefined, now: Date): string {
  const validity = spanOf(kept.keepValidFor);
  const renewal = kept.renewBefore === undefined ? validity / 10 : spanOf(kept.renewBefore);
  if (present !== undefined && Date.parse(present) - now.getTime() > renewal) return present;
  return new Date(Math.floor((now.getTime() + validity) / 1000) * 1000).toISOString();
}

/** Whole days until an expiry, or undefined while it is farther away than that many days. */
export function daysUntilExpiry(validTo: string, within: number, now: Date): number | undefined {
  const days = (Date.parse(validTo) - now.getTime()) / dayInMs;
  return days <= within ? Math.max(0, Math.floor(days)) : undefined;
}
