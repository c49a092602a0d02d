import { azureInventoryRecord, deletedInventoryRecord, type AzureInventoryRecord } from "../model/azure-inventory";
import { azureKeyId } from "../model/azure-key-name";
import { ByokError } from "../model/errors";
import type { OwnKeys } from "../model/inventory";
import type { VaultInventoryPort } from "../model/ports/vault-inventory";

/** How a vault is listed. */
export interface VaultListing {
  readonly vaultUrl: string;
  readonly own: OwnKeys;
  /** Also each key's rotation policy. */
  readonly rotations: boolean;
  /** Hears what could not be listed. */
  readonly onDenied: (sentence: string) => void;
}

/** The living keys of a vault, then the soft-deleted ones where the credentials may list them. */
export async function* listVault(
  port: VaultInventoryPort,
  { vaultUrl, own, rotations, onDenied }: VaultListing,
): AsyncGenerator<AzureInventoryRecord, void, undefined> {
  for await (const key of port.keys({ rotations })) yield azureInventoryRecord(key, own);
  try {
    for await (const key of port.deletedKeys()) yield deletedInventoryRecord(key, azureKeyId(vaultUrl, key.name), own);
  } catch (error) {
    if (!(error instanceof ByokError) || error.code !== "BYOK_AZURE_ACCESS_DENIED") throw error;
    onDenied("soft-deleted keys are not in this list: the credentials may not list them.");
  }
}
