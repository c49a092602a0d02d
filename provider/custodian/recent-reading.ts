/** For how long a reading serves others, in milliseconds; what other processes write shows after it at the latest. */
const recentForMs = 5_000;

/** A reading that several readers share. */
export interface RecentReading<T> {
  readonly read: () => Promise<T>;
  /** What was read may be wrong from now on: whoever asks later reads anew. Called after a write has ended. */
  readonly outdate: () => void;
}

/**
 * Lets readers share one reading for a few seconds, until this process writes itself. Pulumi checks the resources of a program one
 * after the other, so that without it a hundred keys would list the token a hundred times in a row before anything is done.
 *
 * Other processes write into the same token, so it may only serve where being a moment late is harmless: for hints that come early.
 *
 * @param now milliseconds on a clock that never jumps
 */
export function recentReading<T>(
  read: () => Promise<T>,
  now: () => number = () => performance.now(),
): RecentReading<T> {
  let kept: { readonly value: Promise<T>; readonly begun: number } | undefined;
  const outdate = (): void => {
    kept = undefined;
  };
  return {
    read: () => {
      if (kept !== undefined && now() - kept.begun < recentForMs) return kept.value;
      const reading = { value: read(), begun: now() };
      kept = reading;
      // A failure may heal, so it serves those who wait for it already, and nobody else.
      reading.value.catch(() => {
        if (kept === reading) outdate();
      });
      return reading.value;
    },
    outdate,
  };
}
