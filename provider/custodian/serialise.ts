/** Runs acts of one key one after the other, and acts of different keys side by side. */
export type Serialise = <T>(key: string, act: () => Promise<T>) => Promise<T>;

/** A fresh {@link Serialise}; it forgets a key once nothing waits for it. */
export function serialiser(): Serialise {
  const tails = new Map<string, Promise<unknown>>();
  return async (key, act) => {
    const before = tails.get(key) ?? Promise.resolve();
    // A failed act must not fail the ones behind it.
    const mine = before.then(act, act);
    tails.set(key, mine);
    try {
      return await mine;
    } finally {
      if (tails.get(key) === mine) tails.delete(key);
    }
  };
}
