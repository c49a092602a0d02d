import { z } from "zod";
import type { Fault } from "./http/faults";
import type { RequestLogEntry } from "./http/request-log";

export const durationSchema = z.strictObject({
  days: z.number().min(0).optional(),
  hours: z.number().min(0).optional(),
  minutes: z.number().min(0).optional(),
  seconds: z.number().min(0).optional(),
  milliseconds: z.number().min(0).optional(),
});

export type Duration = z.infer<typeof durationSchema>;

export function toMilliseconds({ days = 0, hours = 0, minutes = 0, seconds = 0, milliseconds = 0 }: Duration): number {
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + milliseconds;
}

/** Which key in which account and Region; account and Region may be left out where the id alone is unique. */
export const keyAddressSchema = z.strictObject({
  keyId: z.string(),
  account: z.string().optional(),
  region: z.string().optional(),
  /** The current material when unset. */
  keyMaterialId: z.string().optional(),
});

export type KeyAddress = z.infer<typeof keyAddressSchema>;

/** An import whose PKCS#8 structure was followed by zero bytes. */
export interface PaddedImport {
  readonly account: string;
  readonly region: string;
  readonly keyId: string;
  readonly keyMaterialId: string;
  readonly trailingZeroBytes: number;
}

/** What a test may do to the cloud behind the back of its clients; the same in the process and over the control API. */
export interface LocalAdmin {
  /** The cloud's time. */
  now(): Promise<Date>;
  /** Moves the clock forward; what is due happens at once. Returns the new time. */
  advanceClock(duration: Duration): Promise<Date>;
  /** @returns the id of the fault */
  injectFault(fault: Fault): Promise<string>;
  clearFaults(): Promise<void>;
  /** The newest requests in order of their answers; never bodies. */
  requestLog(): Promise<readonly RequestLogEntry[]>;
  /** How many requests there were of each operation since the start or the last clearing. */
  counters(): Promise<Readonly<Record<string, number>>>;
  /** Forgets log and counters. */
  clearLog(): Promise<void>;
  /** Raw key, or PKCS#8 DER. Refused unless the cloud was started with `exposeMaterial`. */
  materialOf(address: KeyAddress | string): Promise<Buffer>;
  /** Imports that carried padding after the PKCS#8 structure, of keys that still exist. */
  paddedImports(): Promise<readonly PaddedImport[]>;
}
