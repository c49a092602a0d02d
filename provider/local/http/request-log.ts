/** What is kept of a request: never its body, its headers or the answer. */
export interface RequestLogEntry {
  /** When it was received, on the cloud's clock (ISO 8601). */
  readonly time: string;
  readonly service: string;
  readonly operation: string;
  readonly account: string | null;
  readonly region: string | null;
  readonly keyId: string | null;
  /** HTTP status; null when the connection was dropped, or is kept hanging, without an answer. */
  readonly status: number | null;
  /** AWS error name, if it failed. */
  readonly error: string | null;
}

const maximumEntries = 20_000;

/** The newest requests and, without a limit, how many there were of each operation. */
export class RequestLog<E extends { readonly operation: string }> {
  private entries: E[] = [];
  private counts = new Map<string, number>();

  add(entry: E): void {
    this.entries.push(entry);
    if (this.entries.length > maximumEntries) this.entries = this.entries.slice(-maximumEntries / 2);
    this.counts.set(entry.operation, (this.counts.get(entry.operation) ?? 0) + 1);
  }

  list(): readonly E[] {
    return [...this.entries];
  }

  counters(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  clear(): void {
    this.entries = [];
    this.counts = new Map();
  }
}
