/** One page of a listing; `next` is absent on the last one. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string | undefined;
}

/** Reads one page of a listing: the first, or the one behind a marker. */
export type ReadPage<T> = (marker: string | undefined) => Promise<Page<T>>;

/** The pages of a listing, one after the other. A service that hands out the same marker twice would never end, and is stopped. */
export async function* eachPage<T>(read: ReadPage<T>): AsyncGenerator<readonly T[], void, undefined> {
  const seen = new Set<string>();
  for (let marker: string | undefined; ;) {
    const page = await read(marker);
    yield page.items;
    if (page.next === undefined || page.next === "" || seen.has(page.next)) return;
    seen.add(page.next);
    marker = page.next;
  }
}

/** Follows a listing to its end. */
export async function allPages<T>(read: ReadPage<T>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const page of eachPage(read)) items.push(...page);
  return items;
}
