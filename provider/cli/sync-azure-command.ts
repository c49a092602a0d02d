import { ignoredAzureOverrides } from "../azure/ignored-overrides";
import { openVaultInventory } from "../azure/open-vault-inventory";
import { listVault } from "../lifecycle/list-vault";
import type { AzureInventoryRecord } from "../model/azure-inventory";
import type { OwnKeys } from "../model/inventory";
import { azureAdoptionProgram } from "./azure-adoption-program";
import {
  azureGroupInState,
  azureConfigValuesFor,
  wrappingKeysInState,
  type AzureGroupInState,
} from "./azure-state-group";
import { azureList } from "./azure-list";
import { requireSense, runSync, type SyncOptions } from "./run-sync";
import { readStack, resourcesOf } from "./stack-export";
import type { Terminal } from "./terminal";
import { askTokens } from "./token-links";

/** `byok sync azure`: lists every key of a group's vault, with its versions. It only reads. */
export async function syncAzureCommand(options: SyncOptions, terminal: Terminal): Promise<void> {
  await requireSense(options, azureList({ tenantId: "", vaultUrl: "" }));
  const exported = await readStack({ ...options, command: `sync azure --group ${options.group}` });
  const group = azureGroupInState(exported, options.group);
  const { tenantId, vaultUrl, tier } = group.connection;
  const keys = resourcesOf(exported, "AzureKey").flatMap(({ id, name }) =>
    id === undefined ? [] : [[id, name] as const],
  );
  const own = { resources: new Map([...keys, ...wrappingKeysInState(exported)]), told: true };
  await runSync(options, terminal, {
    list: azureList({ tenantId, vaultUrl }),
    records: listRecords(group, options, own, terminal),
    adoption: async (chosen) => {
      const sources = options.askToken === true ? await askTokens(exported) : new Map<string, never>();
      const taken = new Set(keys.map(([, name]) => name));
      return (module) => azureAdoptionProgram({ group: group.name, vaultUrl, tier, chosen, sources, taken, module });
    },
  });
}

async function* listRecords(
  { connection }: AzureGroupInState,
  options: SyncOptions,
  own: OwnKeys,
  terminal: Terminal,
): AsyncGenerator<AzureInventoryRecord, void, undefined> {
  for (const notice of ignoredAzureOverrides()) terminal.err(`byok: ${notice}`);
  const port = openVaultInventory(connection, { configValues: await azureConfigValuesFor(connection, options) });
  yield* listVault(port, {
    vaultUrl: connection.vaultUrl,
    own,
    rotations: options.rotations === true,
    onDenied: (sentence) => terminal.err(`byok: ${sentence}`),
  });
}
