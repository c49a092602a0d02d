import { existsSync, readFileSync } from "node:fs";
import type { z } from "zod";
import { writeFileAtomically } from "./atomic-file";

/** What a cloud keeps about itself, beside its keys: one JSON file, or only memory. */
export class StateFile<T> {
  private value: T;

  constructor(
    private readonly file: string | undefined,
    schema: z.ZodType<T>,
    fresh: () => T,
  ) {
    const exists = file !== undefined && existsSync(file);
    this.value = exists ? schema.parse(JSON.parse(readFileSync(file, "utf8"))) : fresh();
    if (!exists) this.update({});
  }

  get content(): T {
    return this.value;
  }

  update(change: Partial<T>): void {
    this.value = { ...this.value, ...change };
    if (this.file !== undefined) writeFileAtomically(this.file, `${JSON.stringify(this.value, null, 1)}\n`, 0o600);
  }
}
