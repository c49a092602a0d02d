import { UNKNOWN } from "../model/unknown";
import type { PlainRecord } from "../lifecycle/contract";

/** What the engine sends in place of a value that a preview does not know yet (`pulumi.runtime.unknownValue`). */
export const ENGINE_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A value as protobuf's Struct can carry it. */
export type WireValue = null | boolean | number | string | WireValue[] | { [key: string]: WireValue };

/** A record for the engine; mutable, because the server writes `__provider` into it. */
export type WireRecord = Record<string, WireValue>;

/** What came out of {@link toWire}: everything that can cross, and in words what cannot. */
export interface WireResult {
  readonly record: WireRecord;
  readonly problems: readonly string[];
}

/** A copy of what the engine sent, with {@link UNKNOWN} where it does not know a value. */
export function fromWire(record: PlainRecord): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, known(value)]));
}

function known(value: unknown): unknown {
  if (value === ENGINE_UNKNOWN) return UNKNOWN;
  if (Array.isArray(value)) return value.map(known);
  if (typeof value === "object" && value !== null) return fromWire({ ...value });
  return value;
}

/**
 * A copy that the server can serialise. Undefined is dropped, in arrays too. What Struct cannot carry is left out and named by
 * its path: the server would refuse it with "Unexpected struct type" only after the work is done, or turn a Date into `{}`.
 *
 * @param unknowns - whether {@link UNKNOWN} may occur: in checked inputs only.
 */
export function toWire(record: PlainRecord, unknowns: "allowed" | "refused"): WireResult {
  const problems: string[] = [];
  const open = new Set<object>();

  const convert = (value: unknown, path: string): WireValue | undefined => {
    if (value === undefined) return undefined;
    if (value === null || typeof value === "boolean" || typeof value === "string") return value;
    if (value === UNKNOWN && unknowns === "allowed") return ENGINE_UNKNOWN;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (typeof value === "object" && !open.has(value)) {
      if (Array.isArray(value) || isPlain(value)) {
        open.add(value);
        const converted = Array.isArray(value) ? convertList(value, path) : convertRecord(value, path);
        open.delete(value);
        return converted;
      }
    }
    problems.push(`${path} is ${describe(value, open)}`);
    return undefined;
  };
  const convertList = (list: readonly unknown[], path: string): WireValue[] =>
    list.map((item, index) => convert(item, `${path}[${index}]`)).filter((item) => item !== undefined);
  const convertRecord = (fields: object, path: string): WireRecord => {
    const converted: WireRecord = {};
    for (const [key, value] of Object.entries(fields)) {
      const field = convert(value, path === "" ? key : `${path}.${key}`);
      if (field !== undefined) Object.defineProperty(converted, key, { value: field, ...ordinary });
    }
    return converted;
  };

  return { record: convertRecord(record, ""), problems };
}

/** So that a field called `__proto__` stays a field. */
const ordinary = { enumerable: true, configurable: true, writable: true };

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function describe(value: unknown, open: ReadonlySet<object>): string {
  if (value === UNKNOWN) return "unknown";
  if (typeof value === "number") return "not a finite number";
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  return open.has(value) ? "part of itself" : `a ${value.constructor.name}`;
}
