import { momentOf } from "./moment";

/** Dates cross the SDK as 32-bit seconds: one later than this would silently become a date in the past. */
const latest = Date.UTC(2038, 0, 19, 3, 14, 7);

/** What is wrong with a date of a key (`nbf`, `exp`), or undefined. */
export function azureDateFault(text: string): string | undefined {
  const date = momentOf(text);
  if (date === undefined) return `"${text}" is no date. Write for example "2027-12-31" or "2027-12-31T00:00:00Z".`;
  if (date.getTime() > latest)
    return `${text} is later than 2038-01-19T03:14:07Z, the last moment that Azure's SDK can send. Set an earlier date.`;
  if (date.getTime() <= 0) return `${text} is before 1970. Set a later date.`;
  return undefined;
}

/** True where both are the same second (Azure keeps seconds), or both absent. */
export function sameAzureDate(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  const seconds = (text: string): number => Math.floor(Date.parse(text) / 1000);
  return seconds(one) === seconds(other);
}
