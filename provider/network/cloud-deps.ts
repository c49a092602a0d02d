import { randomBytes } from "node:crypto";
import { setTimeout as timer } from "node:timers/promises";

/** What the port of a cloud needs from its surroundings; everything but the configuration values has a default. */
export interface CloudDeps {
  /** Values of the `config:` references of the connection, by `NAMESPACE:KEY`. */
  readonly configValues: Readonly<Record<string, string>>;
  /** For dates that are computed here. Waiting and spacing never use it: they follow a monotonic clock. */
  readonly clock?: (() => Date) | undefined;
  readonly random?: ((bytes: number) => Buffer) | undefined;
  readonly sleep?: Sleep | undefined;
  /** Environment for references, proxies and warnings. A cloud's own credential chain always reads the process's. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Lines for the user, such as a setting that was ignored. */
  readonly onNotice?: ((text: string) => void) | undefined;
  /** Hears every credential that is found, so that whoever writes messages can keep it out of them. */
  readonly onSecret?: ((secret: string) => void) | undefined;
  /** Ends waiting and requests. */
  readonly signal?: AbortSignal | undefined;
  /**
   * SHA-256 (hex) of the certificates that the trust rules were asked about. Where they are given, a CA file that holds
   * others by now is refused, so that nobody can exchange it between the decision and the connection.
   */
  readonly caSha256?: readonly string[] | undefined;
}

/** Waits; rejects with the signal's reason once it is aborted. */
export type Sleep = (milliseconds: number, signal?: AbortSignal) => Promise<void>;

/** {@link CloudDeps} with the defaults filled in. */
export interface Surroundings {
  readonly configValues: Readonly<Record<string, string>>;
  readonly clock: () => Date;
  /** 0 ≤ x < 1. */
  readonly fraction: () => number;
  readonly sleep: Sleep;
  readonly env: NodeJS.ProcessEnv;
  readonly notice: (text: string) => void;
  readonly onSecret: (secret: string) => void;
  readonly signal: AbortSignal | undefined;
  readonly caSha256: readonly string[] | undefined;
}

/** Fills in the defaults. */
export function surroundingsOf(deps: CloudDeps): Surroundings {
  const random = deps.random ?? randomBytes;
  return {
    configValues: deps.configValues,
    clock: deps.clock ?? (() => new Date()),
    fraction: () => random(4).readUInt32BE() / 2 ** 32,
    sleep: deps.sleep ?? realSleep,
    env: deps.env ?? process.env,
    notice: deps.onNotice ?? (() => undefined),
    onSecret: deps.onSecret ?? (() => undefined),
    signal: deps.signal,
    caSha256: deps.caSha256,
  };
}

/** The clock's own pace. */
export const realSleep: Sleep = async (milliseconds, signal) => {
  await timer(milliseconds, undefined, signal === undefined ? {} : { signal });
};
