import type { KeySpec } from "./key-spec";

/** Hash of RSA-OAEP and of its MGF1 (RFC 8017 §7.1); both clouds name these two. */
export type OaepHash = "sha1" | "sha256";

/**
 * How the token's RFC 5649 wrap (CKM_AES_KEY_WRAP_KWP or what stands under CKM_AES_KEY_WRAP_PAD) behaves, found by undoing a
 * wrap: `exact`; `pads` (SoftHSM 2.6.1 zero-pads the key to a multiple of 8 bytes before it wraps, so that private keys of
 * other lengths arrive with trailing zero bytes); `none`: no mechanism of the token is RFC 5649.
 */
export type KeyWrapPadding = "exact" | "pads" | "none";

/** What a token can do, found by self-test when the group connects, never by reading mechanism ids. */
export interface TokenAbilities {
  /** OAEP hashes that undo correctly, strongest last. */
  readonly oaepHashes: readonly OaepHash[];
  readonly keyWrapPadding: KeyWrapPadding;
  /** Key types that the token generates. */
  readonly specs: readonly KeySpec[];
  /** `digest-key`: C_DigestKey works on sensitive keys; `mac`: fingerprints are MACs of a constant. */
  readonly fingerprint: "digest-key" | "mac";
  /** False where C_WrapKey wraps a key with CKA_EXTRACTABLE=false; the custodian then refuses by itself. */
  readonly enforcesExtractable: boolean;
  /** True where data objects (CKO_DATA) can be stored: the token then remembers where its keys were copied to. */
  readonly storesLinks: boolean;
}

/** Who the token says it is (CK_TOKEN_INFO). */
export interface TokenIdentity {
  readonly label: string;
  readonly serial: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly firmware: string;
}

/** What connecting to a token found. */
export interface TokenReport {
  readonly identity: TokenIdentity;
  readonly abilities: TokenAbilities;
}

/** How to reach a token. The PIN is a reference, resolved inside the custodian only. */
export interface TokenConnection {
  /** Path of the PKCS#11 module, or a known module's short name such as `softhsm2`. */
  readonly module: string;
  /** CKA token label; with `serial` both must match. */
  readonly label?: string | undefined;
  readonly serial?: string | undefined;
  /** Reference to the user PIN: `file:`, `exec:` or `env:`. */
  readonly pin: string;
  /** Variables that the module reads, set before it is loaded (SOFTHSM2_CONF…). */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Library parameters for C_Initialize (NSS: its configuration string). */
  readonly parameters?: string | undefined;
}
