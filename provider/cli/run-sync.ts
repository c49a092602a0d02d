import { ByokError } from "../model/errors";
import type { ListedRecord } from "../model/merge-inventory";
import { KeyChoice } from "./choose-keys";
import type { CloudList } from "./cloud-list";
import { readInventory } from "./inventory-file";
import { keepInventory, showInventory, type ListForm } from "./show-inventory";
import type { Terminal } from "./terminal";
import { requireFree, writeProgram } from "./write-program";

/** Options of `byok sync` for any cloud. */
export interface SyncOptions {
  readonly stack?: string;
  /** An exported state instead of the stack itself; `-` for standard input. */
  readonly file?: string;
  readonly group: string;
  readonly json?: boolean;
  /** A list that is brought up to date. */
  readonly out?: string;
  readonly rotations?: boolean;
  /** What the keys to adopt are called, or `all`. */
  readonly adopt?: readonly string[];
  readonly askToken?: boolean;
  readonly program: string;
  readonly force?: boolean;
}

/** What one cloud brings to it. */
export interface SyncOf<Listed extends ListedRecord> {
  readonly list: CloudList<Listed>;
  readonly records: AsyncIterable<Listed>;
  /** The program that adopts the chosen keys, in a module of that name. */
  readonly adoption: (chosen: readonly Listed[]) => Promise<(module: string) => string>;
}

const PROGRESS_MS = 2_000;

/** @throws ByokError BYOK_INPUT_INVALID where options do not go together, before anything is read. */
export async function requireSense(
  { adopt, askToken, force, program }: SyncOptions,
  { namedBy }: Pick<CloudList<never>, "namedBy">,
): Promise<void> {
  if (adopt === undefined && (askToken === true || force === true)) {
    const name = force === true ? "--force" : "--ask-token";
    throw new ByokError("BYOK_INPUT_INVALID", `${name} belongs to --adopt.`, {
      hint: "Leave it out, or name keys to adopt.",
    });
  }
  if (adopt === undefined) return;
  if (adopt.length > 0) return requireFree(program, force === true);
  throw new ByokError("BYOK_INPUT_INVALID", "--adopt names no key.", {
    hint: `Name keys by ${namedBy}, or write all.`,
  });
}

/** Lists, shows or keeps the list, and writes the program that adopts what was chosen. It only reads from the cloud. */
export async function runSync<Listed extends ListedRecord>(
  options: SyncOptions,
  terminal: Terminal,
  { list, records, adoption }: SyncOf<Listed>,
): Promise<void> {
  const earlier = options.out === undefined ? undefined : await readInventory(options.out, list);
  const choice = new KeyChoice(options.adopt ?? [], list);
  const listedAt = new Date().toISOString();
  const running = { list, listedAt, records: offered(choice, told(records, terminal)) };
  if (options.out === undefined) await showInventory(running, formOf(options), terminal);
  else await keepInventory(running, { file: options.out, earlier: earlier ?? [] }, formOf(options), terminal);
  if (options.adopt === undefined) return;
  choice.requireFound();
  await writeProgram(options.program, options.force === true, await adoption(choice.chosen));
  terminal.err(`byok: ${options.program} is written. Read it, and call it from your program as its first lines say.`);
}

/** Who names keys to adopt knows them already. */
const formOf = ({ json, adopt }: SyncOptions): ListForm =>
  json === true ? "json" : adopt === undefined ? "text" : "counts";

async function* offered<Listed extends ListedRecord>(
  choice: KeyChoice<Listed>,
  records: AsyncIterable<Listed>,
): AsyncGenerator<Listed, void, undefined> {
  for await (const record of records) {
    choice.offer(record);
    yield record;
  }
}

async function* told<Listed>(
  records: AsyncIterable<Listed>,
  terminal: Terminal,
): AsyncGenerator<Listed, void, undefined> {
  let count = 0;
  let last = Date.now();
  for await (const record of records) {
    yield record;
    count += 1;
    if (Date.now() - last < PROGRESS_MS) continue;
    last = Date.now();
    terminal.err(`byok: ${count} keys listed …`);
  }
}
