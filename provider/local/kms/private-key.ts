import { type KeyObject, createPrivateKey } from "node:crypto";
import { AwsError, invalidCiphertext } from "../aws-error";
import { derLength } from "../crypto/der-length";
import type { KeySpecName } from "../store/records";
import { keySpecs } from "./key-specs";

export interface ParsedPrivateKey {
  /** The key encoded anew, so that one key has one encoding whoever wrote it. */
  readonly der: Buffer;
  readonly trailingZeroBytes: number;
}

export function incorrectMaterial(message: string): AwsError {
  return new AwsError("IncorrectKeyMaterialException", message);
}

/**
 * Reads an unwrapped private key. Some tokens pad the PKCS#8 structure with zero bytes before they wrap it; these are
 * accepted and counted, unless `strict`.
 */
export function parsePrivateKey(unwrapped: Buffer, spec: KeySpecName, strict: boolean): ParsedPrivateKey {
  const end = derLength(unwrapped);
  if (end === undefined || end > unwrapped.length)
    throw incorrectMaterial("The key material is not a PKCS#8 structure.");
  const rest = unwrapped.subarray(end);
  if (rest.length > 0 && (strict || rest.some((byte) => byte !== 0))) throw invalidCiphertext();
  const key = readPkcs8(unwrapped.subarray(0, end));
  requireSpec(key, spec);
  return { der: key.export({ format: "der", type: "pkcs8" }), trailingZeroBytes: rest.length };
}

function readPkcs8(der: Buffer): KeyObject {
  try {
    return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  } catch {
    throw incorrectMaterial("The key material is not a private key in PKCS#8 form.");
  }
}

function requireSpec(key: KeyObject, specName: KeySpecName): void {
  const spec = keySpecs[specName];
  const details = key.asymmetricKeyDetails;
  const fits =
    spec.family === "rsa"
      ? key.asymmetricKeyType === "rsa" && details?.modulusLength === spec.size
      : key.asymmetricKeyType === "ec" && details?.namedCurve === spec.curve;
  if (!fits) throw incorrectMaterial(`The key material does not match the key spec ${specName}.`);
}
