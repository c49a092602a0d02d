import { createHash, createPublicKey, verify, type KeyObject } from "node:crypto";
import { ByokError } from "../model/errors";
import type { Handle, Session } from "./cryptoki";
import { curves, type CurveSpec } from "./key-spec-forms";
import { signMessage, signWith } from "./sign-with-key";
import { CKM } from "./pkcs11-constants";

/** y² = x³ + ax + b over the field of p; G has the order n, and the cofactor is 1 (SEC 2 v2 §2, FIPS 186-5). All p are 3 modulo 4. */
interface Curve {
  readonly p: bigint;
  readonly a: bigint;
  readonly b: bigint;
  readonly n: bigint;
  readonly g: Point;
}
interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

const curve = (p: string, a: bigint, b: string, n: string, x: string, y: string): Curve => {
  const number = (hex: string): bigint => BigInt(`0x${hex}`);
  const field = number(p);
  return { p: field, a: (a + field) % field, b: number(b), n: number(n), g: { x: number(x), y: number(y) } };
};

const domains: Readonly<Record<CurveSpec, Curve>> = {
  EC_P256: curve(
    "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
    -3n,
    "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
  ),
  EC_P384: curve(
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
    -3n,
    "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef",
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
    "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
  ),
  EC_P521: curve(
    "1ff".padEnd(131, "f"),
    -3n,
    "051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00",
    "1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
    "0c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66",
    "11839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650",
  ),
  EC_SECP256K1: curve(
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f",
    0n,
    "7",
    "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
  ),
};

const first = Buffer.from("pulumi-byok/recover/1/a\0", "ascii");
const second = Buffer.from("pulumi-byok/recover/1/b\0", "ascii");

/**
 * The public half of a private key that came without one: tokens tell neither the point nor the scalar of an unwrapped EC key. A signature fits a few public
 * keys (SEC 1 v2 §4.1.6), and a second one tells which of them. Only public values are computed with.
 *
 * @returns the uncompressed point (SEC 1 §2.3.3)
 */
export async function recoverEcPoint(session: Session, key: Handle, spec: CurveSpec): Promise<Buffer> {
  const digest = createHash("sha256").update(first).digest();
  const signature = await signWith(session, key, CKM.ECDSA, digest);
  const other = await signMessage(session, key, spec, second);
  const { bytes } = curves[spec];
  for (const { x, y } of candidates(domains[spec], digest, signature)) {
    const [xBytes, yBytes] = [asBytes(x, bytes), asBytes(y, bytes)];
    if (verify("sha256", second, publicKeyOf(spec, xBytes, yBytes), other)) {
      return Buffer.concat([Buffer.from([0x04]), xBytes, yBytes]);
    }
  }
  throw new ByokError("BYOK_TOKEN_FAILED", "The token's ECDSA signatures fit no public key of the curve.", {
    hint: "Use another token for keys of this type.",
  });
}

function candidates(domain: Curve, digest: Buffer, signature: Buffer): readonly Point[] {
  const { p, a, b, n, g } = domain;
  const half = signature.length / 2;
  const [r, s] = [asNumber(signature.subarray(0, half)), asNumber(signature.subarray(half))];
  // SHA-256 is no longer than any of these orders.
  const e = asNumber(digest);
  const found: Point[] = [];
  for (let x = r; x < p; x += n) {
    const square = mod(x * x * x + a * x + b, p);
    const root = power(square, (p + 1n) / 4n, p);
    if (mod(root * root, p) !== square) continue;
    for (const y of [root, p - root]) {
      const inverse = inverseOf(r, n);
      const sum = add(
        domain,
        multiply(domain, { x, y }, mod(s * inverse, n)),
        multiply(domain, g, mod(-e * inverse, n)),
      );
      if (sum !== undefined) found.push(sum);
    }
  }
  return found;
}

const mod = (value: bigint, modulus: bigint): bigint => ((value % modulus) + modulus) % modulus;

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = mod(base, modulus);
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** The extended Euclidean algorithm; an order of magnitude faster than Fermat's theorem. */
function inverseOf(value: bigint, modulus: bigint): bigint {
  let [rest, other] = [mod(value, modulus), modulus];
  let [factor, last] = [1n, 0n];
  while (rest > 1n) {
    const quotient = other / rest;
    [other, rest] = [rest, other - quotient * rest];
    [last, factor] = [factor, last - quotient * factor];
  }
  return mod(factor, modulus);
}

/** Undefined is the point at infinity. */
function add({ p, a }: Curve, one: Point | undefined, other: Point | undefined): Point | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  if (one.x === other.x && mod(one.y + other.y, p) === 0n) return undefined;
  const slope =
    one.x === other.x
      ? mod((3n * one.x * one.x + a) * inverseOf(mod(2n * one.y, p), p), p)
      : mod((other.y - one.y) * inverseOf(mod(other.x - one.x, p), p), p);
  const x = mod(slope * slope - one.x - other.x, p);
  return { x, y: mod(slope * (one.x - x) - one.y, p) };
}

function multiply(domain: Curve, point: Point, factor: bigint): Point | undefined {
  let sum: Point | undefined;
  let double: Point | undefined = point;
  for (let rest = factor; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) sum = add(domain, sum, double);
    double = add(domain, double, double);
  }
  return sum;
}

const asNumber = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString("hex")}`);
const asBytes = (value: bigint, bytes: number): Buffer =>
  Buffer.from(value.toString(16).padStart(2 * bytes, "0"), "hex");

const publicKeyOf = (spec: CurveSpec, x: Buffer, y: Buffer): KeyObject =>
  createPublicKey({
    key: { kty: "EC", crv: curves[spec].jwk, x: x.toString("base64url"), y: y.toString("base64url") },
    format: "jwk",
  });
