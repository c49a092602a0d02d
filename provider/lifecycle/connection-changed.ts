import type { PlainRecord } from "./contract";
import { changedProperties } from "./same-json";

const parts = ["endpoint", "credentials", "roleCredentials", "tls", "quotas"] as const;

/**
 * True where a carried group is reached in another way than before. Delete and refresh use the way that stands in the outputs, which only an
 * update rewrites.
 */
export const connectionChanged = (old: unknown, wanted: unknown): boolean =>
  changedProperties(recordIn(old), recordIn(wanted), parts).length > 0;

const recordIn = (value: unknown): PlainRecord => (typeof value === "object" && value !== null ? { ...value } : {});
