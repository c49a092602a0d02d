import { createPublicKey, type KeyObject } from "node:crypto";
import { ByokError } from "../model/errors";
import { template } from "./attributes";
import type { Handle, Session } from "./cryptoki";
import { CKK, CKO } from "./pkcs11-constants";

/** An RSA public key that material is wrapped under. */
export interface WrappingPublicKey {
  readonly modulus: Buffer;
  readonly exponent: Buffer;
}

/** RSA_2048, RSA_3072 and RSA_4096 of GetParametersForImport. */
const modulusBytes: readonly number[] = [256, 384, 512];

/**
 * Reads a wrapping key and refuses one that would wrap weakly.
 *
 * @throws ByokError BYOK_WRAP_REFUSED
 */
export function readWrappingPublicKey(spki: Buffer): WrappingPublicKey {
  const { n, e } = parse(spki)?.export({ format: "jwk" }) ?? {};
  if (n === undefined || e === undefined) throw refused("is no RSA public key (SubjectPublicKeyInfo, DER)");
  const modulus = Buffer.from(n, "base64url");
  const exponent = Buffer.from(e, "base64url");
  if (!modulusBytes.includes(modulus.length) || (modulus[0] ?? 0) < 0x80) {
    throw refused("has neither 2048 nor 3072 nor 4096 bits");
  }
  const value = BigInt(`0x${exponent.toString("hex")}`);
  // NIST SP 800-56B §6.2: odd, and at least 65537.
  if (value < 65537n || value % 2n === 0n) throw refused("has an exponent that is even or below 65537");
  return { modulus, exponent };
}

/** The wrapping key as an object of the session; the caller destroys it. */
export const importWrappingKey = ({ cryptoki, handle }: Session, { modulus, exponent }: WrappingPublicKey): Handle =>
  cryptoki.C_CreateObject(
    handle,
    template({
      CLASS: CKO.PUBLIC_KEY,
      KEY_TYPE: CKK.RSA,
      TOKEN: false,
      PRIVATE: false,
      WRAP: true,
      MODULUS: modulus,
      PUBLIC_EXPONENT: exponent,
    }),
  );

function parse(spki: Buffer): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: spki, format: "der", type: "spki" });
    return key.asymmetricKeyType === "rsa" ? key : undefined;
  } catch {
    return undefined;
  }
}

const refused = (why: string): ByokError =>
  new ByokError("BYOK_WRAP_REFUSED", `The wrapping key ${why}.`, {
    hint: "Nothing was wrapped. A wrapping key must come fresh from the cloud that the material goes to.",
  });
