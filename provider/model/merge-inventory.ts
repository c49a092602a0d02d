import type { KeyManager } from "./inventory";

/** What a list keeps of a key of any cloud. */
export interface ListedRecord {
  readonly managedBy: string;
  /** ISO 8601; the first listing in which the key was not there any more. */
  readonly goneSince?: string | undefined;
}

/** A listing of one moment, before it is merged with an earlier one. */
export interface Listing<Listed extends ListedRecord> {
  /** What is to be recorded. */
  readonly records: readonly Listed[];
  /** Identities of all keys that are there, recorded or not. */
  readonly present: ReadonlySet<string>;
  /** ISO 8601. */
  readonly at: string;
}

/**
 * The earlier list, brought up to date: each key keeps its place, new ones are appended, and one that is not there any more is kept as
 * it was last seen, with the moment of the first listing without it.
 *
 * @param identify - what a key is known by from one listing to the next
 */
export function mergeInventory<Listed extends ListedRecord>(
  earlier: readonly Listed[],
  listing: Listing<Listed>,
  identify: (record: Listed) => string,
): readonly Listed[] {
  const records = new Map(listing.records.map((record) => [identify(record), record]));
  const kept = earlier.flatMap((record): readonly Listed[] => {
    const identity = identify(record);
    const now = records.get(identity);
    records.delete(identity);
    if (now !== undefined) return [now];
    // Still there, and not asked for any more.
    if (listing.present.has(identity)) return [];
    return [{ ...record, goneSince: record.goneSince ?? listing.at }];
  });
  return [...kept, ...records.values()];
}

/** How many keys there are, by who manages them; gone ones count as `gone` alone. */
export interface InventoryCounts<Manager extends string = KeyManager> {
  readonly total: number;
  readonly gone: number;
  readonly managedBy: Readonly<Partial<Record<Manager, number>>>;
}

/** Counts records as they come, so that nobody has to keep them. */
export class InventoryCounter {
  private total = 0;
  private gone = 0;
  private readonly managedBy = new Map<string, number>();

  add(record: ListedRecord): void {
    if (record.goneSince !== undefined) {
      this.gone += 1;
      return;
    }
    this.total += 1;
    this.managedBy.set(record.managedBy, (this.managedBy.get(record.managedBy) ?? 0) + 1);
  }

  get counts(): InventoryCounts<string> {
    return { total: this.total, gone: this.gone, managedBy: Object.fromEntries(this.managedBy) };
  }
}

/** The counts of a list. */
export function countInventory(records: readonly ListedRecord[]): InventoryCounts<string> {
  const counter = new InventoryCounter();
  for (const record of records) counter.add(record);
  return counter.counts;
}
