import { type KeyObject, constants, createPublicKey, privateDecrypt, publicEncrypt } from "node:crypto";
import { badParameter } from "../azure-error";

export const rsaAlgorithms = ["RSA1_5", "RSA-OAEP", "RSA-OAEP-256"] as const;
export type RsaAlgorithm = (typeof rsaAlgorithms)[number];

/** RSA-OAEP is SHA-1 (RFC 7518 section 4.3). */
const oaepHash = (algorithm: RsaAlgorithm): "sha1" | "sha256" => (algorithm === "RSA-OAEP" ? "sha1" : "sha256");

export function encryptRsa(key: KeyObject, algorithm: RsaAlgorithm, data: Buffer): Buffer {
  const publicKey = createPublicKey(key);
  try {
    return algorithm === "RSA1_5"
      ? publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, data)
      : publicEncrypt(
          { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: oaepHash(algorithm) },
          data,
        );
  } catch {
    throw badParameter(`The value is too long for ${algorithm} with this key.`);
  }
}

export function decryptRsa(key: KeyObject, algorithm: RsaAlgorithm, data: Buffer): Buffer {
  try {
    return algorithm === "RSA1_5"
      ? unpad(privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, data))
      : privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: oaepHash(algorithm) }, data);
  } catch {
    throw badParameter("The value could not be decrypted.");
  }
}

/** RSAES-PKCS1-v1_5 (RFC 8017 section 7.2.2), which node decrypts no more by itself. */
function unpad(block: Buffer): Buffer {
  const end = block.indexOf(0, 2);
  if (block[0] !== 0 || block[1] !== 2 || end < 10) throw new RangeError("not padded");
  return block.subarray(end + 1);
}
