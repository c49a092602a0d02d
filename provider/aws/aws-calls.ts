import type * as Iam from "@aws-sdk/client-iam";
import type * as Kms from "@aws-sdk/client-kms";
import type * as Tagging from "@aws-sdk/client-resource-groups-tagging-api";
import type * as Sts from "@aws-sdk/client-sts";
import type { AwsServiceName } from "../model/aws-partitions";

interface Operations {
  CancelKeyDeletion: [Kms.CancelKeyDeletionCommandInput, Kms.CancelKeyDeletionCommandOutput];
  CreateAlias: [Kms.CreateAliasCommandInput, Kms.CreateAliasCommandOutput];
  CreateKey: [Kms.CreateKeyCommandInput, Kms.CreateKeyCommandOutput];
  DeleteAlias: [Kms.DeleteAliasCommandInput, Kms.DeleteAliasCommandOutput];
  DeleteImportedKeyMaterial: [Kms.DeleteImportedKeyMaterialCommandInput, Kms.DeleteImportedKeyMaterialCommandOutput];
  DescribeKey: [Kms.DescribeKeyCommandInput, Kms.DescribeKeyCommandOutput];
  DisableKey: [Kms.DisableKeyCommandInput, Kms.DisableKeyCommandOutput];
  EnableKey: [Kms.EnableKeyCommandInput, Kms.EnableKeyCommandOutput];
  GenerateMac: [Kms.GenerateMacCommandInput, Kms.GenerateMacCommandOutput];
  GetKeyLastUsage: [Kms.GetKeyLastUsageCommandInput, Kms.GetKeyLastUsageCommandOutput];
  GetKeyPolicy: [Kms.GetKeyPolicyCommandInput, Kms.GetKeyPolicyCommandOutput];
  GetKeyRotationStatus: [Kms.GetKeyRotationStatusCommandInput, Kms.GetKeyRotationStatusCommandOutput];
  GetParametersForImport: [Kms.GetParametersForImportCommandInput, Kms.GetParametersForImportCommandOutput];
  GetPublicKey: [Kms.GetPublicKeyCommandInput, Kms.GetPublicKeyCommandOutput];
  ImportKeyMaterial: [Kms.ImportKeyMaterialCommandInput, Kms.ImportKeyMaterialCommandOutput];
  ListAliases: [Kms.ListAliasesCommandInput, Kms.ListAliasesCommandOutput];
  ListGrants: [Kms.ListGrantsCommandInput, Kms.ListGrantsCommandOutput];
  ListKeys: [Kms.ListKeysCommandInput, Kms.ListKeysCommandOutput];
  ListKeyRotations: [Kms.ListKeyRotationsCommandInput, Kms.ListKeyRotationsCommandOutput];
  ListResourceTags: [Kms.ListResourceTagsCommandInput, Kms.ListResourceTagsCommandOutput];
  PutKeyPolicy: [Kms.PutKeyPolicyCommandInput, Kms.PutKeyPolicyCommandOutput];
  ReplicateKey: [Kms.ReplicateKeyCommandInput, Kms.ReplicateKeyCommandOutput];
  RotateKeyOnDemand: [Kms.RotateKeyOnDemandCommandInput, Kms.RotateKeyOnDemandCommandOutput];
  ScheduleKeyDeletion: [Kms.ScheduleKeyDeletionCommandInput, Kms.ScheduleKeyDeletionCommandOutput];
  TagResource: [Kms.TagResourceCommandInput, Kms.TagResourceCommandOutput];
  UntagResource: [Kms.UntagResourceCommandInput, Kms.UntagResourceCommandOutput];
  UpdateAlias: [Kms.UpdateAliasCommandInput, Kms.UpdateAliasCommandOutput];
  UpdateKeyDescription: [Kms.UpdateKeyDescriptionCommandInput, Kms.UpdateKeyDescriptionCommandOutput];
  UpdatePrimaryRegion: [Kms.UpdatePrimaryRegionCommandInput, Kms.UpdatePrimaryRegionCommandOutput];
  GetCallerIdentity: [Sts.GetCallerIdentityCommandInput, Sts.GetCallerIdentityCommandOutput];
  GetResources: [Tagging.GetResourcesCommandInput, Tagging.GetResourcesCommandOutput];
  SimulatePrincipalPolicy: [Iam.SimulatePrincipalPolicyCommandInput, Iam.SimulatePrincipalPolicyCommandOutput];
}

/** An API that this package calls. There is no other way to AWS than through one of these. */
export type AwsApi = keyof Operations;

/** What an API takes. */
export type InputOf<Api extends AwsApi> = Operations[Api][0];

/** What an API answers, without the SDK's own remarks. */
export type OutputOf<Api extends AwsApi> = Omit<Operations[Api][1], "$metadata">;

/** One call: a single request, neither paced nor repeated. */
export type AwsCall<Api extends AwsApi> = (
  input: InputOf<Api>,
  options: { readonly abortSignal?: AbortSignal },
) => Promise<OutputOf<Api>>;

/** The SDK, narrowed to what is used of it. */
export type AwsCalls = { readonly [Api in AwsApi]: AwsCall<Api> };

/** The APIs that belong to another service than AWS KMS. */
const elsewhere: Readonly<Partial<Record<AwsApi, AwsServiceName>>> = {
  GetCallerIdentity: "sts",
  GetResources: "tagging",
  SimulatePrincipalPolicy: "iam",
};

/** The service that an API belongs to. */
export const serviceOf = (api: AwsApi): AwsServiceName => elsewhere[api] ?? "kms";

/** The permission that an API needs, as IAM policies name it. */
export const iamAction = (api: AwsApi): string => `${serviceOf(api) === "tagging" ? "tag" : serviceOf(api)}:${api}`;
