import { ignoredOverrides } from "../aws/ignored-overrides";
import { openKmsInventory } from "../aws/open-kms-inventory";
import { ByokError } from "../model/errors";
import { inventoryRecord, type InventoryRecord } from "../model/inventory";
import { countInventory, InventoryCounter, mergeInventory } from "../model/merge-inventory";
import { KeyChoice } from "./choose-keys";
import { readInventory, replaceFile } from "./inventory-file";
import { printCounts, printRecord } from "./print-inventory";
import { readStack, resourcesOf } from "./stack-export";
import { configValuesFor, groupInState, type GroupInState } from "./state-group";
import type { Terminal } from "./terminal";
import { askTokens } from "./token-links";
import { requireFree, writeProgram } from "./write-program";

/** Options of `byok sync aws`. */
export interface SyncOptions {
  readonly stack?: string;
  /** An exported state instead of the stack itself; `-` for standard input. */
  readonly file?: string;
  readonly group: string;
  readonly json?: boolean;
  /** A list that is brought up to date. */
  readonly out?: string;
  readonly rotations?: boolean;
  /** Ids, ARNs and aliases, or `all`. */
  readonly adopt?: readonly string[];
  readonly askToken?: boolean;
  readonly program: string;
  readonly force?: boolean;
}

const PROGRESS_MS = 2_000;

/** `byok sync aws`: lists every key of a group's account and Region. It only reads. */
export async function syncCommand(options: SyncOptions, terminal: Terminal): Promise<void> {
  await requireSense(options);
  const exported = await readStack({ ...options, command: `sync aws --group ${options.group}` });
  const group = groupInState(exported, options.group);
  const earlier = options.out === undefined ? undefined : await readInventory(options.out, group.connection);
  const choice = new KeyChoice(options.adopt ?? []);
  const resources = resourcesOf(exported, "AwsKmsKey").flatMap(({ id, name }) =>
    id === undefined ? [] : [[id, name] as const],
  );
  const own = { resources: new Map(resources), told: true };
  const listedAt = new Date().toISOString();
  const records = listRecords(group, options, own, terminal);
  const watched = (async function* (): AsyncGenerator<InventoryRecord, void, undefined> {
    for await (const record of records) {
      choice.offer(record);
      yield record;
    }
  })();
  if (options.out === undefined) await print(watched, group, listedAt, options.json === true, terminal);
  else
    await keep(
      watched,
      group,
      listedAt,
      { file: options.out, earlier: earlier?.keys ?? [], json: options.json === true },
      terminal,
    );
  if (options.adopt === undefined) return;
  choice.requireFound();
  const sources = options.askToken === true ? await askTokens(exported) : undefined;
  await writeProgram(options.program, options.force === true, {
    group: group.name,
    account: group.connection.account,
    region: group.connection.region,
    chosen: choice.chosen,
    sources: sources ?? new Map(),
    taken: new Set(own.resources.values()),
  });
  terminal.err(`byok: ${options.program} is written. Read it, and call it from your program as its first lines say.`);
}

async function requireSense({ adopt, askToken, force, program }: SyncOptions): Promise<void> {
  if (adopt === undefined && (askToken === true || force === true)) {
    const name = force === true ? "--force" : "--ask-token";
    throw new ByokError("BYOK_INPUT_INVALID", `${name} belongs to --adopt.`, {
      hint: "Leave it out, or name keys to adopt.",
    });
  }
  if (adopt === undefined) return;
  if (adopt.length > 0) return requireFree(program, force === true);
  throw new ByokError("BYOK_INPUT_INVALID", "--adopt names no key.", {
    hint: "Name keys by id, ARN or alias (alias/NAME), or write all.",
  });
}

async function* listRecords(
  { connection }: GroupInState,
  options: SyncOptions,
  own: Parameters<typeof inventoryRecord>[1],
  terminal: Terminal,
): AsyncGenerator<InventoryRecord, void, undefined> {
  for (const notice of ignoredOverrides(connection)) terminal.err(`byok: ${notice}`);
  const port = openKmsInventory(connection, { configValues: await configValuesFor(connection, options) });
  let count = 0;
  let told = Date.now();
  for await (const key of port.keys({ rotations: options.rotations === true })) {
    yield inventoryRecord(key, own);
    count += 1;
    if (Date.now() - told < PROGRESS_MS) continue;
    told = Date.now();
    terminal.err(`byok: ${count} keys listed …`);
  }
}

/** Prints each key as it comes, so that nothing is kept. */
async function print(
  records: AsyncIterable<InventoryRecord>,
  { connection: { account, region } }: GroupInState,
  listedAt: string,
  json: boolean,
  terminal: Terminal,
): Promise<void> {
  const counter = new InventoryCounter();
  const head = JSON.stringify({ schemaVersion: 1, account, region, listedAt });
  let separator = `${head.slice(0, -1)},"keys":[`;
  for await (const record of records) {
    counter.add(record);
    await terminal.out(json ? `${separator}\n${JSON.stringify(record)}` : `${printRecord(record)}\n`);
    separator = ",";
  }
  const opening = counter.counts.total === 0 ? separator : "";
  await terminal.out(
    json ? `${opening}\n],"counts":${JSON.stringify(counter.counts)}}\n` : printCounts(counter.counts, account, region),
  );
}

/** Brings a list in a file up to date. */
async function keep(
  records: AsyncIterable<InventoryRecord>,
  { connection: { account, region } }: GroupInState,
  listedAt: string,
  list: { readonly file: string; readonly earlier: readonly InventoryRecord[]; readonly json: boolean },
  terminal: Terminal,
): Promise<void> {
  const now: InventoryRecord[] = [];
  for await (const record of records) now.push(record);
  const present = new Set(now.map(({ arn }) => arn));
  const keys = mergeInventory(list.earlier, { records: now, present, at: listedAt });
  const counts = countInventory(keys);
  const text = `${JSON.stringify({ schemaVersion: 1, account, region, listedAt, keys, counts }, undefined, 1)}\n`;
  await replaceFile(list.file, text);
  const known = new Set(list.earlier.map(({ arn }) => arn));
  const fresh = now.filter(({ arn }) => !known.has(arn)).length;
  const gone = keys.filter(({ goneSince }) => goneSince === listedAt).length;
  const summary = `${list.file}: ${fresh} new, ${gone} gone since the list before. `;
  await terminal.out(list.json ? text : summary + printCounts(counts, account, region));
}
