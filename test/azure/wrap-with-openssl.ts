import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/**
 * A `.byok` file as somebody makes it who has nothing but OpenSSL, the wrapping key's public key and id, and the guide.
 *
 * @param material - PKCS#8 (DER), or the bytes of an AES key
 */
export function wrapWithOpenssl(
  wrappingKey: { readonly id: string; readonly publicKeyPem: string },
  material: Buffer,
): Buffer {
  const folder = mkdtempSync(path.join(os.tmpdir(), "byok-openssl-"));
  const file = (name: string): string => path.join(folder, name);
  const openssl = (...args: readonly string[]): Buffer =>
    execFileSync("openssl", args, { stdio: ["ignore", "pipe", "pipe"] });
  try {
    const ephemeral = randomBytes(32);
    writeFileSync(file("kek.pem"), wrappingKey.publicKeyPem);
    writeFileSync(file("aes"), ephemeral);
    writeFileSync(file("key"), material);
    const oaep = ["rsa_padding_mode:oaep", "rsa_oaep_md:sha1", "rsa_mgf1_md:sha1"].flatMap((each) => [
      "-pkeyopt",
      each,
    ]);
    openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", file("kek.pem"), ...oaep, "-in", file("aes"), "-out", file("1"));
    const key = ["-K", ephemeral.toString("hex"), "-iv", "A65959A6"];
    openssl("enc", "-id-aes256-wrap-pad", "-e", ...key, "-in", file("key"), "-out", file("2"));
    const ciphertext = Buffer.concat([readFileSync(file("1")), readFileSync(file("2"))]);
    return Buffer.from(
      JSON.stringify({
        schema_version: "1.0.0",
        header: { kid: wrappingKey.id, alg: "dir", enc: "CKM_RSA_AES_KEY_WRAP" },
        ciphertext: ciphertext.toString("base64url"),
        generator: "OpenSSL",
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
