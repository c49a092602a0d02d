import type { Sleep } from "../../provider/network/cloud-deps";

interface Waiter {
  readonly at: number;
  readonly wake: () => void;
}

/** A clock that jumps to the next waiter once nothing else is going on, so that hours pass in a test without time passing. */
export class FakeTime {
  private time = 0;
  private waiters: Waiter[] = [];
  /** Every wait that was asked for. */
  readonly sleeps: number[] = [];

  readonly now = (): number => this.time;

  readonly sleep: Sleep = (milliseconds, signal) => {
    this.sleeps.push(milliseconds);
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(new Error("aborted"));
        return;
      }
      signal?.addEventListener("abort", () => {
        reject(new Error("aborted"));
      });
      this.waiters.push({ at: this.time + milliseconds, wake: resolve });
    });
  };

  /** Time passes while something else is done. */
  pass(milliseconds: number): void {
    this.time += milliseconds;
  }

  /** Runs until the promise is settled, moving the clock whenever everybody waits. */
  async run<T>(promise: Promise<T>): Promise<T> {
    const state = { settled: false };
    const done = (): void => {
      state.settled = true;
    };
    promise.then(done, done);
    for (let rounds = 0; rounds < 1_000_000; rounds += 1) {
      await new Promise(setImmediate);
      if (state.settled) return promise;
      this.waiters.sort((one, other) => one.at - other.at);
      const next = this.waiters.shift();
      if (next === undefined) continue;
      this.time = Math.max(this.time, next.at);
      next.wake();
    }
    throw new Error("it never ends");
  }
}
