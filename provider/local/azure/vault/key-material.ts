import {
  type KeyObject,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  randomBytes,
  sign,
  verify,
} from "node:crypto";
import { promisify } from "node:util";
import { badParameter } from "../azure-error";
import type { CurveName, KeyType, KeyVersion } from "../records";

const generate = promisify(generateKeyPair);

/** OpenSSL's names of the curves. */
const opensslNames: Readonly<Record<CurveName, string>> = {
  "P-256": "prime256v1",
  "P-384": "secp384r1",
  "P-521": "secp521r1",
  "P-256K": "secp256k1",
};

export const rsaSizes: readonly number[] = [2048, 3072, 4096];
export const octSizes: readonly number[] = [128, 192, 256];

export interface KeyShape {
  readonly kty: KeyType;
  readonly curve: CurveName | null;
  readonly bits: number;
}

/** Material that the service makes itself. */
export async function generateMaterial({ kty, curve, bits }: KeyShape, publicExponent = 65537): Promise<Buffer> {
  if (kty === "oct-HSM") return randomBytes(bits / 8);
  const { privateKey } = kty.startsWith("RSA")
    ? await generate("rsa", { modulusLength: bits, publicExponent })
    : await generate("ec", { namedCurve: opensslNames[curve ?? "P-256"] });
  return privateKey.export({ format: "der", type: "pkcs8" });
}

export function privateKeyOf(version: KeyVersion): KeyObject {
  return createPrivateKey({ key: Buffer.from(version.material, "base64"), format: "der", type: "pkcs8" });
}

export function shapeOf(version: KeyVersion): KeyShape {
  const { kty, curve, material } = version;
  if (kty === "oct-HSM") return { kty, curve, bits: Buffer.from(material, "base64").length * 8 };
  return { kty, curve, bits: privateKeyOf(version).asymmetricKeyDetails?.modulusLength ?? 0 };
}

/** Refuses a private key that is of another kind, or whose public half does not belong to it. */
export function requireKeyPair(key: KeyObject, kty: KeyType, curve: CurveName | null): void {
  const details = key.asymmetricKeyDetails;
  if (kty.startsWith("RSA")) {
    if (key.asymmetricKeyType !== "rsa") throw badParameter("The key is not an RSA key.");
    if (!rsaSizes.includes(details?.modulusLength ?? 0))
      throw badParameter("The RSA key size is not supported: 2048, 3072 or 4096 bits.");
  } else {
    if (curve === null) throw badParameter("Property crv is missing.");
    if (key.asymmetricKeyType !== "ec") throw badParameter("The key is not an elliptic curve key.");
    if (details?.namedCurve !== opensslNames[curve]) throw badParameter(`The key is not on the curve ${curve}.`);
  }
  const message = Buffer.from("pair");
  const belongs = (): boolean => {
    try {
      return verify("sha256", message, createPublicKey(key), sign("sha256", message, key));
    } catch {
      return false;
    }
  };
  if (!belongs()) throw badParameter("The public and private parts of the key do not match.");
}

/** The public half as the JSON web key of a bundle. */
export function publicJwk(version: KeyVersion): Readonly<Record<string, string>> {
  if (version.kty === "oct-HSM") return {};
  const { n, e, x, y } = createPublicKey(privateKeyOf(version)).export({ format: "jwk" });
  const fields = version.kty.startsWith("RSA") ? { n, e } : { crv: version.curve ?? undefined, x, y };
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
