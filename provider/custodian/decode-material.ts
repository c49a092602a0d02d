import { createHash, createPrivateKey, type KeyObject } from "node:crypto";
import { ByokError } from "../model/errors";
import type { FileEncoding } from "../model/file-wrap";
import { isAsymmetric, keySpecFacts, type KeySpec } from "../model/key-spec";

/** What stands before the content in the digest of a file, so that it is nothing that another protocol computes. It stands in states. */
const digestDomain = "pulumi-byok/file/1\0";

/** Tells whether a file holds something else than before. */
export const fileDigest = (content: Buffer): string =>
  createHash("sha256").update(digestDomain, "ascii").update(content).digest("hex");

/**
 * The bytes of a file.
 *
 * @throws ByokError BYOK_MATERIAL_INVALID
 */
export function decodeFile(content: Buffer, encoding: FileEncoding): Buffer {
  if (encoding === "raw") {
    if (content.length > 0) return Buffer.from(content);
    throw invalidFile("is empty.");
  }
  // Of a text file every character may be line-broken, as many tools write it.
  const text = content.toString("latin1").replace(/\s+/g, "");
  if (text === "") throw invalidFile("is empty.");
  if (content.includes("-----BEGIN"))
    throw invalidFile(`is PEM text. Write DER: openssl pkey -in FILE -outform DER -out NEW, with encoding: "raw".`);
  const isFit =
    encoding === "hex" ? /^(?:[0-9a-fA-F]{2})+$/ : /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
  if (isFit.test(text)) return Buffer.from(text, encoding);
  throw invalidFile(`is not ${encoding === "hex" ? "hex digits" : "base64"}, as material.encoding says.`);
}

/**
 * Refuses bytes that are no material of the type: another length, or no PKCS#8 of such a key.
 *
 * @throws ByokError BYOK_MATERIAL_INVALID
 */
export function requireMaterial(bytes: Buffer, spec: KeySpec): void {
  const { bits } = keySpecFacts[spec];
  if (!isAsymmetric(spec)) {
    if (8 * bytes.length === bits) return;
    throw invalidFile(`holds ${bytes.length} bytes, and ${spec} material has ${bits / 8}.`);
  }
  const found = typeOf(privateKeyOf(bytes, spec));
  if (found !== spec) throw invalidFile(`holds ${found ?? "a key of another type"}, and material.spec is ${spec}.`);
}

function privateKeyOf(bytes: Buffer, spec: KeySpec): KeyObject {
  const parsed = parsedAs(bytes, "pkcs8");
  if (parsed !== undefined) return parsed;
  if (bytes.includes("-----BEGIN")) throw invalidFile(`is PEM text. ${rewrite("pkey -in FILE -outform DER -out NEW")}`);
  const old = (["sec1", "pkcs1"] as const).find((type) => parsedAs(bytes, type) !== undefined);
  const toPkcs8 = rewrite("pkcs8 -topk8 -nocrypt -inform DER -in FILE -outform DER -out NEW");
  if (old !== undefined)
    throw invalidFile(`is a private key as ${old === "sec1" ? "SEC 1" : "PKCS#1"}, and PKCS#8 is wanted. ${toPkcs8}`);
  throw invalidFile(`is no unencrypted private key of type ${spec} as PKCS#8 (DER).`);
}

const rewrite = (command: string): string => `Rewrite it: openssl ${command}`;

function parsedAs(bytes: Buffer, type: "pkcs8" | "sec1" | "pkcs1"): KeyObject | undefined {
  try {
    return createPrivateKey({ key: bytes, format: "der", type });
  } catch {
    return undefined;
  }
}

const curveSpecs: Readonly<Record<string, KeySpec>> = {
  prime256v1: "EC_P256",
  secp384r1: "EC_P384",
  secp521r1: "EC_P521",
  secp256k1: "EC_SECP256K1",
};

function typeOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  if (asymmetricKeyType === "rsa") return `RSA_${asymmetricKeyDetails?.modulusLength ?? ""}`;
  return asymmetricKeyType === "ec" ? curveSpecs[asymmetricKeyDetails?.namedCurve ?? ""] : undefined;
}

/** The message continues the name of the property; nothing of the material stands in it. */
const invalidFile = (fault: string): ByokError =>
  new ByokError("BYOK_MATERIAL_INVALID", `material.file ${fault}`, { property: "material.file" });
