import { execFileSync } from "node:child_process";
import { constants, createDecipheriv, privateDecrypt, type KeyObject } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { isComposed, oaepHashOf, type WrappingAlgorithm } from "../../../provider/model/wrapping";

/** The material inside a blob, undone with node's own cryptography: what a cloud does with its private wrapping key. */
export function undoWithNode(blob: Buffer, wrappingKey: KeyObject, algorithm: WrappingAlgorithm): Buffer {
  const modulusBytes = (wrappingKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
  const oaepHash = oaepHashOf(algorithm);
  const head = privateDecrypt(
    { key: wrappingKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash },
    blob.subarray(0, modulusBytes),
  );
  if (!isComposed(algorithm)) return head;
  const decipher = createDecipheriv("id-aes256-wrap-pad", head, Buffer.from("a65959a6", "hex"));
  return Buffer.concat([decipher.update(blob.subarray(modulusBytes)), decipher.final()]);
}

/** The same, undone with the openssl command, so that our reading of the blob is not only node's. */
export function undoWithOpenssl(blob: Buffer, wrappingKey: KeyObject, algorithm: WrappingAlgorithm): Buffer {
  const folder = mkdtempSync(path.join(tmpdir(), "byok-undo-"));
  const file = (name: string): string => path.join(folder, name);
  const openssl = (...args: string[]): void =>
    void execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
  try {
    const modulusBytes = (wrappingKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
    const hash = oaepHashOf(algorithm);
    writeFileSync(file("key.pem"), wrappingKey.export({ format: "pem", type: "pkcs8" }), { mode: 0o600 });
    writeFileSync(file("head"), blob.subarray(0, modulusBytes));
    const oaep = ["rsa_padding_mode:oaep", `rsa_oaep_md:${hash}`, `rsa_mgf1_md:${hash}`].flatMap((option) => [
      "-pkeyopt",
      option,
    ]);
    openssl("pkeyutl", "-decrypt", "-inkey", file("key.pem"), "-in", file("head"), "-out", file("inner"), ...oaep);
    const inner = readFileSync(file("inner"));
    if (!isComposed(algorithm)) return inner;
    writeFileSync(file("body"), blob.subarray(modulusBytes));
    const cipher = ["-d", "-id-aes256-wrap-pad", "-K", inner.toString("hex"), "-iv", "A65959A6"];
    openssl("enc", ...cipher, "-in", file("body"), "-out", file("outer"));
    return readFileSync(file("outer"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** AES-CMAC by the openssl command; node has none. */
export const cmacWithOpenssl = (key: Buffer, message: Buffer): Buffer =>
  execFileSync(
    "openssl",
    ["dgst", "-binary", "-mac", "cmac", "-macopt", "cipher:aes-256-cbc", "-macopt", `hexkey:${key.toString("hex")}`],
    {
      input: message,
      stdio: ["pipe", "pipe", "pipe"],
    },
  );
