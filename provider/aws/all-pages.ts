/** One page of a listing; `next` is absent on the last one. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string | undefined;
}

/** Follows a listing to its end. A service that hands out the same marker twice would never end, and is stopped. */
export async function allPages<T>(read: (marker: string | undefined) => Promise<Page<T>>): Promise<readonly T[]> {
  const items: T[] = [];
  const seen = new Set<string>();
  for (let marker: string | undefined; ;) {
    const page = await read(marker);
    items.push(...page.items);
    if (page.next === undefined || page.next === "" || seen.has(page.next)) return items;
    seen.add(page.next);
    marker = page.next;
  }
}
