import { ByokError } from "../model/errors";
import { realSleep, type Sleep } from "./aws-deps";

/** What a pacer measures and waits with; a test brings its own. */
export interface PacerTime {
  /** Milliseconds on a clock that never jumps. */
  readonly now: () => number;
  readonly sleep: Sleep;
}

interface Lane {
  /** Ends when the caller before has started (or given up). */
  previous: Promise<void>;
  /** When the next call is due, if calls were spaced evenly. */
  due: number;
}

/**
 * Share by which calls are spaced wider than the quota allows. AWS counts where requests arrive, not where they leave, and the
 * way there is not always equally long.
 */
const MARGIN = 0.03;

/**
 * Callers of a generous API need not be spaced by fractions of a millisecond, which timers cannot do: within this time calls
 * may go together. Spread over one second it takes back exactly what the margin gives away, so that no second sees more calls
 * than the quota. APIs whose spacing is wider than this never get a burst.
 */
const BURST_MS = 1000 * MARGIN;

/**
 * Keeps calls under AWS's quotas: one lane for each account, Region and API, first come first served. The first call goes at
 * once, the following ones evenly spaced after the start of the one before, so that even a stalled process does not catch up
 * in a burst. Waiting here is no failure and has no time limit but the caller's signal.
 */
export class Pacer {
  private readonly lanes = new Map<string, Lane>();

  constructor(private readonly time: PacerTime = { now: () => performance.now(), sleep: realSleep }) {}

  /**
   * Returns when the call may be made. Rejects once the signal is aborted or the caller's own sleep ends early, and then uses up
   * no turn.
   */
  async turn(lane: string, perSecond: number, caller: { signal?: AbortSignal; sleep?: Sleep } = {}): Promise<void> {
    const { signal, sleep = this.time.sleep } = caller;
    if (!(perSecond > 0)) {
      throw new ByokError("BYOK_INPUT_INVALID", "A quota must be greater than 0.", { property: "quotas" });
    }
    signal?.throwIfAborted();
    const entry = this.laneOf(lane);
    const before = entry.previous;
    let started: () => void = () => undefined;
    entry.previous = new Promise((resolve) => (started = resolve));
    try {
      await unlessAborted(before, signal);
      await this.wait(entry, perSecond, (milliseconds) => sleep(milliseconds, signal));
    } catch (error) {
      // The next in the queue still waits for whoever was before this one.
      void before.then(started);
      throw error;
    }
    started();
  }

  /** Lets a lane rest, because the service said that it was called too often. */
  holdBack(lane: string, milliseconds: number): void {
    const entry = this.laneOf(lane);
    entry.due = Math.max(entry.due, this.time.now() + milliseconds);
  }

  private async wait(lane: Lane, perSecond: number, sleep: (milliseconds: number) => Promise<void>): Promise<void> {
    const spacing = (1000 / perSecond) * (1 + MARGIN);
    const burst = spacing < BURST_MS ? BURST_MS : 0;
    for (;;) {
      const rest = lane.due - burst - this.time.now();
      if (rest <= 0) break;
      await sleep(Math.ceil(rest));
    }
    lane.due = Math.max(lane.due, this.time.now()) + spacing;
  }

  private laneOf(name: string): Lane {
    const found = this.lanes.get(name);
    if (found !== undefined) return found;
    const made: Lane = { previous: Promise.resolve(), due: Number.NEGATIVE_INFINITY };
    this.lanes.set(name, made);
    return made;
  }
}

async function unlessAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return promise;
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => {
      reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    };
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
