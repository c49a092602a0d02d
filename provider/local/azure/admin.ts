import type { Duration } from "../admin";
import type { AzureFault } from "../http/faults";

/** What is kept of a request: never its body, its headers or the answer. */
export interface AzureRequestLogEntry {
  /** When it was received, on the cloud's clock (ISO 8601). */
  readonly time: string;
  readonly service: "keyvault" | "entra" | "arm";
  /** As the REST reference names it: `ImportKey`, `DeleteKey`, `Token`, `ListVaults`. */
  readonly operation: string;
  readonly vault: string | null;
  /** Name of the key that the request's path names. */
  readonly key: string | null;
  /** Client id of the caller. */
  readonly client: string | null;
  /** HTTP status; null when the connection was dropped, or is kept hanging, without an answer. */
  readonly status: number | null;
  /** Code of the error, if it failed. */
  readonly error: string | null;
}

/** An import whose PKCS#8 structure was followed by zero bytes. */
export interface AzurePaddedImport {
  readonly vault: string;
  /** `https://HOST/keys/NAME/VERSION`. */
  readonly keyId: string;
  readonly trailingZeroBytes: number;
}

/** What a test may do to the cloud behind the back of its clients; the same in the process and over the control API. */
export interface LocalAzureAdmin {
  /** The cloud's time. */
  now(): Promise<Date>;
  /** Moves the clock forward; what is due happens at once. Returns the new time. */
  advanceClock(duration: Duration): Promise<Date>;
  /** @returns the id of the fault */
  injectFault(fault: AzureFault): Promise<string>;
  clearFaults(): Promise<void>;
  /** The newest requests in order of their answers; never bodies. */
  requestLog(): Promise<readonly AzureRequestLogEntry[]>;
  /** How many requests there were of each operation since the start or the last clearing. */
  counters(): Promise<Readonly<Record<string, number>>>;
  /** Forgets log and counters. */
  clearLog(): Promise<void>;
  /** Raw bytes, or PKCS#8 DER, of a version (its id), also of a deleted key. Refused unless the cloud was started with `exposeMaterial`. */
  materialOf(keyId: string): Promise<Buffer>;
  /** Imports that carried padding after the PKCS#8 structure, of keys that still exist. */
  paddedImports(): Promise<readonly AzurePaddedImport[]>;
}
