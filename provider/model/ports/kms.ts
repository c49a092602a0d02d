import type { AwsKeySpec, AwsKeyUsage } from "../key-spec";
import type { PermissionAnswer, PermissionQuestion } from "./permissions";
import type { WrappingAlgorithm, WrappingKeySpec } from "../wrapping";

/** KeyState of DescribeKey, for the states that keys with imported material can have. */
export type KmsKeyState =
  | "Creating"
  | "Enabled"
  | "Disabled"
  | "PendingImport"
  | "PendingDeletion"
  | "PendingReplicaDeletion"
  | "Unavailable"
  | "Updating";

/** What DescribeKey tells of a key (KeyMetadata), narrowed. */
export interface KmsKeyFacts {
  readonly keyId: string;
  readonly arn: string;
  readonly account: string;
  readonly region: string;
  readonly state: KmsKeyState;
  readonly origin: string;
  readonly manager: string;
  /** As AWS names it; not every value is importable. */
  readonly spec: string;
  readonly usage: string;
  readonly description: string;
  readonly multiRegion: boolean;
  /** Region of the primary of a multi-Region key; its own where it is the primary itself. */
  readonly primaryRegion?: string;
  /** Regions of the replicas of a multi-Region primary that has any. */
  readonly replicaRegions?: readonly string[];
  readonly createdAt: Date;
  readonly expires: boolean;
  readonly validTo?: Date;
  readonly deletionDate?: Date;
  /** Of a multi-Region primary that waits for its replicas: the days that count once AWS has deleted the last of them. */
  readonly pendingWindowInDays?: number;
  /** CurrentKeyMaterialId; symmetric keys only. */
  readonly keyMaterialId?: string;
}

/** One material of a symmetric key with imported material (ListKeyRotations with ALL_KEY_MATERIAL), narrowed. */
export interface KmsKeyMaterial {
  /** 64 hex digits, computed by AWS from key and material. */
  readonly keyMaterialId: string;
  /** `CURRENT`, `NON_CURRENT`, `PENDING_ROTATION` or `PENDING_MULTI_REGION_IMPORT_AND_ROTATION`. */
  readonly state: string;
  /** False once it expired or was deleted; the key is PendingImport then, whichever of its materials it is. */
  readonly imported: boolean;
  /** KeyMaterialDescription. */
  readonly description?: string;
  /** Absent: it does not expire, or is not imported. */
  readonly validTo?: Date;
  /** True where the material became current by a rotation on demand. */
  readonly rotatedOnDemand: boolean;
}

/** When a key was last used (GetKeyLastUsage), narrowed. */
export interface KmsKeyUsage {
  /** The operation, and when; absent: none since `trackedSince`. */
  readonly operation?: string;
  readonly at?: Date;
  /** Since when AWS counts: not before the key was made. */
  readonly trackedSince: Date;
  readonly createdAt?: Date;
}

/** A grant on a key (ListGrants), narrowed. */
export interface KmsGrant {
  readonly grantId: string;
  readonly grantee: string;
  readonly operations: readonly string[];
}

/** Who the credentials belong to (sts:GetCallerIdentity). */
export interface CallerIdentity {
  readonly account: string;
  readonly arn: string;
}

