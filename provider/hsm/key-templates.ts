import { keySpecFacts, type KeySpec } from "../model/key-spec";
import { template } from "./attributes";
import type { Attribute, Mechanism } from "./cryptoki";
import { curves, isCurve } from "./key-spec-forms";
import { CKK, CKM, CKO } from "./pkcs11-constants";

/** What to call for a new key of one type. */
export type KeyRecipe =
  | { readonly kind: "secret"; readonly mechanism: Mechanism; readonly template: Attribute[] }
  | {
      readonly kind: "pair";
      readonly mechanism: Mechanism;
      readonly publicTemplate: Attribute[];
      readonly privateTemplate: Attribute[];
    };

/** Where a new key lives, and how it is found again. */
export interface KeyPlace {
  /** False: a session object, which ends with its session. */
  readonly token: boolean;
  readonly id: Buffer;
  readonly label: string;
  /** True: the key may unwrap others (CKA_UNWRAP). */
  readonly unwraps?: boolean;
}

/** 65537. */
const publicExponent = Buffer.from([1, 0, 1]);

/**
 * The template of a key that can be brought to a cloud: never readable, extractable only wrapped, and allowed nothing but
 * what shows that a copy is the same key. Every use that is not wanted is denied by name, because modules differ in their
 * defaults (SoftHSM allows all).
 */
export function keyRecipe(spec: KeySpec, place: KeyPlace): KeyRecipe {
  const { family, bits } = keySpecFacts[spec];
  const found = { TOKEN: place.token, ID: place.id, LABEL: Buffer.from(place.label, "utf8"), MODIFIABLE: true };
  const guarded = { ...found, PRIVATE: true, SENSITIVE: true, EXTRACTABLE: true, DECRYPT: false };
  const unwraps = { UNWRAP: place.unwraps === true };
  if (family === "aes" || family === "hmac") {
    return {
      kind: "secret",
      mechanism: { mechanism: family === "aes" ? CKM.AES_KEY_GEN : CKM.GENERIC_SECRET_KEY_GEN },
      template: template({
        ...guarded,
        ...unwraps,
        CLASS: CKO.SECRET_KEY,
        KEY_TYPE: family === "aes" ? CKK.AES : CKK.GENERIC_SECRET,
        VALUE_LEN: bits / 8,
        SIGN: true,
        VERIFY: family === "hmac",
        ENCRYPT: false,
        WRAP: false,
        DERIVE: false,
      }),
    };
  }
  const keyType = family === "rsa" ? CKK.RSA : CKK.EC;
  const parameters = isCurve(spec)
    ? { EC_PARAMS: curves[spec].parameters }
    : { MODULUS_BITS: bits, PUBLIC_EXPONENT: publicExponent };
  return {
    kind: "pair",
    mechanism: { mechanism: family === "rsa" ? CKM.RSA_PKCS_KEY_PAIR_GEN : CKM.EC_KEY_PAIR_GEN },
    publicTemplate: template({
      ...found,
      ...parameters,
      CLASS: CKO.PUBLIC_KEY,
      KEY_TYPE: keyType,
      PRIVATE: false,
      VERIFY: true,
      ENCRYPT: false,
      WRAP: false,
      DERIVE: false,
    }),
    privateTemplate: template({
      ...guarded,
      ...unwraps,
      CLASS: CKO.PRIVATE_KEY,
      KEY_TYPE: keyType,
      SIGN: true,
      DERIVE: false,
    }),
  };
}
