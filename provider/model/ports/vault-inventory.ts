import type { AzureCurve } from "../azure-key-type";
import type { AzureCaller, DeletedVaultKey, KeyVersionFacts, VaultRotationPolicy } from "./key-vault";

/** A read of a key that the caller may not make, by the key permission that it needs. */
export type DeniedVaultRead = "get" | "list" | "getrotationpolicy";

/** What the newest version of a key is (GetKey). */
export interface ListedKeyType {
  /** `RSA`, `RSA-HSM`, `EC`, `EC-HSM`, `oct-HSM`. */
  readonly kty: string;
  readonly curve?: AzureCurve;
  /** Modulus length of an RSA key. */
  readonly bits?: number;
  readonly operations: readonly string[];
}

/** One key of a vault, with all that may be read of it. */
export interface ListedVaultKey {
  readonly name: string;
  /** `https://HOST/keys/NAME`. */
  readonly keyId: string;
  /** True where the key belongs to a certificate, whose life it shares. */
  readonly ofCertificate: boolean;
  /** Of the newest version. */
  readonly enabled: boolean;
  /** Of the newest version. */
  readonly tags: Readonly<Record<string, string>>;
  /** Oldest first; empty where the versions may not be listed. */
  readonly versions: readonly KeyVersionFacts[];
  /** Absent where GetKey is not permitted. */
  readonly type?: ListedKeyType;
  /** Only where it was asked for, and the key has one. */
  readonly rotation?: VaultRotationPolicy;
  readonly denied: readonly DeniedVaultRead[];
}

/** What {@link VaultInventoryPort.keys} reads besides. */
export interface VaultListingOptions {
  /** Also the rotation policy of each key: one call a key, and the permission getrotationpolicy. */
  readonly rotations?: boolean;
}

/** Reads every key of a vault or managed HSM, retried, with errors mapped to `ByokError`. It has no call that writes. */
export interface VaultInventoryPort {
  caller(): Promise<AzureCaller>;
  /**
   * Every key, as they become known, in the order of the listing. Keys that vanish while they are read are left out.
   *
   * @throws ByokError BYOK_AZURE_ACCESS_DENIED where keys may not be listed; other reads that are denied are told in `denied`
   */
  keys(options?: VaultListingOptions): AsyncIterable<ListedVaultKey>;
  /**
   * The soft-deleted keys.
   *
   * @throws ByokError BYOK_AZURE_ACCESS_DENIED
   */
  deletedKeys(): AsyncIterable<DeletedVaultKey>;
}
