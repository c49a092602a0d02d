import type { FileWrap } from "../file-wrap";
import type { KeySpec } from "../key-spec";
import type { TokenReport } from "../token";
import type { KeyTraits } from "../token-holding";
import type { WrappingAlgorithm } from "../wrapping";
import type { Fingerprint, UnwrapQuestion } from "./custodian";

/** One key (for asymmetric types: the pair) in a token, found by its CKA_ID. */
export interface TokenKey {
  /** CKA_ID, 32 hex digits; unique by our making, checked whenever it is used. */
  readonly id: string;
  /** CKA_LABEL, whole. */
  readonly label: string;
  readonly spec: KeySpec;
  /** CKA_EXTRACTABLE. */
  readonly extractable: boolean;
}

/** What to generate. CKA_ID is random and made by the adapter. */
export interface TokenGenerateRequest {
  readonly spec: KeySpec;
  readonly label: string;
  /** True: a key-encryption key, which may unwrap (CKA_UNWRAP). Such a key is never wrapped itself. */
  readonly unwraps?: boolean;
}

/** Material that arose outside the token: secret key bytes, or a private key as PKCS#8 (DER). */
export type ForeignMaterial = { readonly spec: KeySpec } & (
  | { readonly clear: Buffer }
  /** Encrypted under the key of the token that has CKA_ID `kek`. */
  | { readonly wrapped: Buffer; readonly kek: string; readonly wrap: FileWrap }
);

/** What tells material apart and tells nothing about it. */
export interface ForeignFacts {
  readonly fingerprint: Fingerprint;
  /** Three bytes, hex. */
  readonly checkValue: string;
  /** SubjectPublicKeyInfo (DER) of a pair. */
  readonly publicKey?: Buffer;
}

/**
 * A logged-in PKCS#11 token, narrowed to what the custodian needs. Handles never leave it: keys are named by CKA_ID and looked
 * up again whenever a handle went stale. A removed token is recovered from (drain, C_Finalize, C_Initialize, login) by the next call.
 *
 * Raises `ByokError` with BYOK_TOKEN_* and BYOK_KEY_* codes; every CKR code is mapped in one table.
 */
export interface TokenPort {
  /** Identity, and abilities found by self-test; the self-test runs once a process. */
  report(): Promise<TokenReport>;
  /** Secret and private keys of this token whose label carries our mark. */
  listKeys(): Promise<readonly TokenKey[]>;
  findKey(id: string): Promise<TokenKey | undefined>;
  /** Where a key came from, and whether it may unwrap others. */
  traits(id: string): Promise<KeyTraits>;
  generate(request: TokenGenerateRequest): Promise<TokenKey>;
  setLabel(id: string, label: string): Promise<void>;
  /**
   * Wraps a key for an import under `publicKey` (SPKI, DER): OAEP directly, or composed (ephemeral AES-256 generated in the token,
   * RFC 5649, OAEP of the ephemeral, ephemeral destroyed). The key's attributes are read again first and a drifted template is
   * refused with BYOK_KEY_DRIFTED; CKA_EXTRACTABLE=false with BYOK_KEY_NOT_EXPORTABLE, whatever the token itself enforces.
   */
  wrap(id: string, publicKey: Buffer, algorithm: WrappingAlgorithm, history?: "made" | "brought"): Promise<Buffer>;
  /**
   * Why the token cannot take material of a type in, encrypted this way, or undefined where it can: found by doing it with throw-away keys. `kept`: also to
   * keep it as an object of the token.
   */
  unwrapRefusal(question: UnwrapQuestion): Promise<string | undefined>;
  /** Takes the material in as an object of the session, looks at it, and destroys it. @throws ByokError BYOK_MATERIAL_INVALID */
  inspectForeign(material: ForeignMaterial): Promise<ForeignFacts>;
  /**
   * Takes the material in as an object of the session, wraps it as {@link wrap} does, and destroys it. Material with another fingerprint than the one
   * that is expected is not wrapped.
   */
  wrapForeign(
    material: ForeignMaterial,
    expected: Fingerprint,
    publicKey: Buffer,
    algorithm: WrappingAlgorithm,
  ): Promise<Buffer>;
  /** HMAC of a message under material of an HMAC type. */
  macForeign(material: ForeignMaterial, message: Buffer): Promise<Buffer>;
  /** Keeps the material as a key of the token, with the uses that a generated one has. */
  keepForeign(material: ForeignMaterial, label: string): Promise<TokenKey>;
  fingerprint(id: string): Promise<Fingerprint>;
  /** Three bytes, hex. */
  checkValue(id: string): Promise<string>;
  /** SubjectPublicKeyInfo (DER) of an asymmetric key. */
  publicKey(id: string): Promise<Buffer>;
  /** HMAC of a message under an HMAC key with the SHA-2 hash of its spec; AES-CMAC under an AES key, where the token has that. */
  mac(id: string, message: Buffer): Promise<Buffer>;
  /** Signs in the token; for tests of sameness and for proofs. RSA: RSASSA_PKCS1_V1_5_SHA_256; EC: ECDSA over SHA-256, DER. */
  sign(id: string, message: Buffer): Promise<Buffer>;
  /** Sets CKA_EXTRACTABLE=false. */
  close(id: string): Promise<void>;
  destroy(id: string): Promise<void>;
  /** Small private data objects (CKO_DATA) whose label starts with `prefix`. */
  listData(prefix: string): Promise<readonly { readonly label: string; readonly value: Buffer }[]>;
  /** Writes a data object, replacing the one of the same label: the new one is created before the old one is destroyed. */
  putData(label: string, value: Buffer): Promise<void>;
  deleteData(label: string): Promise<void>;
  /** Drains running operations, logs out and finalizes. Nothing may be called after it. */
  shutdown(): Promise<void>;
}
