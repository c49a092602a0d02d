import { type KeyObject, constants, createDecipheriv, privateDecrypt } from "node:crypto";
import { invalidCiphertext } from "../aws-error";
import type { WrappingAlgorithm } from "./key-specs";

/** The alternative initial value of RFC 5649 section 3, which OpenSSL wants named. */
const keyWrapIv = Buffer.from("a65959a6", "hex");

/** Opens an EncryptedKeyMaterial. Whatever goes wrong is one error without a reason, as the service answers. */
export function unwrapMaterial(blob: Buffer, algorithm: WrappingAlgorithm, wrappingKey: KeyObject): Buffer {
  try {
    const hash = algorithm.endsWith("SHA_1") ? "sha1" : "sha256";
    if (!algorithm.startsWith("RSA_AES_KEY_WRAP")) return openOaep(blob, hash, wrappingKey);
    const envelope = (wrappingKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
    const ephemeral = openOaep(blob.subarray(0, envelope), hash, wrappingKey);
    try {
      return openKeyWrap(blob.subarray(envelope), ephemeral);
    } finally {
      ephemeral.fill(0);
    }
  } catch {
    throw invalidCiphertext();
  }
}

function openOaep(blob: Buffer, oaepHash: string, key: KeyObject): Buffer {
  return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, blob);
}

/** RFC 5649 with an AES-256 key; the developer guide asks for that length. */
function openKeyWrap(blob: Buffer, key: Buffer): Buffer {
  const decipher = createDecipheriv("id-aes256-wrap-pad", key, keyWrapIv);
  return Buffer.concat([decipher.update(blob), decipher.final()]);
}
