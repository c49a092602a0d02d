/**
 * Does something with each item, up to so many at the same time, and hands the results out in the order of the items. Nothing is
 * collected: whoever takes results slowly slows the work down.
 *
 * @throws the first failure in that order; what is under way then is left to itself.
 */
export async function* inOrder<T, R>(
  items: AsyncIterable<readonly T[]>,
  atOnce: number,
  act: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const underway: Promise<R>[] = [];
  for await (const page of items) {
    for (const item of page) {
      const result = act(item);
      // Its failure is reported when its turn comes, or not at all after an earlier one.
      result.catch(() => undefined);
      underway.push(result);
      const [first] = underway;
      if (underway.length < atOnce || first === undefined) continue;
      yield await first;
      void underway.shift();
    }
  }
  for (const result of underway) yield await result;
}
