import type { InventoryRecord, KeyManager } from "./inventory";

/** A listing of one moment, before it is merged with an earlier one. */
export interface Listing {
  /** What is to be recorded. */
  readonly records: readonly InventoryRecord[];
  /** ARNs of all keys that are there, recorded or not. */
  readonly present: ReadonlySet<string>;
  /** ISO 8601. */
  readonly at: string;
}

/**
 * The earlier list, brought up to date: each key keeps its place, new ones are appended, and one that is not there any more is kept as
 * it was last seen, with the moment of the first listing without it.
 */
export function mergeInventory(earlier: readonly InventoryRecord[], listing: Listing): readonly InventoryRecord[] {
  const records = new Map(listing.records.map((record) => [record.arn, record]));
  const kept = earlier.flatMap((record): readonly InventoryRecord[] => {
    const now = records.get(record.arn);
    records.delete(record.arn);
    if (now !== undefined) return [now];
    // Still there, and not asked for any more.
    if (listing.present.has(record.arn)) return [];
    return [{ ...record, goneSince: record.goneSince ?? listing.at }];
  });
  return [...kept, ...records.values()];
}

/** How many keys there are, by who manages them; gone ones count as `gone` alone. */
export interface InventoryCounts {
  readonly total: number;
  readonly gone: number;
  readonly managedBy: Readonly<Partial<Record<KeyManager, number>>>;
}

/** Counts records as they come, so that nobody has to keep them. */
export class InventoryCounter {
  private total = 0;
  private gone = 0;
  private readonly managedBy = new Map<KeyManager, number>();

  add(record: InventoryRecord): void {
    if (record.goneSince !== undefined) {
      this.gone += 1;
      return;
    }
    this.total += 1;
    this.managedBy.set(record.managedBy, (this.managedBy.get(record.managedBy) ?? 0) + 1);
  }

  get counts(): InventoryCounts {
    return { total: this.total, gone: this.gone, managedBy: Object.fromEntries(this.managedBy) };
  }
}

/** The counts of a list. */
export function countInventory(records: readonly InventoryRecord[]): InventoryCounts {
  const counter = new InventoryCounter();
  for (const record of records) counter.add(record);
  return counter.counts;
}
