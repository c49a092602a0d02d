import type { AzureTier } from "../azure-connection";
import type { AzureCurve, AzureKeyOperation } from "../azure-key-type";

/** Who the credentials belong to: claims of the access token. */
export interface AzureCaller {
  readonly tenantId: string;
  /** `oid`. */
  readonly objectId: string;
  /** `appid` or `azp`; absent for a user. */
  readonly clientId?: string;
}

/** A vault or managed HSM as Azure Resource Manager tells it. */
export interface VaultFacts {
  readonly name: string;
  /** Without a slash at its end. */
  readonly url: string;
  readonly tier: AzureTier;
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly location: string;
  readonly purgeProtection: boolean;
  /** 7 to 90. */
  readonly retentionDays: number;
}

/** What can be asked of a vault's keys: the key permissions of an access policy, the data actions of RBAC. */
export const vaultPermissions = [
  ...(["get", "list", "update", "create", "import", "delete"] as const),
  ...(["recover", "backup", "restore", "purge", "getrotationpolicy", "setrotationpolicy"] as const),
] as const;
export type VaultPermission = (typeof vaultPermissions)[number];

/** Attributes of one version of a key (KeyAttributes), narrowed. */
export interface KeyVersionFacts {
  /** `https://HOST/keys/NAME/VERSION`. */
  readonly id: string;
  readonly name: string;
  /** 32 hex digits. */
  readonly version: string;
  readonly enabled: boolean;
  readonly notBefore?: Date;
  readonly expiresOn?: Date;
  readonly createdOn: Date;
  readonly updatedOn: Date;
  /** As Azure names it, such as `Recoverable+Purgeable` or `CustomizedRecoverable`. */
  readonly recoveryLevel: string;
  readonly recoverableDays?: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** One version with its public key (KeyBundle), narrowed. */
export interface VaultKeyFacts extends KeyVersionFacts {
  /** `RSA`, `RSA-HSM`, `EC`, `EC-HSM`, `oct`, `oct-HSM`. */
  readonly kty: string;
  readonly curve?: AzureCurve;
  /** Modulus length of an RSA key. */
  readonly bits?: number;
  readonly operations: readonly string[];
  /** SubjectPublicKeyInfo (DER); absent for oct keys. */
  readonly publicKey?: Buffer;
}

/** A soft-deleted key (DeletedKeyBundle), narrowed. All its versions went with it. */
export interface DeletedVaultKey {
  readonly name: string;
  readonly recoveryId: string;
  readonly deletedOn: Date;
  /** When Azure removes it for ever. */
  readonly scheduledPurgeDate: Date;
  readonly recoveryLevel: string;
  /** Of the version that was newest. */
  readonly version: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Attributes of a version that can be changed later. A date can be moved, and never be taken away again. */
export interface VersionSettings {
  readonly enabled?: boolean;
  readonly notBefore?: Date;
  readonly expiresOn?: Date;
  readonly operations?: readonly AzureKeyOperation[];
  /** All tags; what is not named goes. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** What a key has from the moment it is made. */
export interface NewVersionSettings {
  readonly enabled: boolean;
  readonly notBefore?: Date;
  readonly expiresOn?: Date;
  readonly operations: readonly AzureKeyOperation[];
  readonly tags: Readonly<Record<string, string>>;
}

/** A key that Azure makes itself. Over an existing name it is a new version. */
export interface CreateVaultKeyRequest extends NewVersionSettings {
  readonly name: string;
  readonly kty: "RSA" | "RSA-HSM" | "EC" | "EC-HSM" | "oct-HSM";
  readonly curve?: AzureCurve;
  readonly bits?: number;
}

/** The rotation policy of a key, narrowed. Source: Update Key Rotation Policy of the data plane. */
export interface VaultRotationPolicy {
  /** ISO 8601 duration such as `P90D`, from creation of a version; absent: no rotation by itself. */
  readonly rotateAfter?: string;
  /** ISO 8601 duration before the expiry of a version; this package sets none, others may have. */
  readonly rotateBeforeExpiry?: string;
  /** ISO 8601 duration, at least `P28D`: how long each version is valid; absent: no expiry. */
  readonly expiresAfter?: string;
  /** ISO 8601 duration before expiry at which Event Grid tells. */
  readonly notifyBefore?: string;
}

/** A key that wraps material for imports: RSA-HSM, and nothing but `import` among its operations. */
export interface VaultWrappingKey {
  /** With its version. */
  readonly id: string;
  /** SubjectPublicKeyInfo (DER). */
  readonly publicKey: Buffer;
  /** SHA-256 (hex) of it. */
  readonly publicKeySha256: string;
  readonly bits: number;
  /** Azure may give such keys an expiry of its own, some days ahead. */
  readonly expiresOn?: Date;
}

/** Sizes of wrapping keys, in bits. */
export const wrappingKeySizes = [2048, 3072, 4096] as const;
export type WrappingKeySize = (typeof wrappingKeySizes)[number];

/** What a wrapping key is made of. */
export interface MakeWrappingKeyRequest {
  readonly name: string;
  readonly bits: WrappingKeySize;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * The calls of Key Vault (or Managed HSM) and Azure Resource Manager that a lifecycle uses, retried and with errors mapped to `ByokError`. Reads of
 * something that certainly does not exist return undefined and never stand for an authorisation or network error. It has no call that sends
 * material of a token: only the custodian has.
 */
export interface KeyVaultPort {
  caller(): Promise<AzureCaller>;
  /** Vaults and managed HSMs that the credentials see in Resource Manager; undefined where they may not look or nothing answers. */
  vaults(): Promise<readonly VaultFacts[] | undefined>;
  /** Which of the permissions are certainly missing, found by calls that change nothing (a random name, an empty body). */
  missingPermissions(asked: readonly VaultPermission[]): Promise<readonly VaultPermission[]>;
  /** Without a version: the newest. */
  getKey(name: string, version?: string): Promise<VaultKeyFacts | undefined>;
  /** All versions, oldest first; none where there is no such key. */
  listVersions(name: string): Promise<readonly KeyVersionFacts[]>;
  /** Newest version of each key of the vault, as pages of 25 arrive. */
  listKeys(): AsyncIterable<KeyVersionFacts>;
  listDeleted(): AsyncIterable<DeletedVaultKey>;
  createKey(request: CreateVaultKeyRequest): Promise<VaultKeyFacts>;
  makeWrappingKey(request: MakeWrappingKeyRequest): Promise<VaultWrappingKey>;
  /** A `.byok` file that was made elsewhere, which nothing but this vault's hardware opens. */
  importByok(request: ImportWrappedRequest): Promise<VaultKeyFacts>;
  updateVersion(name: string, version: string, settings: VersionSettings): Promise<VaultKeyFacts>;
  /** A new version that Azure makes, by the key's rotation policy. */
  rotate(name: string): Promise<VaultKeyFacts>;
  rotationPolicy(name: string): Promise<VaultRotationPolicy | undefined>;
  setRotationPolicy(name: string, policy: VaultRotationPolicy): Promise<void>;
  getDeleted(name: string): Promise<DeletedVaultKey | undefined>;
  /** All versions; answers once the deleted key shows. Undefined: there was none. */
  deleteKey(name: string): Promise<DeletedVaultKey | undefined>;
  /** Answers once the key shows again. */
  recoverKey(name: string): Promise<void>;
  /** For ever; what is gone already is success. */
  purgeKey(name: string): Promise<void>;
  /** Encrypted by Azure; it can be restored in the same subscription and geography only. */
  backupKey(name: string): Promise<Buffer>;
  restoreKey(backup: Buffer): Promise<VaultKeyFacts>;
}

/** An import of wrapped material: a new version of the name. */
export interface ImportWrappedRequest extends NewVersionSettings {
  readonly name: string;
  readonly kty: "RSA-HSM" | "EC-HSM" | "oct-HSM";
  readonly curve?: AzureCurve;
  /** The whole `.byok` file. */
  readonly byok: Buffer;
}

/** A private key in clear, by the names of a JSON Web Key (RFC 7518 §6). Who makes it wipes it. */
export type ClearPrivateKey =
  | ({ readonly kty: "RSA" } & Readonly<Record<"n" | "e" | "d" | "p" | "q" | "dp" | "dq" | "qi", Buffer>>)
  | ({ readonly kty: "EC"; readonly crv: AzureCurve } & Readonly<Record<"x" | "y" | "d", Buffer>>);

/** An import of material in clear: a new version of the name, protected by software. */
export interface ImportClearRequest extends NewVersionSettings {
  readonly name: string;
  readonly key: ClearPrivateKey;
}

/** The calls that only the custodian makes, over its own verified connection. */
export interface KeyVaultImportPort {
  caller(): Promise<AzureCaller>;
  getKey(name: string, version?: string): Promise<VaultKeyFacts | undefined>;
  makeWrappingKey(request: MakeWrappingKeyRequest): Promise<VaultWrappingKey>;
  deleteKey(name: string): Promise<DeletedVaultKey | undefined>;
  importWrapped(request: ImportWrappedRequest): Promise<VaultKeyFacts>;
  importClear(request: ImportClearRequest): Promise<VaultKeyFacts>;
  /** One block under A256CBC with the given initialisation vector, without padding; for proofs. */
  encryptBlock(keyId: string, iv: Buffer, block: Buffer): Promise<Buffer>;
}
