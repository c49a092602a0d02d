import { ignoredOverrides } from "../aws/ignored-overrides";
import { openKmsInventory } from "../aws/open-kms-inventory";
import { inventoryRecord, type InventoryRecord } from "../model/inventory";
import { adoptionProgram } from "./adoption-program";
import { awsList } from "./aws-list";
import { requireSense, runSync, type SyncOptions } from "./run-sync";
import { readStack, resourcesOf } from "./stack-export";
import { configValuesFor, groupInState, type GroupInState } from "./state-group";
import type { Terminal } from "./terminal";
import { askTokens } from "./token-links";

/** `byok sync aws`: lists every key of a group's account and Region. It only reads. */
export async function syncCommand(options: SyncOptions, terminal: Terminal): Promise<void> {
  await requireSense(options, awsList({ account: "", region: "" }));
  const exported = await readStack({ ...options, command: `sync aws --group ${options.group}` });
  const group = groupInState(exported, options.group);
  const { account, region } = group.connection;
  const resources = resourcesOf(exported, "AwsKmsKey").flatMap(({ id, name }) =>
    id === undefined ? [] : [[id, name] as const],
  );
  const own = { resources: new Map(resources), told: true };
  await runSync(options, terminal, {
    list: awsList({ account, region }),
    records: listRecords(group, options, own, terminal),
    adoption: async (chosen) => {
      const sources = options.askToken === true ? await askTokens(exported) : new Map<string, never>();
      const taken = new Set(own.resources.values());
      return (module) => adoptionProgram({ group: group.name, account, region, chosen, sources, taken, module });
    },
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
  for await (const key of port.keys({ rotations: options.rotations === true })) yield inventoryRecord(key, own);
}
