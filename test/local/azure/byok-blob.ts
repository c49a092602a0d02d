import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes } from "node:crypto";
import type { KeyVaultKey } from "@azure/keyvault-keys";

/*
 * Makes a key transfer blob as a token would, with node:crypto alone: independent of the code that opens it and of the code that
 * wraps in tokens.
 */

export interface BlobOptions {
  readonly oaepHash?: "sha1" | "sha256";
  readonly cipher?: "id-aes256-wrap-pad" | "id-aes256-wrap";
  readonly kid?: string;
  readonly header?: Readonly<Record<string, string>>;
  /** Changes the ciphertext. */
  readonly tamper?: boolean;
}

export function makeBlob(exchangeKey: KeyVaultKey, material: Buffer, options: BlobOptions = {}): Buffer {
  const { oaepHash = "sha1", cipher: name = "id-aes256-wrap-pad", tamper = false } = options;
  const { n, e } = exchangeKey.key ?? {};
  const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("base64url");
  const key = createPublicKey({ key: { kty: "RSA", n: text(n), e: text(e) }, format: "jwk" });
  const ephemeral = randomBytes(32);
  const sealed = publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, ephemeral);
  const iv = Buffer.from(name === "id-aes256-wrap" ? "a6a6a6a6a6a6a6a6" : "a65959a6", "hex");
  const cipher = createCipheriv(name, ephemeral, iv);
  const padded =
    name === "id-aes256-wrap" ? Buffer.concat([material, Buffer.alloc((8 - (material.length % 8)) % 8)]) : material;
  const blob = Buffer.concat([sealed, cipher.update(padded), cipher.final()]);
  if (tamper) blob[blob.length - 1] = (blob.at(-1) ?? 0) ^ 1;
  return Buffer.from(
    JSON.stringify({
      schema_version: "1.0.0",
      header: { kid: options.kid ?? exchangeKey.id, alg: "dir", enc: "CKM_RSA_AES_KEY_WRAP", ...options.header },
      ciphertext: blob.toString("base64url"),
      generator: "test",
    }),
  );
}
