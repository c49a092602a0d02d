import { ByokError } from "../model/errors";
import type { ListedRecord } from "../model/merge-inventory";
import type { CloudList } from "./cloud-list";

/** Collects the keys that `--adopt` names, while they are listed. */
export class KeyChoice<Listed extends ListedRecord> {
  private readonly wanted: ReadonlySet<string>;
  private readonly missing: Set<string>;
  private readonly all: boolean;
  readonly chosen: Listed[] = [];

  /**
   * @param names - what the list's keys may be called; `all` stands for every key that neither the cloud nor this stack manages.
   * @param list - the list that they are chosen from
   */
  constructor(
    names: readonly string[],
    private readonly list: CloudList<Listed>,
  ) {
    this.all = names.includes("all");
    this.wanted = new Set(names.filter((name) => name !== "all"));
    this.missing = new Set(this.wanted);
  }

  offer(record: Listed): void {
    const named = this.list.namesOf(record).filter((name) => this.wanted.has(name));
    for (const name of named) this.missing.delete(name);
    if (named.length > 0 || (this.all && this.list.isFree(record))) this.chosen.push(record);
  }

  /** @throws ByokError BYOK_INPUT_INVALID where a name belongs to no key that was offered. */
  requireFound(): void {
    if (this.missing.size === 0) return;
    const { place, namedBy } = this.list;
    throw new ByokError(
      "BYOK_INPUT_INVALID",
      `--adopt: there is no key ${[...this.missing].join(", ")} in ${this.list.placeWords(place)}.`,
      { hint: `Name keys by ${namedBy}, or write all.` },
    );
  }
}
