import type { Lifecycle } from "./lifecycle/contract";

// A run waits for what its provider process loads, and most use few kinds, one cloud, and in a preview neither cloud nor token: each part is loaded
// when it is first used. A CommonJS module under node16 resolution keeps import() native, which does not run synchronously.
/* eslint-disable @typescript-eslint/no-require-imports, @typescript-eslint/no-unsafe-return */
const loadSourceGroup = (): typeof import("./lifecycle/source-group") => require("./lifecycle/source-group");
const loadSourceKey = (): typeof import("./lifecycle/source-key") => require("./lifecycle/source-key");
const loadAwsKmsGroup = (): typeof import("./lifecycle/aws-kms-group") => require("./lifecycle/aws-kms-group");
const loadAwsKmsKey = (): typeof import("./lifecycle/aws-kms-key") => require("./lifecycle/aws-kms-key");
const loadAwsKeyInventory = (): typeof import("./lifecycle/aws-key-inventory") =>
  require("./lifecycle/aws-key-inventory");
const loadAwsAlias = (): typeof import("./lifecycle/aws-alias") => require("./lifecycle/aws-alias");
const loadDeletionSchedule = (): typeof import("./lifecycle/deletion-schedule") =>
  require("./lifecycle/deletion-schedule");
const loadAzureKeyVaultGroup = (): typeof import("./lifecycle/azure-key-vault-group") =>
  require("./lifecycle/azure-key-vault-group");
const loadAzureKey = (): typeof import("./lifecycle/azure-key") => require("./lifecycle/azure-key");
const loadAzureKeyBackup = (): typeof import("./lifecycle/azure-key-backup") => require("./lifecycle/azure-key-backup");
const loadAzureKeyInventory = (): typeof import("./lifecycle/azure-key-inventory") =>
  require("./lifecycle/azure-key-inventory");

/** What opens a port to AWS KMS. */
export const loadKms = (): typeof import("./aws/open-kms") => require("./aws/open-kms");

/** What lists an account and Region. */
export const loadKmsInventory = (): typeof import("./aws/open-kms-inventory") => require("./aws/open-kms-inventory");

/** What opens a port to Azure Key Vault. */
export const loadKeyVault = (): typeof import("./azure/open-key-vault") => require("./azure/open-key-vault");

/** What lists a vault. */
export const loadVaultInventory = (): typeof import("./azure/open-vault-inventory") =>
  require("./azure/open-vault-inventory");

/** What starts a custodian. */
export const loadCustodian = (): typeof import("./custodian/client") => require("./custodian/client");
/* eslint-enable */

/** The lifecycle of each kind. */
export const lifecycles: ReadonlyMap<string, () => Lifecycle> = new Map([
  ["SourceGroup", () => loadSourceGroup().sourceGroup],
  ["SourceKey", () => loadSourceKey().sourceKey],
  ["AwsKmsGroup", () => loadAwsKmsGroup().awsKmsGroup],
  ["AwsKmsKey", () => loadAwsKmsKey().awsKmsKey],
  ["AwsKeyInventory", () => loadAwsKeyInventory().awsKeyInventory],
  ["AwsAlias", () => loadAwsAlias().awsAlias],
  ["DeletionSchedule", () => loadDeletionSchedule().deletionSchedule],
  ["AzureKeyVaultGroup", () => loadAzureKeyVaultGroup().azureKeyVaultGroup],
  ["AzureKey", () => loadAzureKey().azureKey],
  ["AzureKeyBackup", () => loadAzureKeyBackup().azureKeyBackup],
  ["AzureKeyInventory", () => loadAzureKeyInventory().azureKeyInventory],
]);
