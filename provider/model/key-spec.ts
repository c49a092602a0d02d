/** The key types that a source key can have, in the words of this package. */
export const keySpecs = [
  "AES_256",
  "RSA_2048",
  "RSA_3072",
  "RSA_4096",
  "EC_P256",
  "EC_P384",
  "EC_P521",
  "EC_SECP256K1",
  "HMAC_224",
  "HMAC_256",
  "HMAC_384",
  "HMAC_512",
] as const;

/** One key type: algorithm and size or curve. */
export type KeySpec = (typeof keySpecs)[number];

/** How a KMS key may be used (KeyUsage of CreateKey). */
export type AwsKeyUsage = "ENCRYPT_DECRYPT" | "SIGN_VERIFY" | "GENERATE_VERIFY_MAC" | "KEY_AGREEMENT";

/** KeySpec of CreateKey for the key types whose material can be imported. */
export type AwsKeySpec =
  | "SYMMETRIC_DEFAULT"
  | "RSA_2048"
  | "RSA_3072"
  | "RSA_4096"
  | "ECC_NIST_P256"
  | "ECC_NIST_P384"
  | "ECC_NIST_P521"
  | "ECC_SECG_P256K1"
  | "HMAC_224"
  | "HMAC_256"
  | "HMAC_384"
  | "HMAC_512";

/** What is fixed for a key type. */
export interface KeySpecFacts {
  readonly family: "aes" | "rsa" | "ec" | "hmac";
  /** Key length in bits; for EC the field size of the curve. */
  readonly bits: number;
  readonly aws: AwsKeySpec;
  /** Usages that AWS allows for this key type; the first is the default. */
  readonly awsUsages: readonly [AwsKeyUsage, ...AwsKeyUsage[]];
}

const facts = (
  family: KeySpecFacts["family"],
  bits: number,
  aws: AwsKeySpec,
  ...awsUsages: readonly [AwsKeyUsage, ...AwsKeyUsage[]]
): KeySpecFacts => ({ family, bits, aws, awsUsages });

/** Facts by key type. Source: AWS KMS CreateKey (KeySpec, KeyUsage). */
export const keySpecFacts: Readonly<Record<KeySpec, KeySpecFacts>> = {
  AES_256: facts("aes", 256, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
  RSA_2048: facts("rsa", 2048, "RSA_2048", "SIGN_VERIFY", "ENCRYPT_DECRYPT"),
  RSA_3072: facts("rsa", 3072, "RSA_3072", "SIGN_VERIFY", "ENCRYPT_DECRYPT"),
  RSA_4096: facts("rsa", 4096, "RSA_4096", "SIGN_VERIFY", "ENCRYPT_DECRYPT"),
  EC_P256: facts("ec", 256, "ECC_NIST_P256", "SIGN_VERIFY", "KEY_AGREEMENT"),
  EC_P384: facts("ec", 384, "ECC_NIST_P384", "SIGN_VERIFY", "KEY_AGREEMENT"),
  EC_P521: facts("ec", 521, "ECC_NIST_P521", "SIGN_VERIFY", "KEY_AGREEMENT"),
  EC_SECP256K1: facts("ec", 256, "ECC_SECG_P256K1", "SIGN_VERIFY"),
  HMAC_224: facts("hmac", 224, "HMAC_224", "GENERATE_VERIFY_MAC"),
  HMAC_256: facts("hmac", 256, "HMAC_256", "GENERATE_VERIFY_MAC"),
  HMAC_384: facts("hmac", 384, "HMAC_384", "GENERATE_VERIFY_MAC"),
  HMAC_512: facts("hmac", 512, "HMAC_512", "GENERATE_VERIFY_MAC"),
};

/** True for key types that have a public half. */
export const isAsymmetric = (spec: KeySpec): boolean => ["rsa", "ec"].includes(keySpecFacts[spec].family);
