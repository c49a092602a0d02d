import { ByokError } from "../model/errors";
import type { InventoryRecord } from "../model/inventory";

/** Collects the keys that `--adopt` names by id, ARN or alias, while they are listed. */
export class KeyChoice {
  private readonly wanted: ReadonlySet<string>;
  private readonly missing: Set<string>;
  private readonly all: boolean;
  readonly chosen: InventoryRecord[] = [];

  /** @param names - ids, ARNs and aliases; `all` stands for every key that neither AWS nor this stack manages. */
  constructor(names: readonly string[]) {
    this.all = names.includes("all");
    this.wanted = new Set(names.filter((name) => name !== "all"));
    this.missing = new Set(this.wanted);
  }

  offer(record: InventoryRecord): void {
    const named = [record.keyId, record.arn, ...record.aliases].filter((name) => this.wanted.has(name));
    for (const name of named) this.missing.delete(name);
    const free = record.managedBy !== "AWS" && record.managedBy !== "this stack";
    if (named.length > 0 || (this.all && free)) this.chosen.push(record);
  }

  /** @throws ByokError BYOK_INPUT_INVALID where a name belongs to no key that was offered. */
  requireFound(): void {
    if (this.missing.size === 0) return;
    throw new ByokError(
      "BYOK_INPUT_INVALID",
      `--adopt: there is no key ${[...this.missing].join(", ")} in this account and Region.`,
      { hint: "Name keys by id, ARN or alias (alias/NAME), or write all." },
    );
  }
}
