export { startLocalAws } from "./start-local-aws";
export { type LocalAccount, type LocalAws, type LocalAwsOptions, LocalCloudError } from "./options";
export type { Duration, KeyAddress, LocalAdmin, PaddedImport } from "./admin";
export type { Fault } from "./http/faults";
export type { RequestLogEntry } from "./http/request-log";
export { RemoteAdmin } from "./remote-admin";
export { type ServeOptions, serveLocal } from "./serve";
export { startLocalAzure } from "./azure/start-local-azure";
export type {
  LocalAzure,
  LocalAzureClient,
  LocalAzureOptions,
  LocalFederatedCredential,
  LocalSubscription,
  LocalTenant,
  LocalVault,
  LocalVaultOptions,
  LocalVaultPermission,
  LocalVaultTier,
} from "./azure/options";
export type { AzurePaddedImport, AzureRequestLogEntry, LocalAzureAdmin } from "./azure/admin";
export type { AzureFault } from "./http/faults";
export { RemoteAzureAdmin } from "./azure/remote-azure-admin";
