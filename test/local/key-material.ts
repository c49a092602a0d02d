import { generateKeyPairSync, randomBytes } from "node:crypto";

/** Every key spec that takes imported material, and how it is used. */
export const specs = {
  SYMMETRIC_DEFAULT: { usage: "ENCRYPT_DECRYPT", family: "symmetric" },
  HMAC_224: { usage: "GENERATE_VERIFY_MAC", family: "hmac" },
  HMAC_256: { usage: "GENERATE_VERIFY_MAC", family: "hmac" },
  HMAC_384: { usage: "GENERATE_VERIFY_MAC", family: "hmac" },
  HMAC_512: { usage: "GENERATE_VERIFY_MAC", family: "hmac" },
  RSA_2048: { usage: "SIGN_VERIFY", family: "rsa" },
  RSA_3072: { usage: "SIGN_VERIFY", family: "rsa" },
  RSA_4096: { usage: "SIGN_VERIFY", family: "rsa" },
  ECC_NIST_P256: { usage: "SIGN_VERIFY", family: "ec" },
  ECC_NIST_P384: { usage: "SIGN_VERIFY", family: "ec" },
  ECC_NIST_P521: { usage: "SIGN_VERIFY", family: "ec" },
  ECC_SECG_P256K1: { usage: "SIGN_VERIFY", family: "ec" },
} as const;

export type Spec = keyof typeof specs;
export const allSpecs = Object.keys(specs).filter((name): name is Spec => name in specs);

const lengths = { SYMMETRIC_DEFAULT: 32, HMAC_224: 28, HMAC_256: 32, HMAC_384: 48, HMAC_512: 64 } as const;
const curves = {
  ECC_NIST_P256: "prime256v1",
  ECC_NIST_P384: "secp384r1",
  ECC_NIST_P521: "secp521r1",
  ECC_SECG_P256K1: "secp256k1",
} as const;

const made = new Map<Spec, Buffer>();

/** Material of a spec: raw bytes, or PKCS#8 DER. RSA keys are made once, since they take seconds. */
export function materialFor(spec: Spec): Buffer {
  switch (spec) {
    case "SYMMETRIC_DEFAULT":
    case "HMAC_224":
    case "HMAC_256":
    case "HMAC_384":
    case "HMAC_512":
      return randomBytes(lengths[spec]);
    case "RSA_2048":
    case "RSA_3072":
    case "RSA_4096": {
      const known = made.get(spec) ?? newRsa(Number(spec.slice(4)));
      made.set(spec, known);
      return known;
    }
    default:
      return generateKeyPairSync("ec", { namedCurve: curves[spec] }).privateKey.export({
        format: "der",
        type: "pkcs8",
      });
  }
}

function newRsa(modulusLength: number): Buffer {
  return generateKeyPairSync("rsa", { modulusLength }).privateKey.export({ format: "der", type: "pkcs8" });
}

/** AWS's table of wrapping algorithms: which material may travel in which envelope. */
export function mayTravel(spec: Spec, algorithm: string, wrappingKey: string): boolean {
  const composed = algorithm.startsWith("RSA_AES_KEY_WRAP");
  const { family } = specs[spec];
  if (family === "rsa") return composed;
  if (family === "ec") return composed || spec !== "ECC_NIST_P521" || wrappingKey !== "RSA_2048";
  return !composed;
}
