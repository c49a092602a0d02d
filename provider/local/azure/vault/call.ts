import type { LocalClock } from "../../clock";
import type { Caller } from "../entra/directory";
import type { KeyStore } from "../key-store";
import type { LocalVault } from "../options";

export interface VaultSettings {
  readonly strictDer: boolean;
  readonly eventualConsistencyMs: number;
  /** Days until a key exchange key expires by itself. */
  readonly exchangeKeyDays: number | undefined;
}

/** Everything that the vaults of a cloud share. */
export interface Vaults {
  readonly store: KeyStore;
  readonly clock: LocalClock;
  readonly sealingKey: Buffer;
  readonly settings: VaultSettings;
}

/** One authorised request to a vault. */
export interface VaultCall {
  readonly vaults: Vaults;
  readonly vault: LocalVault;
  readonly caller: Caller;
  readonly apiVersion: string;
  /** Name of the key in the path; empty where the path names none. */
  readonly name: string;
  readonly version: string | undefined;
  readonly query: URLSearchParams;
  /** The parsed JSON body; undefined where there is none. */
  readonly body: unknown;
  /** Milliseconds since 1970, on the cloud's clock. */
  readonly now: number;
}

/** Answers JSON; undefined is 204 No Content. */
export type VaultOperation = (call: VaultCall) => object | undefined | Promise<object | undefined>;

export const secondsOf = (milliseconds: number): number => Math.floor(milliseconds / 1000);
