export {
  SourceGroup,
  type AllowedAwsTargetArgs,
  type AllowedAzureTargetArgs,
  type AllowedTargetArgs,
  type SourceGroupArgs,
  type TokenArgs,
} from "./source-group";
export { SourceKey, type SourceKeyArgs, type SourceKeyVersion } from "./source-key";
export {
  AwsKmsGroup,
  type AwsAccessKeyArgs,
  type AwsCredentialsArgs,
  type AwsCsvArgs,
  type AwsEndpointArgs,
  type AwsKmsGroupArgs,
  type AwsKmsKeyTemplateArgs,
  type AwsProfileArgs,
  type AwsRoleCredentialsArgs,
  type TlsArgs,
} from "./aws-kms-group";
export { AwsKmsKey } from "./aws-kms-key";
export type {
  AwsKmsKeyArgs,
  AwsKmsKeyFileMaterial,
  AwsKmsKeyMaterialArgs,
  AwsKmsKeyNativeMaterial,
  AwsKmsKeySourceMaterial,
  AwsKmsReplica,
  AwsKmsReplicaArgs,
  KeyLink,
  KeyProof,
} from "./aws-kms-key-args";
export type { KeyRotationArgs } from "./key-rotation-args";
export { AwsKeyInventory, type AwsKeyInventoryArgs, type AwsKeyInventoryFilter } from "./aws-key-inventory";
export { AwsAlias, type AwsAliasArgs } from "./aws-alias";
export { DeletionSchedule, type DeletionScheduleArgs, type ScheduledReplica } from "./deletion-schedule";
export {
  AzureKeyVaultGroup,
  type AzureClientCertificateArgs,
  type AzureClientSecretArgs,
  type AzureCredentialsArgs,
  type AzureEndpointArgs,
  type AzureKeyTemplateArgs,
  type AzureKeyVaultGroupArgs,
  type AzureManagedIdentityArgs,
  type AzureWorkloadIdentityArgs,
  type AzureWrappingKey,
  type AzureWrappingKeyArgs,
} from "./azure-key-vault-group";
export {
  AzureKey,
  type AzureKeyArgs,
  type AzureKeyLink,
  type AzureKeyMaterialArgs,
  type AzureByokMaterial,
  type AzureKeyProof,
  type AzureNativeMaterial,
  type AzureRotationArgs,
  type AzureWrapping,
} from "./azure-key";
export { AzureKeyBackup, type AzureKeyBackupArgs } from "./azure-key-backup";
export type { BackedUpVersion } from "../provider/model/key-backup";
export { AzureKeyInventory, type AzureKeyInventoryArgs, type AzureKeyInventoryFilter } from "./azure-key-inventory";
export type { AzureCloud } from "../provider/model/azure-clouds";
export type { AzureCredentialSource, AzureEndpoints, AzureTier } from "../provider/model/azure-connection";
export type { AfterAzureRotation, AzureKeyVersion, AzureMaterialOrigin } from "../provider/model/azure-key-versions";
export type { AzureRotation } from "../provider/model/azure-rotation";
export type { AzureKeyOperation, AzureProtection } from "../provider/model/azure-key-type";
export type { AzureProofMethod, PinnedWrappingKey, UsedWrappingKey } from "../provider/model/ports/azure-import";
export type { WrappingKeySize } from "../provider/model/ports/key-vault";
export type { AwsCredentialSource, AwsEndpoints, RoleCredentials, TlsSettings } from "../provider/model/aws-connection";
export type { AzureInventoryRecord, AzureKeyManager, AzureVersionRecord } from "../provider/model/azure-inventory";
export type { InventoryRecord, KeyManager } from "../provider/model/inventory";
export type { InventoryCounts } from "../provider/model/merge-inventory";
export type { AwsKeyUsage, KeySpec } from "../provider/model/key-spec";
export type { FileWrap } from "../provider/model/file-wrap";
export type { AfterRotation, KeyVersion, MaterialOrigin, VersionOrigin } from "../provider/model/key-versions";
export type { Fingerprint, ProofMethod } from "../provider/model/ports/custodian";
export type { KmsKeyState } from "../provider/model/ports/kms";
export type { AwsTargetEntry, AzureTargetEntry, TargetEntry } from "../provider/model/source-rules";
export type { KeyWrapPadding, OaepHash, TokenAbilities, TokenConnection, TokenIdentity } from "../provider/model/token";
export type { Wrapping, WrappingAlgorithm, WrappingKeySpec } from "../provider/model/wrapping";
