import type { FailureKind } from "./failure-kind";

interface Patience {
  /** Milliseconds of waiting and failed requests that a call may cost; waiting for its turn under a quota does not count. */
  readonly budget: number;
  readonly attempts: number;
  /** Upper end of the first wait; it doubles up to `longest`. */
  readonly first: number;
  readonly longest: number;
}

/** How patiently each kind of failure is met. What is not listed is not repeated. */
const patience: Readonly<Partial<Record<FailureKind, Patience>>> = {
  throttled: { budget: 300_000, attempts: 40, first: 500, longest: 20_000 },
  unclear: { budget: 90_000, attempts: 10, first: 100, longest: 8_000 },
  // A name that does not exist or a port where nobody listens is most often a mistake, and should be told soon.
  unsent: { budget: 30_000, attempts: 4, first: 200, longest: 2_000 },
  skewed: { budget: 10_000, attempts: 3, first: 50, longest: 100 },
};

/** Where a call stands. */
export interface Tries {
  /** Attempts made, the failed one included. */
  readonly made: number;
  /** Milliseconds spent on waits and failed requests. */
  readonly spent: number;
}

/**
 * Milliseconds until the next attempt, or undefined where there shall be none. Full jitter: any wait from nothing up to the
 * doubling limit is equally likely, so that callers who failed together do not come back together.
 */
export function nextWait(kind: FailureKind, tries: Tries, fraction: () => number): number | undefined {
  const rule = patience[kind];
  if (rule === undefined || tries.made >= rule.attempts || tries.spent >= rule.budget) return undefined;
  return fraction() * Math.min(rule.longest, rule.first * 2 ** (tries.made - 1));
}
