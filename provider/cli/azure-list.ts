import { azureIdentity, azureInventoryRecordSchema, type AzureInventoryRecord } from "../model/azure-inventory";
import type { CloudList } from "./cloud-list";
import { printAzureRecord } from "./print-azure-inventory";

/** The list of a vault. */
export const azureList = ({
  tenantId,
  vaultUrl,
}: {
  readonly tenantId: string;
  readonly vaultUrl: string;
}): CloudList<AzureInventoryRecord> => ({
  place: { tenantId, vaultUrl },
  record: azureInventoryRecordSchema,
  namedBy: "name, id, or id of the newest version",
  placeWords: (place) => `the vault ${String(place["vaultUrl"])}`,
  identify: azureIdentity,
  namesOf: ({ name, keyId, versions }) => [name, keyId, ...versions.slice(-1).map(({ id }) => id)],
  isFree: ({ managedBy, wrappingKey, state }) =>
    managedBy !== "this stack" && managedBy !== "a certificate" && wrappingKey !== true && state !== "Deleted",
  print: printAzureRecord,
});
