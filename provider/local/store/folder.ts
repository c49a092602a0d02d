import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { writeFileAtomically } from "./atomic-file";

/** A change of one record: `record` null removes what stands at the address. */
export interface RecordChange<R> {
  readonly address: string;
  readonly record: R | null;
}

/** How the records of a cloud are read, and what their files are called. */
export interface RecordKind<R> {
  readonly schema: z.ZodType<R>;
  /** The first part of a file's name. */
  prefixOf(address: string): string;
}

/**
 * The records on disk, one JSON file each, so that a change costs one small write however many keys there are.
 * Several changes that belong together go through a journal: it is written first, applied, removed, and applied again
 * at the next start if the process was killed in between.
 */
export class RecordFolder<R> {
  private readonly records: string;
  private readonly journal: string;

  constructor(
    dataDir: string,
    private readonly kind: RecordKind<R>,
  ) {
    this.records = path.join(dataDir, "records");
    this.journal = path.join(dataDir, "journal.json");
    mkdirSync(this.records, { recursive: true, mode: 0o700 });
  }

  load(): R[] {
    if (existsSync(this.journal)) {
      const changes = z.array(z.object({ address: z.string(), record: this.kind.schema.nullable() }));
      this.apply(changes.parse(JSON.parse(readFileSync(this.journal, "utf8"))));
      rmSync(this.journal);
    }
    return readdirSync(this.records)
      .filter((name) => name.endsWith(".json"))
      .map((name) => this.kind.schema.parse(JSON.parse(readFileSync(path.join(this.records, name), "utf8"))));
  }

  write(changes: readonly RecordChange<R>[]): void {
    if (changes.length > 1) writeFileAtomically(this.journal, JSON.stringify(changes), 0o600);
    this.apply(changes);
    if (changes.length > 1) rmSync(this.journal);
  }

  private apply(changes: readonly RecordChange<R>[]): void {
    for (const { address, record } of changes) {
      const file = path.join(this.records, `${this.kind.prefixOf(address)}-${digestOf(address)}.json`);
      if (record === null) rmSync(file, { force: true });
      else writeFileAtomically(file, `${JSON.stringify(record, null, 1)}\n`, 0o600);
    }
  }
}

/** An alias may be longer than a file name may be, and holds slashes: a digest names its file. */
function digestOf(address: string): string {
  return createHash("sha256").update(address).digest("hex").slice(0, 40);
}
