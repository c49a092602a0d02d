// What the partner runs, with nothing but our public key; whatever else makes RSA-OAEP and AES key wrap with padding (RFC 5649) does as well.
//
// node encrypt-for-us.mjs PUBLIC_KEY sha1|sha256 < partner-key.clear > partner-key.bin
import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

const [publicKey, oaepHash] = process.argv.slice(2);
const key = createPublicKey({ key: Buffer.from(publicKey, "base64"), format: "der", type: "spki" });
const inner = randomBytes(32);
const cipher = createCipheriv("id-aes256-wrap-pad", inner, Buffer.from("a65959a6", "hex"));
process.stdout.write(
  Buffer.concat([
    publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, inner),
    cipher.update(readFileSync(0)),
    cipher.final(),
  ]),
);
