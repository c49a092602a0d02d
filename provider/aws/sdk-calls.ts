import { iamRegion, type AwsServiceName } from "../model/aws-partitions";
import type { AwsCalls } from "./aws-calls";
import type { AwsIdentity } from "./credential-source";
import type { EndpointUrls } from "./endpoints";
import { loadIam, loadKms, loadSts, loadTagging } from "./load-sdk";
import { sdkSettings, type RequestHandler } from "./sdk-settings";

/** What the clients of one connection are made of. */
export interface SdkParts {
  readonly region: string;
  readonly endpoints: EndpointUrls;
  readonly handlers: Readonly<Record<AwsServiceName, RequestHandler>>;
  readonly credentials: () => Promise<AwsIdentity>;
}

/** The calls of this package over the AWS SDK. Each client is made when its service is first asked; a request is sent once. */
export function sdkCalls(parts: SdkParts): AwsCalls {
  const { region, endpoints, handlers } = parts;
  // The SDK must not keep credentials for itself, or renewed ones would never be seen.
  const credentials = Object.assign(() => parts.credentials(), { memoized: true });
  const settings = { ...sdkSettings, region, credentials, maxAttempts: 1 };
  const kmsClient = once(() => {
    return new (loadKms().KMSClient)({ ...settings, endpoint: endpoints.kms, requestHandler: handlers.kms });
  });
  const stsClient = once(() => {
    return new (loadSts().STSClient)({ ...settings, endpoint: endpoints.sts, requestHandler: handlers.sts });
  });
  const taggingClient = once(() => {
    const { ResourceGroupsTaggingAPIClient } = loadTagging();
    const endpoint = endpoints.tagging ?? endpoints.kms;
    return new ResourceGroupsTaggingAPIClient({ ...settings, endpoint, requestHandler: handlers.tagging });
  });
  const iamClient = once(() => {
    const endpoint = endpoints.iam ?? endpoints.kms;
    return new (loadIam().IAMClient)({
      ...settings,
      region: iamRegion(region),
      endpoint,
      requestHandler: handlers.iam,
    });
  });
  return {
    CancelKeyDeletion: (input, options) => kmsClient().send(new (loadKms().CancelKeyDeletionCommand)(input), options),
    CreateAlias: (input, options) => kmsClient().send(new (loadKms().CreateAliasCommand)(input), options),
    CreateKey: (input, options) => kmsClient().send(new (loadKms().CreateKeyCommand)(input), options),
    DeleteAlias: (input, options) => kmsClient().send(new (loadKms().DeleteAliasCommand)(input), options),
    DeleteImportedKeyMaterial: (input, options) =>
      kmsClient().send(new (loadKms().DeleteImportedKeyMaterialCommand)(input), options),
    DescribeKey: (input, options) => kmsClient().send(new (loadKms().DescribeKeyCommand)(input), options),
    DisableKey: (input, options) => kmsClient().send(new (loadKms().DisableKeyCommand)(input), options),
    EnableKey: (input, options) => kmsClient().send(new (loadKms().EnableKeyCommand)(input), options),
    GenerateMac: (input, options) => kmsClient().send(new (loadKms().GenerateMacCommand)(input), options),
    GetKeyLastUsage: (input, options) => kmsClient().send(new (loadKms().GetKeyLastUsageCommand)(input), options),
    GetKeyPolicy: (input, options) => kmsClient().send(new (loadKms().GetKeyPolicyCommand)(input), options),
    GetKeyRotationStatus: (input, options) =>
      kmsClient().send(new (loadKms().GetKeyRotationStatusCommand)(input), options),
    GetParametersForImport: (input, options) =>
      kmsClient().send(new (loadKms().GetParametersForImportCommand)(input), options),
    GetPublicKey: (input, options) => kmsClient().send(new (loadKms().GetPublicKeyCommand)(input), options),
    ImportKeyMaterial: (input, options) => kmsClient().send(new (loadKms().ImportKeyMaterialCommand)(input), options),
    ListAliases: (input, options) => kmsClient().send(new (loadKms().ListAliasesCommand)(input), options),
    ListGrants: (input, options) => kmsClient().send(new (loadKms().ListGrantsCommand)(input), options),
    ListKeys: (input, options) => kmsClient().send(new (loadKms().ListKeysCommand)(input), options),
    ListKeyRotations: (input, options) => kmsClient().send(new (loadKms().ListKeyRotationsCommand)(input), options),
    ListResourceTags: (input, options) => kmsClient().send(new (loadKms().ListResourceTagsCommand)(input), options),
    PutKeyPolicy: (input, options) => kmsClient().send(new (loadKms().PutKeyPolicyCommand)(input), options),
    ReplicateKey: (input, options) => kmsClient().send(new (loadKms().ReplicateKeyCommand)(input), options),
    RotateKeyOnDemand: (input, options) => kmsClient().send(new (loadKms().RotateKeyOnDemandCommand)(input), options),
    ScheduleKeyDeletion: (input, options) =>
      kmsClient().send(new (loadKms().ScheduleKeyDeletionCommand)(input), options),
    TagResource: (input, options) => kmsClient().send(new (loadKms().TagResourceCommand)(input), options),
    UntagResource: (input, options) => kmsClient().send(new (loadKms().UntagResourceCommand)(input), options),
    UpdateAlias: (input, options) => kmsClient().send(new (loadKms().UpdateAliasCommand)(input), options),
    UpdateKeyDescription: (input, options) =>
      kmsClient().send(new (loadKms().UpdateKeyDescriptionCommand)(input), options),
    UpdatePrimaryRegion: (input, options) =>
      kmsClient().send(new (loadKms().UpdatePrimaryRegionCommand)(input), options),
    GetCallerIdentity: (input, options) => stsClient().send(new (loadSts().GetCallerIdentityCommand)(input), options),
    GetResources: (input, options) => taggingClient().send(new (loadTagging().GetResourcesCommand)(input), options),
    SimulatePrincipalPolicy: (input, options) =>
      iamClient().send(new (loadIam().SimulatePrincipalPolicyCommand)(input), options),
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
