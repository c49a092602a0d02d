import type { AzureConnection } from "../model/azure-connection";
import type { AzureKeyVaultGroupRecord } from "./inputs/azure-key-vault-group-inputs";

type Connected = Pick<
  AzureKeyVaultGroupRecord,
  "cloud" | "tenantId" | "subscriptionId" | "tier" | "endpoint" | "credentials" | "tls" | "vaultUrl"
>;

/** The connection that a group's checked inputs describe. */
export const azureConnectionOf = (group: Connected): AzureConnection => ({
  cloud: group.cloud,
  tenantId: group.tenantId,
  ...(group.subscriptionId === undefined ? {} : { subscriptionId: group.subscriptionId }),
  vaultUrl: group.vaultUrl,
  tier: group.tier,
  ...(group.endpoint === undefined ? {} : { endpoint: group.endpoint }),
  ...(group.credentials === undefined ? {} : { credentials: group.credentials }),
  ...(group.tls === undefined ? {} : { tls: group.tls }),
});
