import { keySpecFacts, type KeySpec } from "./key-spec";
import type { OaepHash, TokenAbilities } from "./token";

/** WrappingAlgorithm of GetParametersForImport, for the algorithms that this package composes in a token. */
export type WrappingAlgorithm =
  "RSAES_OAEP_SHA_1" | "RSAES_OAEP_SHA_256" | "RSA_AES_KEY_WRAP_SHA_1" | "RSA_AES_KEY_WRAP_SHA_256";

/** WrappingKeySpec of GetParametersForImport. */
export const wrappingKeySpecs = ["RSA_2048", "RSA_3072", "RSA_4096"] as const;
export type WrappingKeySpec = (typeof wrappingKeySpecs)[number];

/** How material of one key type travels to AWS from one token. */
export interface Wrapping {
  readonly algorithm: WrappingAlgorithm;
  readonly wrappingKeySpec: WrappingKeySpec;
  /** True: the blob may end in zero bytes inside the wrap, because the token pads private keys. */
  readonly padded: boolean;
}

/** Why no permitted way exists, and what would open one. */
export interface WrappingRefusal {
  readonly refused: string;
  readonly hint: string;
}

/** What the choice depends on. */
export interface WrappingQuestion {
  readonly spec: KeySpec;
  readonly abilities: TokenAbilities;
  readonly minOaepHash: OaepHash;
  /** Default RSA_4096. */
  readonly wrappingKeySpec?: WrappingKeySpec | undefined;
  /** AWS partition of the target. */
  readonly partition: string;
  /** For the message: what the token calls itself. */
  readonly tokenModel?: string | undefined;
}

/** The partition whose KMS does not take RSA private keys under RSA_AES_KEY_WRAP (GetParametersForImport). */
const partitionWithoutRsaImport = "aws-cn";

const hashNames: Readonly<Record<OaepHash, string>> = { sha1: "SHA-1", sha256: "SHA-256" };

/**
 * Picks the strongest way that key type, cloud, token and policy allow, or says why there is none. Private keys always go
 * through RSA_AES_KEY_WRAP: tokens differ in whether they take a private key under OAEP directly.
 */
export function chooseWrapping(question: WrappingQuestion): Wrapping | WrappingRefusal {
  const { spec, abilities, minOaepHash, partition } = question;
  const wrappingKeySpec = question.wrappingKeySpec ?? "RSA_4096";
  const token = question.tokenModel === undefined ? "this token" : `this token (${question.tokenModel})`;
  const { family } = keySpecFacts[spec];
  if (!abilities.specs.includes(spec)) {
    return {
      refused: `${token} cannot generate ${spec} keys.`,
      hint: `It makes ${abilities.specs.join(", ")}. Choose one of these, or another token.`,
    };
  }
  if (family === "rsa" && partition === partitionWithoutRsaImport) {
    return {
      refused: `AWS imports no RSA key material in the partition ${partition}.`,
      hint: "Use a symmetric, HMAC or EC key there.",
    };
  }
  const composed = family === "rsa" || family === "ec";
  if (composed && abilities.keyWrapPadding === "none") {
    return {
      refused: `${spec} travels as RSA_AES_KEY_WRAP, which needs AES key wrap with padding (RFC 5649), and ${token} has none.`,
      hint: "Use an AES-256 or HMAC key with this token, or a token with CKM_AES_KEY_WRAP_KWP.",
    };
  }
  const hash = abilities.oaepHashes.includes("sha256") ? "sha256" : abilities.oaepHashes[0];
  if (hash === undefined) {
    return {
      refused: `${token} has no RSA-OAEP, which every import to AWS needs.`,
      hint: "Use a token with CKM_RSA_PKCS_OAEP.",
    };
  }
  if (hash === "sha1" && minOaepHash === "sha256") {
    return {
      refused: `${token} wraps with OAEP ${hashNames.sha1} only, and ${hashNames.sha256} is asked for.`,
      hint: 'Set minOaepHash: "sha1" on the source group, or use a token with OAEP SHA-256.',
    };
  }
  const suffix = hash === "sha256" ? "SHA_256" : "SHA_1";
  return {
    algorithm: composed ? `RSA_AES_KEY_WRAP_${suffix}` : `RSAES_OAEP_${suffix}`,
    wrappingKeySpec,
    padded: composed && abilities.keyWrapPadding === "pads" && padsWhenWrapped(spec),
  };
}

/** Key types whose PKCS#8 length is a multiple of 8 bytes, so that a padding token wraps them exactly. */
const exactUnderPadding: readonly KeySpec[] = ["EC_P384", "EC_SECP256K1"];

const padsWhenWrapped = (spec: KeySpec): boolean => !exactUnderPadding.includes(spec);

/** The OAEP hash inside a wrapping algorithm. */
export const oaepHashOf = (algorithm: WrappingAlgorithm): OaepHash => (algorithm.endsWith("SHA_1") ? "sha1" : "sha256");

/** True where the blob is OAEP(ephemeral AES-256) ‖ RFC 5649(material). */
export const isComposed = (algorithm: WrappingAlgorithm): boolean => algorithm.startsWith("RSA_AES_KEY_WRAP");
