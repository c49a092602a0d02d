import { ByokError } from "../model/errors";
import { realSleep, type Sleep } from "../network/cloud-deps";

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
  /** When the latest call began. */
  began: number;
  /** The shortest time that an answer took. */
  quickest: number;
}

/**
 * Share by which calls are spaced wider than the quota allows. AWS counts where requests arrive, not where they leave, and the
 * way there is not always equally long.
 */
const MARGIN = 0.03;

/**
 * The margin is never wider than this. AWS keeps token buckets; one of a slow API holds a single call, so each request must arrive a
 * whole interval after the one before, and what comes later than that is not credited but lost. By how much the ways of two
 * requests differ depends on the network, which is far quicker than this within an open connection, and not on the quota. A request
 * that is delayed by more than this shows by its late answer; see {@link Pacer.turn}.
 */
const WIDEST_MARGIN_MS = 50;

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
   *
   * What it returns is to be called when an answer came. One that took longer than the quickest so far may have been delayed on the
   * way there (a busy machine, a new TLS connection): the request counts from its late arrival, so the next one waits that much
   * longer, unless it has begun already.
   */
  async turn(
    lane: string,
    perSecond: number,
    caller: { signal?: AbortSignal; sleep?: Sleep } = {},
  ): Promise<() => void> {
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
    const { began } = entry;
    return () => this.answered(entry, began, 1000 / perSecond);
  }

  /** Lets a lane rest, because the service said that it was called too often. */
  holdBack(lane: string, milliseconds: number): void {
    const entry = this.laneOf(lane);
    entry.due = Math.max(entry.due, this.time.now() + milliseconds);
  }

  private async wait(lane: Lane, perSecond: number, sleep: (milliseconds: number) => Promise<void>): Promise<void> {
    const interval = 1000 / perSecond;
    const spacing = interval + Math.min(interval * MARGIN, WIDEST_MARGIN_MS);
    const burst = spacing < BURST_MS ? BURST_MS : 0;
    for (;;) {
      const rest = lane.due - burst - this.time.now();
      if (rest <= 0) break;
      await sleep(Math.ceil(rest));
    }
    lane.began = this.time.now();
    lane.due = Math.max(lane.due, lane.began) + spacing;
  }

  private answered(lane: Lane, began: number, interval: number): void {
    const took = this.time.now() - began;
    lane.quickest = Math.min(lane.quickest, took);
    if (lane.began === began) lane.due = Math.max(lane.due, began + interval + took - lane.quickest);
  }

  private laneOf(name: string): Lane {
    const found = this.lanes.get(name);
    if (found !== undefined) return found;
    const made: Lane = {
      previous: Promise.resolve(),
      due: Number.NEGATIVE_INFINITY,
      began: Number.NEGATIVE_INFINITY,
      quickest: Number.POSITIVE_INFINITY,
    };
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
