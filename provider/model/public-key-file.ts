import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { keySpecFacts, type KeySpec } from "./key-spec";

/** Larger than any public key in PEM, and than any certificate. */
export const mostPublicKeyBytes = 64 * 1024;

const curves: Readonly<Partial<Record<KeySpec, string>>> = {
  EC_P256: "prime256v1",
  EC_P384: "secp384r1",
  EC_P521: "secp521r1",
  EC_SECP256K1: "secp256k1",
};

/**
 * SHA-256 (hex) of the public key in a PEM file (SubjectPublicKeyInfo, DER), or what is wrong with it as the one of a key of that type. A fault repeats nothing of
 * the file.
 */
export function readPublicKeyFile(
  content: Buffer,
  spec: KeySpec,
): { readonly sha256: string } | { readonly fault: string } {
  if (content.length > mostPublicKeyBytes) return { fault: `it is larger than ${mostPublicKeyBytes / 1024} KiB` };
  const text = content.toString("latin1");
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    return {
      fault: "it holds a private key, which whoever reads it has; nothing but the public one belongs there",
    };
  let key: KeyObject;
  try {
    key = createPublicKey({ key: text, format: "pem" });
  } catch {
    return { fault: "it holds no public key in PEM (-----BEGIN PUBLIC KEY-----)" };
  }
  const found = typeOf(key);
  const { family, bits } = keySpecFacts[spec];
  const wanted = family === "rsa" ? `RSA of ${String(bits)} bits` : `EC on ${String(curves[spec])}`;
  if (found !== wanted) return { fault: `its public key is ${found}, and ${spec} is ${wanted}` };
  return { sha256: createHash("sha256").update(canonical(key)).digest("hex") };
}

function typeOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string {
  if (type === "rsa") return `RSA of ${String(details?.modulusLength)} bits`;
  return type === "ec" ? `EC on ${String(details?.namedCurve)}` : `of type ${String(type)}`;
}

/** One encoding for equal keys: a point may be written compressed, and a JSON Web Key has it in full. */
const canonical = (key: KeyObject): Buffer =>
  createPublicKey({ key: key.export({ format: "jwk" }), format: "jwk" }).export({ format: "der", type: "spki" });
