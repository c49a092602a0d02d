import { unsupported, validationError } from "../aws-error";
import type { KeySpecName, KeyUsageName } from "../store/records";

/** What one key spec is and what it can do. */
export interface KeySpec {
  readonly family: "symmetric" | "hmac" | "rsa" | "ec";
  readonly usages: readonly KeyUsageName[];
  /** Bytes of a symmetric or HMAC key, bits of an RSA modulus, 0 for curves. */
  readonly size: number;
  /** OpenSSL's name of the curve. */
  readonly curve?: string;
  readonly encryption?: readonly string[];
  readonly signing?: readonly string[];
  readonly mac?: string;
}

const rsaEncryption = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"];
const rsaSigning = [
  "RSASSA_PKCS1_V1_5_SHA_256",
  "RSASSA_PKCS1_V1_5_SHA_384",
  "RSASSA_PKCS1_V1_5_SHA_512",
  "RSASSA_PSS_SHA_256",
  "RSASSA_PSS_SHA_384",
  "RSASSA_PSS_SHA_512",
];

function rsa(size: number): KeySpec {
  return {
    family: "rsa",
    usages: ["ENCRYPT_DECRYPT", "SIGN_VERIFY"],
    size,
    encryption: rsaEncryption,
    signing: rsaSigning,
  };
}

function hmac(size: number, mac: string): KeySpec {
  return { family: "hmac", usages: ["GENERATE_VERIFY_MAC"], size, mac };
}

function ec(curve: string, signing: string, usages: readonly KeyUsageName[]): KeySpec {
  return { family: "ec", usages, size: 0, curve, signing: [signing] };
}

const signOrAgree = ["SIGN_VERIFY", "KEY_AGREEMENT"] as const;

/** "Key spec reference" of the AWS KMS developer guide, the specs that accept imported material. */
export const keySpecs: Readonly<Record<KeySpecName, KeySpec>> = {
  SYMMETRIC_DEFAULT: { family: "symmetric", usages: ["ENCRYPT_DECRYPT"], size: 32, encryption: ["SYMMETRIC_DEFAULT"] },
  HMAC_224: hmac(28, "HMAC_SHA_224"),
  HMAC_256: hmac(32, "HMAC_SHA_256"),
  HMAC_384: hmac(48, "HMAC_SHA_384"),
  HMAC_512: hmac(64, "HMAC_SHA_512"),
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: ec("prime256v1", "ECDSA_SHA_256", signOrAgree),
  ECC_NIST_P384: ec("secp384r1", "ECDSA_SHA_384", signOrAgree),
  ECC_NIST_P521: ec("secp521r1", "ECDSA_SHA_512", signOrAgree),
  ECC_SECG_P256K1: ec("secp256k1", "ECDSA_SHA_256", ["SIGN_VERIFY"]),
};

/** The usage of a new key: given, or the only default there is. */
export function usageFor(spec: KeySpecName, asked: KeyUsageName | undefined): KeyUsageName {
  if (asked === undefined) {
    if (spec === "SYMMETRIC_DEFAULT") return "ENCRYPT_DECRYPT";
    throw validationError("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.");
  }
  if (!keySpecs[spec].usages.includes(asked)) {
    throw validationError(`KeyUsage ${asked} is not compatible with KeySpec ${spec}`);
  }
  return asked;
}

export const wrappingAlgorithms = [
  "RSAES_OAEP_SHA_1",
  "RSAES_OAEP_SHA_256",
  "RSA_AES_KEY_WRAP_SHA_1",
  "RSA_AES_KEY_WRAP_SHA_256",
] as const;
export const wrappingKeySpecs = ["RSA_2048", "RSA_3072", "RSA_4096"] as const;
export type WrappingAlgorithm = (typeof wrappingAlgorithms)[number];
export type WrappingKeySpec = (typeof wrappingKeySpecs)[number];

/** "Select a wrapping algorithm" of the developer guide: which material may travel in which envelope. */
export function checkWrapping(spec: KeySpecName, algorithm: WrappingAlgorithm, wrappingKey: WrappingKeySpec): void {
  const family = keySpecs[spec].family;
  const composed = algorithm.startsWith("RSA_AES_KEY_WRAP");
  const allowed =
    family === "rsa"
      ? composed
      : family === "ec"
        ? composed || !(spec === "ECC_NIST_P521" && wrappingKey === "RSA_2048")
        : !composed;
  if (!allowed) {
    throw unsupported(
      `Wrapping algorithm ${algorithm} with wrapping key ${wrappingKey} is not supported for key spec ${spec}.`,
    );
  }
}
