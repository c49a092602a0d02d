import { z } from "zod";
import { frozen } from "../frozen";

/**
 * A schema that judges the same object once: hundreds of keys of a run carry one and the same record of their group, and of their source.
 * What it is given must not be changed afterwards.
 */
export function sharedRecord<T extends object>(schema: z.ZodType<T>): z.ZodType<T> {
  const judged = new WeakMap<object, T>();
  return z.unknown().transform((value, context): T => {
    const isObject = typeof value === "object" && value !== null;
    const known = isObject ? judged.get(value) : undefined;
    if (known !== undefined) return known;
    const parsed = schema.safeParse(value);
    if (!parsed.success) {
      for (const issue of parsed.error.issues) context.issues.push({ ...issue, input: undefined });
      return z.NEVER;
    }
    if (isObject) judged.set(value, frozen(parsed.data));
    return parsed.data;
  });
}
