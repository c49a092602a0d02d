import type { KeyObject } from "node:crypto";
import { checkSignature, makeSignature } from "../../crypto/signatures";
import { badParameter } from "../azure-error";
import type { CurveName, KeyVersion } from "../records";

interface SignatureAlgorithm {
  /** Bytes of the digest that the caller made. */
  readonly digest: number;
  /** Its name among {@link makeSignature}'s. */
  readonly name: string;
  readonly curve?: CurveName;
}

/** JsonWebKeySignatureAlgorithm for RSA and elliptic-curve keys (RFC 7518 section 3, RFC 8812). */
const algorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  RS256: { digest: 32, name: "RSASSA_PKCS1_V1_5_SHA_256" },
  RS384: { digest: 48, name: "RSASSA_PKCS1_V1_5_SHA_384" },
  RS512: { digest: 64, name: "RSASSA_PKCS1_V1_5_SHA_512" },
  PS256: { digest: 32, name: "RSASSA_PSS_SHA_256" },
  PS384: { digest: 48, name: "RSASSA_PSS_SHA_384" },
  PS512: { digest: 64, name: "RSASSA_PSS_SHA_512" },
  ES256: { digest: 32, name: "ECDSA_SHA_256", curve: "P-256" },
  ES384: { digest: 48, name: "ECDSA_SHA_384", curve: "P-384" },
  ES512: { digest: 64, name: "ECDSA_SHA_512", curve: "P-521" },
  ES256K: { digest: 32, name: "ECDSA_SHA_256", curve: "P-256K" },
};

const coordinateBytes: Readonly<Record<CurveName, number>> = { "P-256": 32, "P-384": 48, "P-521": 66, "P-256K": 32 };

export function signDigestOf(version: KeyVersion, key: KeyObject, algorithm: string, digest: Buffer): Buffer {
  const { name, curve } = requireAlgorithm(version, algorithm, digest);
  const signature = makeSignature(key, name, { bytes: digest, isDigest: true });
  return curve === undefined ? signature : toConcatenated(signature, coordinateBytes[curve]);
}

export function verifyDigestOf(
  version: KeyVersion,
  key: KeyObject,
  algorithm: string,
  digest: Buffer,
  signature: Buffer,
): boolean {
  const { name, curve } = requireAlgorithm(version, algorithm, digest);
  if (curve === undefined) return checkSignature(key, name, { bytes: digest, isDigest: true }, signature);
  if (signature.length !== 2 * coordinateBytes[curve]) return false;
  return checkSignature(key, name, { bytes: digest, isDigest: true }, toDer(signature));
}

function requireAlgorithm({ kty, curve }: KeyVersion, name: string, digest: Buffer): SignatureAlgorithm {
  const algorithm = algorithms[name];
  if (algorithm === undefined) throw badParameter(`Property alg has invalid value. ${name} is not supported.`);
  if (algorithm.curve === undefined ? !kty.startsWith("RSA") : algorithm.curve !== curve)
    throw badParameter(
      `Key and signing key algorithm are incompatible. The key is of type ${kty} and the algorithm is ${name}.`,
    );
  if (digest.length !== algorithm.digest)
    throw badParameter(`The digest of ${name} is ${String(algorithm.digest)} bytes long.`);
  return algorithm;
}

/** R || S of JSON web signatures out of SEQUENCE { r, s }. */
function toConcatenated(der: Buffer, size: number): Buffer {
  const start = der[1] === 0x81 ? 3 : 2;
  const first = readInteger(der, start);
  const second = readInteger(der, start + 2 + first.length);
  return Buffer.concat([first, second].map((integer) => leftPad(integer, size)));
}

function readInteger(der: Buffer, at: number): Buffer {
  return der.subarray(at + 2, at + 2 + (der[at + 1] ?? 0));
}

function leftPad(integer: Buffer, size: number): Buffer {
  const digits = integer.subarray(Math.max(0, integer.length - size));
  return Buffer.concat([Buffer.alloc(size - digits.length), digits]);
}

function toDer(signature: Buffer): Buffer {
  const half = signature.length / 2;
  const body = Buffer.concat([writeInteger(signature.subarray(0, half)), writeInteger(signature.subarray(half))]);
  const header = body.length < 0x80 ? [0x30, body.length] : [0x30, 0x81, body.length];
  return Buffer.concat([Buffer.from(header), body]);
}

function writeInteger(bytes: Buffer): Buffer {
  const from = bytes.findIndex((byte) => byte !== 0);
  const digits = from < 0 ? Buffer.from([0]) : bytes.subarray(from);
  const value = (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits;
  return Buffer.concat([Buffer.from([0x02, value.length]), value]);
}
