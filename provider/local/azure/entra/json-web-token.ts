import { type KeyObject, constants, sign, verify } from "node:crypto";
import { z } from "zod";

const headerSchema = z.object({
  alg: z.string(),
  kid: z.string().optional(),
  x5t: z.string().optional(),
  "x5t#S256": z.string().optional(),
});

const claimsSchema = z.record(z.string(), z.unknown());

export interface ReadToken {
  readonly header: z.infer<typeof headerSchema>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** Reads a token without trusting it; undefined where it is none. */
export function readToken(text: string): ReadToken | undefined {
  const parts = text.split(".");
  const [header = "", claims = "", signature = ""] = parts;
  if (parts.length !== 3 || signature === "") return undefined;
  try {
    return {
      header: headerSchema.parse(readJson(header)),
      claims: claimsSchema.parse(readJson(claims)),
      signed: Buffer.from(`${header}.${claims}`),
      signature: Buffer.from(signature, "base64url"),
    };
  } catch {
    return undefined;
  }
}

/** Whether the key made the signature, under one of the algorithms of client assertions (RFC 7518). */
export function isSignedBy({ header, signed, signature }: ReadToken, key: KeyObject): boolean {
  const isRsa = key.asymmetricKeyType === "rsa";
  switch (header.alg) {
    case "RS256":
      return isRsa && verify("sha256", signed, key, signature);
    case "PS256":
      return (
        isRsa && verify("sha256", signed, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }, signature)
      );
    case "ES256":
      return !isRsa && verify("sha256", signed, { key, dsaEncoding: "ieee-p1363" }, signature);
    default:
      return false;
  }
}

export function makeToken(header: object, claims: object, key: KeyObject): string {
  const signed = `${writeJson({ typ: "JWT", alg: "RS256", ...header })}.${writeJson(claims)}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), key).toString("base64url")}`;
}

function readJson(part: string): unknown {
  return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
}

function writeJson(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
