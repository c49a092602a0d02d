import { azureIdentity, type AzureInventoryRecord } from "../model/azure-inventory";
import { ByokError } from "../model/errors";
import { packInventory, unpackAzureInventory } from "../model/packed-inventory";
import { azureConnectionOf } from "./azure-connection-of";
import type { LifecycleContext } from "./contract";
import { azureKeyInventoryInputs, type AzureKeyInventoryInputs } from "./inputs/azure-key-inventory-inputs";
import { keyInventory } from "./key-inventory";
import { listVault } from "./list-vault";

/** All keys of a vault, with their versions, the soft-deleted ones too. */
export const azureKeyInventory = keyInventory<AzureKeyInventoryInputs, AzureInventoryRecord>({
  kind: "AzureKeyInventory",
  idPrefix: "azure-key-inventory",
  inputs: azureKeyInventoryInputs,
  group: azureKeyInventoryInputs.shape.group,
  watchedOfGroup: ["cloud", "tenantId", "vaultUrl", "tier", "endpoint", "credentials", "tls"],
  place: ({ group: { tenantId, vaultUrl } }) => ({ tenantId, vaultUrl }),
  identify: azureIdentity,
  unpack: unpackAzureInventory,
  pack: packInventory,

  isIncluded({ managedBy, protection, name }, { include }) {
    return (
      (include?.managedBy === undefined || include.managedBy.includes(managedBy)) &&
      // What may not be read, or is deleted, might be what is looked for.
      (include?.protection === undefined || protection === undefined || include.protection === protection) &&
      (include?.namePrefix === undefined || name.toLowerCase().startsWith(include.namePrefix.toLowerCase()))
    );
  },

  list: listGroup,
});

async function* listGroup(
  context: LifecycleContext,
  { group, managed, rotations }: AzureKeyInventoryInputs,
): AsyncGenerator<AzureInventoryRecord, void, undefined> {
  const port = context.vaultInventory(azureConnectionOf(group));
  const caller = await port.caller();
  if (caller.tenantId.toLowerCase() !== group.tenantId.toLowerCase())
    throw new ByokError(
      "BYOK_AZURE_WRONG_TENANT",
      `The credentials belong to tenant ${caller.tenantId}, and the group to ${group.tenantId}.`,
      { hint: "Use credentials of the group's tenant." },
    );
  const resources = new Map(Object.entries(managed ?? {}).map(([known, name]) => [known.toLowerCase(), name]));
  yield* listVault(port, {
    vaultUrl: group.vaultUrl,
    own: { resources, told: managed !== undefined },
    rotations,
    onDenied: (sentence) => context.log.warn(sentence),
  });
}
