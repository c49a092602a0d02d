import { createHash } from "node:crypto";

/** A public key in PEM, of its SubjectPublicKeyInfo (DER). */
export function spkiPem(spki: Buffer): string {
  const lines = spki.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN PUBLIC KEY-----", ...lines, "-----END PUBLIC KEY-----", ""].join("\n");
}

/** SHA-256 (hex) of the public key in a text that {@link spkiPem} wrote; undefined for any other text, which may hold more than one. */
export function spkiPemSha256(pem: string): string | undefined {
  const spki = Buffer.from(pem.split("\n").slice(1, -2).join(""), "base64");
  return spkiPem(spki) === pem ? createHash("sha256").update(spki).digest("hex") : undefined;
}
