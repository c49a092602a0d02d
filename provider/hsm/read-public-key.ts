import { createPublicKey, verify, type JsonWebKeyInput } from "node:crypto";
import { ByokError } from "../model/errors";
import type { KeySpec } from "../model/key-spec";
import { readAttribute } from "./attributes";
import type { Handle, Session } from "./cryptoki";
import type { KeyObjects } from "./key-handles";
import { curves, isCurve, type CurveSpec } from "./key-spec-forms";
import { signMessage } from "./sign-with-key";

/** Signed to show that both halves belong together; the domain keeps it from being a message of anybody. */
const pairProof = Buffer.from("pulumi-byok/pair/1\0", "ascii");

/**
 * SubjectPublicKeyInfo (DER). The public half is an object of its own that anyone with write access could exchange, so the
 * private half signs, and the signature must fit.
 *
 * @throws ByokError BYOK_KEY_DRIFTED
 */
export async function readPublicKey(session: Session, objects: KeyObjects, spec: KeySpec): Promise<Buffer> {
  const source = isCurve(spec) ? ecKey(session, objects, spec) : rsaKey(session, objects.key);
  const publicKey = createPublicKey({ key: source, format: "jwk" });
  const signature = await signMessage(session, objects.key, spec, pairProof);
  if (!verify("sha256", pairProof, publicKey, signature)) {
    throw drifted("The public half in the token does not belong to the private key of the same CKA_ID.");
  }
  return publicKey.export({ format: "der", type: "spki" });
}

function rsaKey(session: Session, privateKey: Handle): JsonWebKeyInput["key"] {
  const modulus = readAttribute(session, privateKey, "MODULUS");
  const exponent = readAttribute(session, privateKey, "PUBLIC_EXPONENT");
  if (modulus === undefined || exponent === undefined) throw drifted("The private key does not tell CKA_MODULUS.");
  return { kty: "RSA", n: unsigned(modulus).toString("base64url"), e: unsigned(exponent).toString("base64url") };
}

function ecKey(session: Session, { publicKey }: KeyObjects, spec: CurveSpec): JsonWebKeyInput["key"] {
  const { bytes, jwk } = curves[spec];
  const told = publicKey === undefined ? undefined : readAttribute(session, publicKey, "EC_POINT");
  if (told === undefined) throw drifted("The public half of the key (CKA_EC_POINT) is not in the token.");
  // PKCS#11 v3.1 §6.3.3: an OCTET STRING around the point; some modules leave it out. The point itself comes last either way.
  const point = told.subarray(-(1 + 2 * bytes));
  if (point.length !== 1 + 2 * bytes || point[0] !== 0x04)
    throw drifted("CKA_EC_POINT is no point of the key's curve.");
  return {
    kty: "EC",
    crv: jwk,
    x: point.subarray(1, 1 + bytes).toString("base64url"),
    y: point.subarray(1 + bytes).toString("base64url"),
  };
}

/** A big number without leading zeros, as a JWK has it. */
const unsigned = (number: Buffer): Buffer =>
  number.subarray(
    Math.max(
      0,
      number.findIndex((byte) => byte !== 0),
    ),
  );

const drifted = (message: string): ByokError =>
  new ByokError("BYOK_KEY_DRIFTED", message, {
    hint: "Somebody changed the pair in the token. Find out who, then generate a new version.",
  });
