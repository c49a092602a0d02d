import type { InventoryRecord } from "../model/inventory";
import { countInventory, InventoryCounter, mergeInventory } from "../model/merge-inventory";
import { replaceFile } from "./inventory-file";
import { printCounts, printRecord } from "./print-inventory";
import type { Terminal } from "./terminal";

/** What is printed: each key for a person or a program to read, or only how many there are. */
export type ListForm = "text" | "json" | "counts";

/** A listing under way. */
export interface RunningList {
  readonly account: string;
  readonly region: string;
  /** ISO 8601. */
  readonly listedAt: string;
  readonly records: AsyncIterable<InventoryRecord>;
}

/** Prints each key as it comes, so that nothing is kept. */
export async function showInventory(list: RunningList, form: ListForm, terminal: Terminal): Promise<void> {
  const { account, region, listedAt, records } = list;
  const counter = new InventoryCounter();
  const opening = `${JSON.stringify({ schemaVersion: 1, account, region, listedAt }).slice(0, -1)},"keys":[`;
  if (form === "json") await terminal.out(opening);
  for await (const record of records) {
    const separator = counter.counts.total === 0 ? "" : ",";
    counter.add(record);
    if (form === "json") await terminal.out(`${separator}\n${JSON.stringify(record)}`);
    if (form === "text") await terminal.out(`${printRecord(record)}\n`);
  }
  const { counts } = counter;
  if (form === "json") await terminal.out(`\n],"counts":${JSON.stringify(counts)}}\n`);
  else await terminal.out(printCounts(counts, account, region));
}

/** Brings a list in a file up to date. */
export async function keepInventory(
  list: RunningList,
  { file, earlier }: { readonly file: string; readonly earlier: readonly InventoryRecord[] },
  form: ListForm,
  terminal: Terminal,
): Promise<void> {
  const { account, region, listedAt } = list;
  const now: InventoryRecord[] = [];
  for await (const record of list.records) now.push(record);
  const present = new Set(now.map(({ arn }) => arn));
  const keys = mergeInventory(earlier, { records: now, present, at: listedAt });
  const counts = countInventory(keys);
  const text = `${JSON.stringify({ schemaVersion: 1, account, region, listedAt, keys, counts }, undefined, 1)}\n`;
  await replaceFile(file, text);
  if (form === "json") return terminal.out(text);
  const known = new Set(earlier.map(({ arn }) => arn));
  const fresh = now.filter(({ arn }) => !known.has(arn)).length;
  const gone = keys.filter(({ goneSince }) => goneSince === listedAt).length;
  await terminal.out(
    `${file}: ${fresh} new, ${gone} gone since the list before. ${printCounts(counts, account, region)}`,
  );
}
