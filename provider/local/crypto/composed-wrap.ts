import { type KeyObject, constants, createDecipheriv, privateDecrypt } from "node:crypto";

/** The alternative initial value of RFC 5649 section 3, which OpenSSL wants named. */
const keyWrapIv = Buffer.from("a65959a6", "hex");

/** Opens RSA-OAEP of an AES-256 key, followed by the material under AES Key Wrap with Padding (CKM_RSA_AES_KEY_WRAP). Throws whatever goes wrong. */
export function openComposedWrap(blob: Buffer, hash: "sha1" | "sha256", wrappingKey: KeyObject): Buffer {
  const envelope = (wrappingKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
  const ephemeral = openOaep(blob.subarray(0, envelope), hash, wrappingKey);
  try {
    return openKeyWrap(blob.subarray(envelope), ephemeral);
  } finally {
    ephemeral.fill(0);
  }
}

/** RSAES-OAEP with one hash for label and mask. */
export function openOaep(blob: Buffer, oaepHash: "sha1" | "sha256", key: KeyObject): Buffer {
  return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, blob);
}

/** RFC 5649 with an AES-256 key; both clouds ask for that length. */
function openKeyWrap(blob: Buffer, key: Buffer): Buffer {
  const decipher = createDecipheriv("id-aes256-wrap-pad", key, keyWrapIv);
  return Buffer.concat([decipher.update(blob), decipher.final()]);
}
