import { type KeyObject, constants, createPublicKey, privateEncrypt, publicDecrypt, sign, verify } from "node:crypto";
import { signDigest, verifyDigest } from "./ecdsa-digest";
import { padPss, verifyPss } from "./pss-padding";

/** DigestInfo of RFC 8017 section 9.2, note 1, up to the digest. */
const digestInfo: Readonly<Record<string, string>> = {
  sha256: "3031300d060960864801650304020105000420",
  sha384: "3041300d060960864801650304020205000430",
  sha512: "3051300d060960864801650304020305000440",
};

export function hashOf(algorithm: string): "sha256" | "sha384" | "sha512" {
  return algorithm.endsWith("SHA_256") ? "sha256" : algorithm.endsWith("SHA_384") ? "sha384" : "sha512";
}

/** What is signed: a message that is hashed here, or a digest that the caller made. */
export interface ToSign {
  readonly bytes: Buffer;
  readonly isDigest: boolean;
}

function paddingOf(algorithm: string): { padding?: number; saltLength?: number } {
  if (algorithm.startsWith("RSASSA_PSS")) {
    return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  }
  return algorithm.startsWith("RSASSA_PKCS1") ? { padding: constants.RSA_PKCS1_PADDING } : {};
}

/** A signature as KMS returns it: PKCS#1 for RSA, DER (ANS X9.62) for ECDSA. */
export function makeSignature(key: KeyObject, algorithm: string, { bytes, isDigest }: ToSign): Buffer {
  const hash = hashOf(algorithm);
  if (!isDigest) return sign(hash, bytes, { key, ...paddingOf(algorithm) });
  if (algorithm.startsWith("ECDSA")) return signDigest(key, bytes);
  if (algorithm.startsWith("RSASSA_PKCS1")) {
    const info = Buffer.concat([Buffer.from(digestInfo[hash] ?? "", "hex"), bytes]);
    return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, info);
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, padPss(bytes, hash, bits));
}

export function checkSignature(
  key: KeyObject,
  algorithm: string,
  { bytes, isDigest }: ToSign,
  signature: Buffer,
): boolean {
  const hash = hashOf(algorithm);
  const publicKey = createPublicKey(key);
  try {
    if (!isDigest) return verify(hash, bytes, { key: publicKey, ...paddingOf(algorithm) }, signature);
    if (algorithm.startsWith("ECDSA")) return verifyDigest(publicKey, bytes, signature);
    if (algorithm.startsWith("RSASSA_PKCS1")) {
      const info = Buffer.concat([Buffer.from(digestInfo[hash] ?? "", "hex"), bytes]);
      return publicDecrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, signature).equals(info);
    }
    const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? 0;
    return verifyPss(
      publicDecrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, signature),
      bytes,
      hash,
      bits,
    );
  } catch {
    return false;
  }
}
