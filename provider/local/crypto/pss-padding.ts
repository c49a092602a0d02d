import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/*
 * EMSA-PSS of RFC 8017 section 9.1 over a digest that the caller made, which node:crypto does not offer. Salt and digest
 * have the same length, as the KMS developer guide says of its RSASSA_PSS algorithms.
 */

export function padPss(digest: Buffer, hash: string, modulusBits: number): Buffer {
  const salt = randomBytes(digest.length);
  const length = modulusBits / 8;
  const h = hashSalted(digest, salt, hash);
  const block = Buffer.alloc(length - h.length - 1);
  block[block.length - salt.length - 1] = 1;
  salt.copy(block, block.length - salt.length);
  const masked = xor(block, maskFrom(h, block.length, hash));
  // emBits is one less than the modulus: the top bit stays zero.
  masked[0] = (masked[0] ?? 0) & 0x7f;
  return Buffer.concat([masked, h, Buffer.from([0xbc])]);
}

export function verifyPss(encoded: Buffer, digest: Buffer, hash: string, modulusBits: number): boolean {
  const length = modulusBits / 8;
  if (encoded.length !== length || encoded.at(-1) !== 0xbc) return false;
  const masked = encoded.subarray(0, length - digest.length - 1);
  const h = encoded.subarray(masked.length, length - 1);
  if (((masked[0] ?? 0) & 0x80) !== 0) return false;
  const block = xor(masked, maskFrom(h, masked.length, hash));
  block[0] = (block[0] ?? 0) & 0x7f;
  const separator = block.length - digest.length - 1;
  if (block.subarray(0, separator).some((byte) => byte !== 0) || block[separator] !== 1) return false;
  return timingSafeEqual(hashSalted(digest, block.subarray(separator + 1), hash), h);
}

function hashSalted(digest: Buffer, salt: Buffer, hash: string): Buffer {
  return createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest();
}

/** MGF1, RFC 8017 appendix B.2.1. */
function maskFrom(seed: Buffer, length: number, hash: string): Buffer {
  const blocks: Buffer[] = [];
  for (let made = 0, counter = 0; made < length; counter++) {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    const block = createHash(hash).update(seed).update(count).digest();
    blocks.push(block);
    made += block.length;
  }
  return Buffer.concat(blocks).subarray(0, length);
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, index) => byte ^ (b[index] ?? 0)));
}