/** What CreateKey needs. */
export interface CreateKeyRequest {
  /** Default EXTERNAL: the material is imported. AWS_KMS: AWS makes it. */
  readonly origin?: "AWS_KMS";
  readonly spec: AwsKeySpec;
  readonly usage: AwsKeyUsage;
  readonly description: string;
  readonly multiRegion: boolean;
  /** JSON; absent: AWS's default policy. */
  readonly policy?: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** What ReplicateKey needs; it is called in the primary's Region. */
export interface ReplicateKeyRequest {
  /** Of the primary. */
  readonly keyId: string;
  /** Region of the replica. */
  readonly region: string;
  readonly description: string;
  /** JSON; absent: AWS's default policy. */
  readonly policy?: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A key found by its owner tag. */
export interface OwnedKey {
  readonly keyId: string;
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * The calls of AWS KMS and STS that a lifecycle uses, paced, retried and with errors mapped to `ByokError`. Reads of something
 * that certainly does not exist (NotFoundException, confirmed by a second look) return undefined and never stand for an
 * authorisation or network error. It has no call that fetches a wrapping key or sends material: only the custodian has.
 */
export interface KmsPort {
  callerIdentity(): Promise<CallerIdentity>;
  /** What the caller may do, as far as that can be found out without doing it; it fails only where there is no connection. */
  permissions(question: PermissionQuestion): Promise<PermissionAnswer>;
  createKey(request: CreateKeyRequest): Promise<KmsKeyFacts>;
  /** @returns "found" where there was one in that Region already, whoever made it */
  replicateKey(request: ReplicateKeyRequest): Promise<"made" | "found">;
  /** A key of that id was made in this Region by a call to another one: it may take a while to be seen. */
  expectKey(keyId: string): Promise<void>;
  /** Makes the replica in `region` the primary (UpdatePrimaryRegion); AWS does it in the background. Called in the primary's Region. */
  updatePrimaryRegion(keyId: string, region: string): Promise<void>;
  describeKey(keyId: string): Promise<KmsKeyFacts | undefined>;
  listAliases(keyId: string): Promise<readonly string[]>;
  /**
   * Key id that an alias of this account and Region points to, or undefined, which is not looked at twice: it is asked before
   * createAlias, which refuses an alias that is taken.
   */
  aliasTarget(alias: string): Promise<string | undefined>;
  listTags(keyId: string): Promise<Readonly<Record<string, string>>>;
  getPolicy(keyId: string): Promise<string>;
  /** Undefined where AWS does not tell; it never fails for what AWS answers. */
  lastUsage(keyId: string): Promise<KmsKeyUsage | undefined>;
  listGrants(keyId: string): Promise<readonly KmsGrant[]>;
  /** All materials of a symmetric key; none of other keys. */
  listMaterials(keyId: string): Promise<readonly KmsKeyMaterial[]>;
  /** DeleteImportedKeyMaterial; material that is gone already is success. Without an id: the only material of the key. */
  deleteMaterial(keyId: string, keyMaterialId?: string): Promise<void>;
  /** Makes the material that is pending rotation the current one (RotateKeyOnDemand); AWS does it in the background. */
  rotateOnDemand(keyId: string): Promise<void>;
  /** Keys whose tag `byok:owner` has this value: Resource Groups Tagging API where permitted, a paced scan else. */
  findByOwner(owner: string): Promise<readonly OwnedKey[]>;
  putPolicy(keyId: string, policy: string): Promise<void>;
  tag(keyId: string, tags: Readonly<Record<string, string>>): Promise<void>;
  untag(keyId: string, keys: readonly string[]): Promise<void>;
  setDescription(keyId: string, description: string): Promise<void>;
  enable(keyId: string): Promise<void>;
  disable(keyId: string): Promise<void>;
  createAlias(alias: string, keyId: string): Promise<void>;
  updateAlias(alias: string, keyId: string): Promise<void>;
  /** Deleting an alias that is gone is success. */
  deleteAlias(alias: string): Promise<void>;
  scheduleDeletion(keyId: string, windowInDays: number): Promise<Date>;
  cancelDeletion(keyId: string): Promise<void>;
}

/** What GetParametersForImport answers. Only the custodian ever holds one. */
export interface ImportParameters {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
  readonly importToken: Buffer;
  readonly validTo: Date;
}

/** What ImportKeyMaterial takes. */
export interface ImportMaterialRequest {
  readonly keyId: string;
  readonly importToken: Buffer;
  readonly encryptedKeyMaterial: Buffer;
  /** Absent: KEY_MATERIAL_DOES_NOT_EXPIRE. */
  readonly validTo?: Date;
  readonly importType?: "EXISTING_KEY_MATERIAL" | "NEW_KEY_MATERIAL";
  /** KeyMaterialDescription; symmetric keys only. */
  readonly description?: string;
}

/** The calls that only the custodian makes, over its own verified connection. */
export interface KmsImportPort {
  callerIdentity(): Promise<CallerIdentity>;
  describeKey(keyId: string): Promise<KmsKeyFacts | undefined>;
  getParametersForImport(
    keyId: string,
    algorithm: WrappingAlgorithm,
    wrappingKeySpec: WrappingKeySpec,
  ): Promise<ImportParameters>;
  importKeyMaterial(request: ImportMaterialRequest): Promise<{ readonly keyMaterialId?: string }>;
  /** SubjectPublicKeyInfo, DER. */
  getPublicKey(keyId: string): Promise<Buffer>;
  /** HMAC of `message` with the algorithm that fits the key spec. */
  generateMac(keyId: string, algorithm: string, message: Buffer): Promise<Buffer>;
}
