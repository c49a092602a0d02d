/**
 * Stands for a value that the engine does not know yet in a preview. The host turns the engine's marker into it before a
 * lifecycle sees inputs, and back again.
 */
export const UNKNOWN: unique symbol = Symbol.for("pulumi-byok.unknown");

/** True where a value is or contains something unknown. */
export function hasUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  if (typeof value === "object" && value !== null) return Object.values(value).some(hasUnknown);
  return false;
}
