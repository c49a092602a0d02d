import type { PlainRecord } from "./contract";

/** True of an object that is no list. */
export const isRecord = (value: unknown): value is PlainRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value);
