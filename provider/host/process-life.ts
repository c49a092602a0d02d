import { setMaxListeners } from "node:events";
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

const ENGINE_GONE = "the Pulumi engine went away";

const stopped = (reason: string): ByokError =>
  new ByokError("BYOK_ENGINE_LOST", `Stopped before the next step, because ${reason}.`, {
    hint: "Run pulumi up again: it goes on from here.",
    retryable: true,
  });

/**
 * Decides when this process stops: after a signal, or when the engine is lost. Then no further step begins, the step in flight is
 * finished, the children are ended and the process exits.
 */
export class ProcessLife {
  private inFlight = 0;
  private readonly interruption = new AbortController();
  private exitCode = 0;
  private ending = false;
  private children: Promise<void> | undefined;

  constructor(private readonly surroundings: Surroundings) {
    // Dozens of keys wait at once; Node would warn on stderr of what it takes for a leak.
    setMaxListeners(0, this.signal);
    surroundings.engine.onLost(() => {
      this.stop(ENGINE_GONE, 1, LOST_LIMIT);
      // Nobody takes an answer any more. A custodian ends after its own step in flight, which is sooner than a whole operation.
      void this.endChildren();
    });
  }

  /** Listens to the signals with which a CLI or a service manager ends its children. */
  obeySignals(): void {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => this.stop("the Pulumi engine is ending", 0, SIGNAL_LIMIT));
    }
  }

  /**
   * Ends waiting and requests once the process stops: what waits for its turn must not begin any more, and the answer to what is
   * on its way would be in no state either. Its reason is the error to raise.
   */
  get signal(): AbortSignal {
    return this.interruption.signal;
  }

  /** Raises BYOK_ENGINE_LOST where a further change would be in no state. */
  mayProceed(): void {
    this.signal.throwIfAborted();
    if (!this.surroundings.engine.reachable) throw stopped(ENGINE_GONE);
  }

  /** Waits, but no longer than there is somebody to wait for. */
  async sleep(milliseconds: number): Promise<void> {
    try {
      await timer(milliseconds, undefined, { signal: this.signal });
    } catch (error) {
      this.signal.throwIfAborted();
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
      if (this.signal.aborted && this.inFlight === 0) setTimeout(() => void this.end(), ANSWER_TIME);
    }
  }

  private stop(reason: string, exitCode: number, limit: number): void {
    if (this.signal.aborted) return;
    this.exitCode = exitCode;
    this.interruption.abort(stopped(reason));
    if (this.inFlight === 0) void this.end();
    else setTimeout(() => void this.end(), limit).unref();
  }

  private async end(): Promise<void> {
    if (this.ending) return;
    this.ending = true;
    const limit = new Promise<void>((resolve) => setTimeout(resolve, END_LIMIT).unref());
    await Promise.race([Promise.allSettled([this.endChildren(), this.surroundings.engine.flush()]), limit]);
    this.surroundings.exit(this.exitCode);
  }

  private endChildren(): Promise<void> {
    this.children ??= this.surroundings.endChildren();
    return this.children;
  }
}
