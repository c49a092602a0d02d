import type { Now } from "../clock";
import type { RecordChange, RecordFolder } from "./folder";
import { RecordView } from "./record-view";
import { type StoredRecord, addressOf } from "./records";

/** A change of a key or an alias. */
export type Change = RecordChange<StoredRecord>;

interface Version {
  readonly at: number;
  readonly record: StoredRecord | null;
}

/**
 * All records, in memory and (with a folder) on disk. With `keepMs` it also remembers what stood at an address that long
 * ago, so that reads can answer as a system does whose replicas have not yet heard of the latest write.
 */
export class Store extends RecordView {
  private readonly current: Map<string, StoredRecord>;
  private readonly past = new Map<string, Version[]>();
  /** Until when nothing happens by itself, as the records stand; a change makes that unknown. */
  quietUntil = -Infinity;

  constructor(
    private readonly now: Now,
    private readonly folder: RecordFolder<StoredRecord> | undefined,
    private readonly keepMs: number,
  ) {
    const loaded = new Map((folder?.load() ?? []).map((record) => [addressOf(record), record] as const));
    super(loaded);
    this.current = loaded;
  }

  /** Makes all changes or, if the process dies in the middle, all of them at the next start. */
  commit(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    this.quietUntil = -Infinity;
    this.folder?.write(changes);
    for (const change of changes) {
      if (this.keepMs > 0) this.remember(change);
      if (change.record === null) this.current.delete(change.address);
      else this.current.set(change.address, change.record);
    }
  }

  /** Writes records under their own addresses, together. */
  put(...records: readonly StoredRecord[]): void {
    this.commit(records.map((record) => ({ address: addressOf(record), record })));
  }

  /** The store as it was `delayMs` ago. */
  delayed(delayMs: number): RecordView {
    return delayMs <= 0 ? this : new RecordView(this.recordsAt(this.now() - delayMs));
  }

  private recordsAt(time: number): Map<string, StoredRecord> {
    const records = new Map(this.current);
    for (const [address, versions] of this.past) {
      const seen = versions.findLast((version) => version.at <= time);
      if (seen === undefined) continue;
      if (seen.record === null) records.delete(address);
      else records.set(address, seen.record);
    }
    return records;
  }

  private remember({ address, record }: Change): void {
    const now = this.now();
    const versions = this.past.get(address) ?? [{ at: -Infinity, record: this.current.get(address) ?? null }];
    versions.push({ at: now, record });
    const oldestNeeded = versions.findLastIndex((version) => version.at <= now - this.keepMs);
    this.past.set(address, versions.slice(Math.max(0, oldestNeeded)));
  }
}
