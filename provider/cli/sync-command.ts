import { ignoredOverrides } from "../aws/ignored-overrides";
import { openKmsInventory } from "../aws/open-kms-inventory";
import { ByokError } from "../model/errors";
import { inventoryRecord, type InventoryRecord } from "../model/inventory";
import { KeyChoice } from "./choose-keys";
import { readInventory } from "./inventory-file";
import { keepInventory, showInventory, type ListForm } from "./show-inventory";
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
  const records = offered(choice, listRecords(group, options, own, terminal));
  const { account, region } = group.connection;
  const listing = { account, region, listedAt: new Date().toISOString(), records };
  if (options.out === undefined) await showInventory(listing, formOf(options), terminal);
  else await keepInventory(listing, { file: options.out, earlier: earlier?.keys ?? [] }, formOf(options), terminal);
  if (options.adopt === undefined) return;
  choice.requireFound();
  const sources = options.askToken === true ? await askTokens(exported) : undefined;
  await writeProgram(options.program, options.force === true, {
    ...{ group: group.name, account, region },
    chosen: choice.chosen,
    sources: sources ?? new Map(),
    taken: new Set(own.resources.values()),
  });
  terminal.err(`byok: ${options.program} is written. Read it, and call it from your program as its first lines say.`);
}

/** Who names keys to adopt knows them already. */
const formOf = ({ json, adopt }: SyncOptions): ListForm =>
  json === true ? "json" : adopt === undefined ? "text" : "counts";

async function* offered(
  choice: KeyChoice,
  records: AsyncIterable<InventoryRecord>,
): AsyncGenerator<InventoryRecord, void, undefined> {
  for await (const record of records) {
    choice.offer(record);
    yield record;
  }
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
