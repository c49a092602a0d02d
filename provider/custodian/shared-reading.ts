/**
 * Lets readers that come at the same time share one reading. A reading is only shared with those who asked before it began, so
 * that everybody sees at least what stood there when they asked; with many readers there is one reading under way and one to come.
 */
export function sharedReading<T>(read: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> | undefined;
  let next: Promise<T> | undefined;

  const begin = (): Promise<T> => {
    next = undefined;
    const reading = read();
    const settled = reading.then(
      () => undefined,
      () => undefined,
    );
    running = settled;
    void settled.then(() => {
      if (running === settled) running = undefined;
    });
    return reading;
  };

  return () => {
    if (running === undefined) return begin();
    next ??= running.then(begin);
    return next;
  };
}
