/**
 * Calls per second that AWS grants by default, by API, per account and Region. Source: AWS KMS Developer Guide, "Request
 * quotas"; for the other two services a cautious value below what they publish. All are adjustable on AWS's side, so a
 * connection may name others.
 */
const publishedQuotas: Readonly<Record<string, number>> = {
  CancelKeyDeletion: 5,
  CreateAlias: 5,
  CreateKey: 5,
  DeleteAlias: 15,
  DeleteImportedKeyMaterial: 15,
  DescribeKey: 2000,
  DisableKey: 5,
  EnableKey: 5,
  // Shared by all MAC and symmetric cryptography of the account; the proof of a copy must not crowd out applications.
  GenerateMac: 100,
  GetCallerIdentity: 100,
  GetKeyPolicy: 1000,
  GetKeyRotationStatus: 1000,
  // One call in each interval of four seconds: what bounds the speed of copying keys.
  GetParametersForImport: 0.25,
  GetPublicKey: 2000,
  GetResources: 10,
  ImportKeyMaterial: 5,
  ListAliases: 500,
  ListGrants: 100,
  ListKeys: 500,
  ListKeyRotations: 100,
  ListResourceTags: 2000,
  PutKeyPolicy: 15,
  ReplicateKey: 5,
  RotateKeyOnDemand: 5,
  ScheduleKeyDeletion: 15,
  SimulatePrincipalPolicy: 5,
  TagResource: 10,
  UntagResource: 5,
  UpdateAlias: 5,
  UpdateKeyDescription: 5,
  UpdatePrimaryRegion: 5,
};

/** For an API that the table does not name: the quota that most of KMS's writing calls have. */
const OTHERWISE = 5;

/** Calls per second that may be made of an API. */
export const quotaOf = (api: string, own: Readonly<Record<string, number>> | undefined): number =>
  own?.[api] ?? publishedQuotas[api] ?? OTHERWISE;
