import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes } from "node:crypto";

/*
 * Wraps key material as a token would, with node:crypto alone: independent of the code that unwraps it and of the code
 * that wraps in tokens.
 */

export const algorithms = [
  "RSAES_OAEP_SHA_1",
  "RSAES_OAEP_SHA_256",
  "RSA_AES_KEY_WRAP_SHA_1",
  "RSA_AES_KEY_WRAP_SHA_256",
] as const;
export type Algorithm = (typeof algorithms)[number];

export const wrappingKeys = ["RSA_2048", "RSA_3072", "RSA_4096"] as const;

export function wrapMaterial(publicKeyDer: Uint8Array, algorithm: Algorithm, material: Buffer): Buffer {
  const key = createPublicKey({ key: Buffer.from(publicKeyDer), format: "der", type: "spki" });
  const oaepHash = algorithm.endsWith("SHA_1") ? "sha1" : "sha256";
  const oaep = (data: Buffer): Buffer =>
    publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, data);
  if (!algorithm.startsWith("RSA_AES_KEY_WRAP")) return oaep(material);
  const ephemeral = randomBytes(32);
  const cipher = createCipheriv("id-aes256-wrap-pad", ephemeral, Buffer.from("a65959a6", "hex"));
  return Buffer.concat([oaep(ephemeral), cipher.update(material), cipher.final()]);
}
