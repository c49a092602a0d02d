import { keySpecFacts, type KeySpec } from "./key-spec";
import type { OaepHash } from "./token";

/**
 * How material in a file is encrypted under a key of the token. `AES_KWP`: AES key wrap with padding (RFC 5649); `AES_KW`: without
 * (RFC 3394); `RSA_AES_SHA1` and `RSA_AES_SHA256`: RSA-OAEP, with that hash for label and MGF1, of an AES-256 key, followed by AES_KWP under that key
 * (CKM_RSA_AES_KEY_WRAP, PKCS#11 v3.1 §6.1.25).
 */
export const fileWraps = ["AES_KWP", "AES_KW", "RSA_AES_SHA1", "RSA_AES_SHA256"] as const;
export type FileWrap = (typeof fileWraps)[number];

/** How bytes stand in a file. */
export const fileEncodings = ["raw", "base64", "hex"] as const;
export type FileEncoding = (typeof fileEncodings)[number];

/** The way that goes without saying for a key-encryption key. */
export const defaultFileWrap = (kek: KeySpec): FileWrap =>
  keySpecFacts[kek].family === "rsa" ? "RSA_AES_SHA256" : "AES_KWP";

/** Key types that can unwrap. */
export const canUnwrap = (spec: KeySpec): boolean => ["aes", "rsa"].includes(keySpecFacts[spec].family);

/** The OAEP hash of a way under RSA, or undefined. */
export const hashOfFileWrap = (wrap: FileWrap): OaepHash | undefined =>
  wrap === "RSA_AES_SHA1" ? "sha1" : wrap === "RSA_AES_SHA256" ? "sha256" : undefined;

/** Why material of a type cannot come this way, or undefined. Whether the token can is found out by {@link TokenPort.unwrapRefusal}. */
export function fileWrapFault(
  wrap: FileWrap,
  kek: KeySpec,
  spec: KeySpec,
  minOaepHash: OaepHash,
): { readonly property: "kek" | "wrap"; readonly reason: string } | undefined {
  const { family } = keySpecFacts[kek];
  const needed = wrap.startsWith("RSA") ? "rsa" : "aes";
  if (family !== needed) {
    return {
      property: "wrap",
      reason: `${wrap} needs ${needed === "rsa" ? "an RSA" : "an AES_256"} key, and kek is ${kek}. Under ${kek} write ${family === "rsa" ? '"RSA_AES_SHA256" or "RSA_AES_SHA1"' : '"AES_KWP" or "AES_KW"'}.`,
    };
  }
  if (wrap === "AES_KW" && !takesWithoutPadding(spec)) {
    return {
      property: "wrap",
      reason: `AES_KW (RFC 3394) takes whole blocks of 8 bytes, which ${spec} material is not. Have it encrypted with AES_KWP (RFC 5649).`,
    };
  }
  if (wrap === "RSA_AES_SHA1" && minOaepHash === "sha256") {
    return {
      property: "wrap",
      reason: `RSA_AES_SHA1 is OAEP with SHA-1, and the source group asks for SHA-256. Set minOaepHash: "sha1" there, or have it encrypted with RSA_AES_SHA256.`,
    };
  }
  return undefined;
}

/** Secret keys of whole blocks; the DER of a private key has any length. */
const takesWithoutPadding = (spec: KeySpec): boolean => {
  const { family, bits } = keySpecFacts[spec];
  return (family === "aes" || family === "hmac") && bits % 64 === 0;
};

/** Bytes of a wrapped secret key (RFC 5649 and RFC 3394: one block of 8 more, padded); undefined for private keys, whose DER differs in length. */
export function wrappedLength(spec: KeySpec): number | undefined {
  const { family, bits } = keySpecFacts[spec];
  if (family === "rsa" || family === "ec") return undefined;
  return 8 * Math.ceil(bits / 64) + 8;
}
