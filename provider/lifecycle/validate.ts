import type { z } from "zod";
import { hasUnknown, UNKNOWN } from "../model/unknown";
import type { CheckFailure, PlainRecord } from "./contract";

/** What became of raw inputs: parsed, not yet known in full, or wrong. */
export type Validated<T> =
  | { readonly kind: "parsed"; readonly value: T }
  | { readonly kind: "unknown" }
  | { readonly kind: "wrong"; readonly failures: readonly CheckFailure[] };

/**
 * Parses inputs with a schema. A complaint about something that the engine does not know yet is no complaint, so that a
 * preview judges just what it can; a failure names the property as a person would write it.
 */
export function validate<T>(schema: z.ZodType<T>, news: PlainRecord): Validated<T> {
  const parsed = schema.safeParse(news);
  if (parsed.success) return { kind: "parsed", value: parsed.data };
  const failures = parsed.error.issues
    .flatMap((issue) => flatten(issue, []))
    .filter((issue) => !hasUnknown(valueAt(news, issue.path)))
    .map((issue) => ({ property: formatPath(issue.path), reason: sentenceOf(issue, news) }));
  if (failures.length > 0) return { kind: "wrong", failures };
  return { kind: "unknown" };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code?: string | undefined;
  readonly keys?: readonly string[];
}

/** A union complains as a whole; the branch that came closest tells more. */
function flatten(issue: z.core.$ZodIssue, base: readonly PropertyKey[]): readonly Issue[] {
  const path = [...base, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const depth = (issues: readonly z.core.$ZodIssue[]): number =>
      Math.max(0, ...issues.map((each) => each.path.length));
    const closest = [...issue.errors].sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0] ?? [];
    if (depth(closest) > 0) return closest.flatMap((each) => flatten(each, path));
  }
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ path: [...path, key], message: "", code: issue.code }));
  return [{ path, message: issue.message, code: issue.code }];
}

function sentenceOf(issue: Issue, news: PlainRecord): string {
  if (issue.code === "unrecognized_keys") return "there is no such property. Correct its name, or remove it.";
  if (issue.code === "invalid_type" && valueAt(news, issue.path) === undefined) return "is required.";
  return issue.message;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of path) {
    if (value === UNKNOWN) return UNKNOWN;
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** `aliases[1]`, `tls.caFile`. */
export const formatPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`),
    "",
  );
