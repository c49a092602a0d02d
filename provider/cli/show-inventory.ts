import { countInventory, InventoryCounter, mergeInventory, type ListedRecord } from "../model/merge-inventory";
import type { CloudList } from "./cloud-list";
import { replaceFile } from "./inventory-file";
import { printCounts } from "./print-inventory";
import type { Terminal } from "./terminal";

/** What is printed: each key for a person or a program to read, or only how many there are. */
export type ListForm = "text" | "json" | "counts";

/** A listing under way. */
export interface RunningList<Listed extends ListedRecord> {
  readonly list: CloudList<Listed>;
  /** ISO 8601. */
  readonly listedAt: string;
  readonly records: AsyncIterable<Listed>;
}

/** Prints each key as it comes, so that nothing is kept. */
export async function showInventory<Listed extends ListedRecord>(
  { list, listedAt, records }: RunningList<Listed>,
  form: ListForm,
  terminal: Terminal,
): Promise<void> {
  const counter = new InventoryCounter();
  const opening = `${JSON.stringify({ schemaVersion: 1, ...list.place, listedAt }).slice(0, -1)},"keys":[`;
  if (form === "json") await terminal.out(opening);
  for await (const record of records) {
    const separator = counter.counts.total === 0 ? "" : ",";
    counter.add(record);
    if (form === "json") await terminal.out(`${separator}\n${JSON.stringify(record)}`);
    if (form === "text") await terminal.out(`${list.print(record)}\n`);
  }
  const { counts } = counter;
  if (form === "json") await terminal.out(`\n],"counts":${JSON.stringify(counts)}}\n`);
  else await terminal.out(printCounts(counts, list.placeWords(list.place)));
}

/** Brings a list in a file up to date. */
export async function keepInventory<Listed extends ListedRecord>(
  { list, listedAt, records }: RunningList<Listed>,
  { file, earlier }: { readonly file: string; readonly earlier: readonly Listed[] },
  form: ListForm,
  terminal: Terminal,
): Promise<void> {
  const identify = (record: Listed): string => list.identify(record);
  const now: Listed[] = [];
  for await (const record of records) now.push(record);
  const present = new Set(now.map(identify));
  const keys = mergeInventory(earlier, { records: now, present, at: listedAt }, identify);
  const counts = countInventory(keys);
  const text = `${JSON.stringify({ schemaVersion: 1, ...list.place, listedAt, keys, counts }, undefined, 1)}\n`;
  await replaceFile(file, text);
  if (form === "json") return terminal.out(text);
  const known = new Set(earlier.map(identify));
  const fresh = now.filter((record) => !known.has(identify(record))).length;
  const gone = keys.filter(({ goneSince }) => goneSince === listedAt).length;
  await terminal.out(
    `${file}: ${fresh} new, ${gone} gone since the list before. ${printCounts(counts, list.placeWords(list.place))}`,
  );
}
