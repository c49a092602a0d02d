import { type KeyObject, createECDH } from "node:crypto";

/*
 * ECDSA (FIPS 186-5 section 6.4) over a digest that the caller made: node:crypto hashes whatever it signs with a curve.
 * Points of the nonce come from node's ECDH; only verification adds points here. Not constant-time: the keys of a local
 * test cloud are not worth timing.
 */

interface Curve {
  readonly name: string;
  readonly p: bigint;
  readonly a: bigint;
  readonly n: bigint;
  readonly g: Point;
}

type Point = { readonly x: bigint; readonly y: bigint } | undefined;

/** Domain parameters of SEC 2, version 2. */
const curves: Readonly<Record<string, Curve>> = {
  "P-256": {
    name: "prime256v1",
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    a: -3n,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    g: generator("prime256v1"),
  },
  "P-384": {
    name: "secp384r1",
    p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
    a: -3n,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    g: generator("secp384r1"),
  },
  "P-521": {
    name: "secp521r1",
    p: (1n << 521n) - 1n,
    a: -3n,
    n: 0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    g: generator("secp521r1"),
  },
  secp256k1: {
    name: "secp256k1",
    p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn,
    a: 0n,
    n: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
    g: generator("secp256k1"),
  },
};

export function signDigest(key: KeyObject, digest: Buffer): Buffer {
  const { curve, d } = parts(key);
  for (;;) {
    const nonce = createECDH(curve.name);
    nonce.generateKeys();
    const k = toInteger(nonce.getPrivateKey());
    const r = mod(readPoint(nonce.getPublicKey()).x, curve.n);
    const s = mod(invert(k, curve.n) * (leftmostBits(digest, curve.n) + r * d), curve.n);
    if (r !== 0n && s !== 0n) return writeDer(r, s);
  }
}

export function verifyDigest(key: KeyObject, digest: Buffer, signature: Buffer): boolean {
  const { curve, q } = parts(key);
  const [r, s] = readDer(signature);
  if (r <= 0n || s <= 0n || r >= curve.n || s >= curve.n) return false;
  const w = invert(s, curve.n);
  const u1 = mod(leftmostBits(digest, curve.n) * w, curve.n);
  const u2 = mod(r * w, curve.n);
  const sum = add(curve, multiply(curve, u1, curve.g), multiply(curve, u2, q));
  return sum !== undefined && mod(sum.x, curve.n) === r;
}

function parts(key: KeyObject): { curve: Curve; d: bigint; q: Point } {
  const jwk = key.export({ format: "jwk" });
  const curve = curves[jwk.crv ?? ""];
  if (curve === undefined) throw new RangeError("not a curve of the key specs");
  const number = (text: string | undefined): bigint => toInteger(Buffer.from(text ?? "", "base64url"));
  return { curve, d: number(jwk.d), q: { x: number(jwk.x), y: number(jwk.y) } };
}

function generator(name: string): Point {
  const one = createECDH(name);
  one.setPrivateKey(Buffer.from([1]));
  return readPoint(one.getPublicKey());
}

/** The uncompressed form of SEC 1 section 2.3.3. */
function readPoint(bytes: Buffer): { x: bigint; y: bigint } {
  const half = (bytes.length - 1) / 2;
  return { x: toInteger(bytes.subarray(1, 1 + half)), y: toInteger(bytes.subarray(1 + half)) };
}

function leftmostBits(digest: Buffer, n: bigint): bigint {
  const excess = digest.length * 8 - n.toString(2).length;
  return excess > 0 ? toInteger(digest) >> BigInt(excess) : toInteger(digest);
}

function add(curve: Curve, a: Point, b: Point): Point {
  if (a === undefined) return b;
  if (b === undefined) return a;
  const { p } = curve;
  if (a.x === b.x && mod(a.y + b.y, p) === 0n) return undefined;
  const slope =
    a.x === b.x
      ? mod((3n * a.x * a.x + curve.a) * invert(2n * a.y, p), p)
      : mod((b.y - a.y) * invert(mod(b.x - a.x, p), p), p);
  const x = mod(slope * slope - a.x - b.x, p);
  return { x, y: mod(slope * (a.x - x) - a.y, p) };
}

function multiply(curve: Curve, factor: bigint, point: Point): Point {
  let result: Point;
  let addend = point;
  for (let rest = factor; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = add(curve, result, addend);
    addend = add(curve, addend, addend);
  }
  return result;
}

function mod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

/** The extended Euclidean algorithm. */
function invert(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [mod(value, modulus), modulus, 1n, 0n];
  while (a > 1n) {
    const quotient = a / b;
    [a, b] = [b, a % b];
    [x, y] = [y, x - quotient * y];
  }
  return mod(x, modulus);
}

function toInteger(bytes: Buffer): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString("hex")}`);
}

/** SEQUENCE of two INTEGERs, X.690. */
function writeDer(r: bigint, s: bigint): Buffer {
  const body = Buffer.concat([writeInteger(r), writeInteger(s)]);
  const header = body.length < 0x80 ? [0x30, body.length] : [0x30, 0x81, body.length];
  return Buffer.concat([Buffer.from(header), body]);
}

function writeInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  const padded = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02, padded.length]), padded]);
}

function readDer(signature: Buffer): [bigint, bigint] {
  const start = signature[1] === 0x81 ? 3 : 2;
  const length = signature[start - 1] ?? 0;
  if (signature[0] !== 0x30 || start + length !== signature.length) throw new RangeError("not a DER signature");
  const first = readInteger(signature, start);
  const second = readInteger(signature, first.end);
  if (second.end !== signature.length) throw new RangeError("not a DER signature");
  return [first.value, second.value];
}

function readInteger(bytes: Buffer, at: number): { value: bigint; end: number } {
  const length = bytes[at + 1] ?? 0;
  const end = at + 2 + length;
  if (bytes[at] !== 0x02 || length === 0 || end > bytes.length) throw new RangeError("not a DER integer");
  return { value: toInteger(bytes.subarray(at + 2, end)), end };
}
