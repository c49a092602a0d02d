import { hasUnknown } from "../model/unknown";

/**
 * True where two JSON values are equal: the order of object keys does not matter, an absent key equals undefined, and an
 * unknown equals nothing.
 */
export function sameJson(one: unknown, other: unknown): boolean {
  if (hasUnknown(one) || hasUnknown(other)) return false;
  // What resources carry of one another is mostly the same object: hundreds of keys share it.
  return one === other || canonicalJson(one) === canonicalJson(other);
}

/** JSON with sorted object keys and without undefined. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join()}}`;
  }
  return JSON.stringify(value ?? null);
}

/** Names of the properties in which two records differ. */
export const changedProperties = (
  olds: Readonly<Record<string, unknown>>,
  news: Readonly<Record<string, unknown>>,
  names: readonly string[],
): readonly string[] => names.filter((name) => !sameJson(olds[name], news[name]));
