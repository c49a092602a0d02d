import { keySpecFacts, keySpecs, type KeySpec } from "../model/key-spec";
import { numberOf, type AttributeReader } from "./attributes";
import { CKK, CKM } from "./pkcs11-constants";

/** Object identifiers of the curves (CKA_EC_PARAMS: DER of namedCurve; RFC 5480, SEC 2), and their names in a JWK (RFC 7518, RFC 8812). */
export const curves = {
  EC_P256: { parameters: Buffer.from("06082a8648ce3d030107", "hex"), jwk: "P-256", bytes: 32 },
  EC_P384: { parameters: Buffer.from("06052b81040022", "hex"), jwk: "P-384", bytes: 48 },
  EC_P521: { parameters: Buffer.from("06052b81040023", "hex"), jwk: "P-521", bytes: 66 },
  EC_SECP256K1: { parameters: Buffer.from("06052b8104000a", "hex"), jwk: "secp256k1", bytes: 32 },
} as const;

export type CurveSpec = keyof typeof curves;

export const isCurve = (spec: KeySpec): spec is CurveSpec => spec in curves;

/** HMAC mechanism of each HMAC key type: SHA-2 of the key's own length. */
const hmacMechanisms: Partial<Record<KeySpec, number>> = {
  HMAC_224: CKM.SHA224_HMAC,
  HMAC_256: CKM.SHA256_HMAC,
  HMAC_384: CKM.SHA384_HMAC,
  HMAC_512: CKM.SHA512_HMAC,
};

/** The mechanism that makes a MAC under a secret key of this type. */
export const macMechanism = (spec: KeySpec): number | undefined =>
  spec === "AES_256" ? CKM.AES_CMAC : hmacMechanisms[spec];

/** HMAC keys are made as generic secrets; those that somebody else made may have a type of their own. */
const hmacKeyTypes: readonly number[] = [
  CKK.GENERIC_SECRET,
  CKK.SHA224_HMAC,
  CKK.SHA256_HMAC,
  CKK.SHA384_HMAC,
  CKK.SHA512_HMAC,
];

const specOf = (family: string, bits: number): KeySpec | undefined =>
  keySpecs.find((spec) => keySpecFacts[spec].family === family && keySpecFacts[spec].bits === bits);

/** The key type of a secret or private key, or undefined where it is none of ours. */
export function readSpec(read: AttributeReader): KeySpec | undefined {
  const keyType = numberOf(read("KEY_TYPE"));
  if (keyType === CKK.EC) {
    const parameters = read("EC_PARAMS");
    return keySpecs.find((spec) => isCurve(spec) && parameters?.equals(curves[spec].parameters));
  }
  if (keyType === CKK.RSA) return specOf("rsa", bitLength(read("MODULUS")));
  const bits = 8 * (numberOf(read("VALUE_LEN")) ?? 0);
  if (keyType === CKK.AES) return specOf("aes", bits);
  return keyType !== undefined && hmacKeyTypes.includes(keyType) ? specOf("hmac", bits) : undefined;
}

function bitLength(number: Buffer | undefined): number {
  const digits = number?.toString("hex").replace(/^0+/, "") ?? "";
  return digits === "" ? 0 : BigInt(`0x${digits}`).toString(2).length;
}
