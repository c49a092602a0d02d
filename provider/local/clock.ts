/** A source of the present time in milliseconds since 1970. */
export type Now = () => number;

/**
 * The clock that moves key states, import tokens, material expiry and deletion windows.
 * It runs with `base` and can only be pushed forward: a clock that goes back would revive what was deleted.
 */
export class LocalClock {
  constructor(
    private readonly base: Now,
    private offset = 0,
  ) {}

  now(): number {
    return this.base() + this.offset;
  }

  /** Milliseconds by which this clock runs ahead of its base. */
  get aheadBy(): number {
    return this.offset;
  }

  advance(milliseconds: number): void {
    if (!Number.isFinite(milliseconds) || milliseconds < 0) {
      throw new RangeError(`the clock can be advanced by zero or more milliseconds, not by ${String(milliseconds)}`);
    }
    this.offset += milliseconds;
  }
}
