import { setTimeout as timer } from "node:timers/promises";
import { ByokError } from "../model/errors";
import type { EngineLink } from "./engine-link";

/** What {@link ProcessLife} needs of its surroundings. */
export interface Surroundings {
  readonly engine: EngineLink;
  /** Ends what this process started; it may take as long as a step in flight. */
  readonly endChildren: () => Promise<void>;
  readonly exit: (code: number) => void;
}

/** The CLI kills its children five seconds after it interrupted them. */
const SIGNAL_LIMIT = 4_000;
/** A token may need minutes for one RSA key. */
const LOST_LIMIT = 300_000;
const END_LIMIT = 3_000;
/** The answer of the last operation still has to leave: the engine keeps what it tells. */
const ANSWER_TIME = 100;

/**
 * Decides when this process stops: after a signal, or when the engine is lost. Then no further step begins, the step in flight is
 * finished, the children are ended and the process exits.
 */
export class ProcessLife {
  private inFlight = 0;
  private stopping: string | undefined;
  private readonly interruption = new AbortController();
  private exitCode = 0;
  private ending = false;

  constructor(private readonly surroundings: Surroundings) {
    surroundings.engine.onLost(() => this.stop("the Pulumi engine went away", 1, LOST_LIMIT));
  }

  /** Listens to the signals with which a CLI or a service manager ends its children. */
  obeySignals(): void {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => this.stop("the Pulumi engine is ending", 0, SIGNAL_LIMIT));
    }
  }

  /** Raises BYOK_ENGINE_LOST where a further change would be in no state. */
  mayProceed(): void {
    const reason = this.stopping ?? (this.surroundings.engine.reachable ? undefined : "the Pulumi engine went away");
    if (reason === undefined) return;
    throw new ByokError("BYOK_ENGINE_LOST", `Stopped before the next step, because ${reason}.`, {
      hint: "Run pulumi up again: it goes on from here.",
      retryable: true,
    });
  }

  /** Waits, but no longer than there is somebody to wait for: a step that is only due after the wait must not begin any more. */
  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    const signals = [this.interruption.signal, ...(signal === undefined ? [] : [signal])];
    try {
      await timer(milliseconds, undefined, { signal: AbortSignal.any(signals) });
    } catch (error) {
      signal?.throwIfAborted();
      this.mayProceed();
      throw error;
    }
  }

  /** Runs an operation that the process waits for when it is asked to stop. */
  async run<T>(operation: () => Promise<T>): Promise<T> {
    this.inFlight += 1;
    try {
      return await operation();
    } finally {
      this.inFlight -= 1;
      if (this.stopping !== undefined && this.inFlight === 0) setTimeout(() => void this.end(), ANSWER_TIME);
    }
  }

  private stop(reason: string, exitCode: number, limit: number): void {
    if (this.stopping !== undefined) return;
    this.stopping = reason;
    this.exitCode = exitCode;
    this.interruption.abort();
    if (this.inFlight === 0) void this.end();
    else setTimeout(() => void this.end(), limit).unref();
  }

  private async end(): Promise<void> {
    if (this.ending) return;
    this.ending = true;
    const limit = new Promise<void>((resolve) => setTimeout(resolve, END_LIMIT).unref());
    await Promise.race([
      Promise.allSettled([this.surroundings.endChildren(), this.surroundings.engine.flush()]),
      limit,
    ]);
    this.surroundings.exit(this.exitCode);
  }
}
