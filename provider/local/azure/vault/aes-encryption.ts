import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { badParameter } from "../azure-error";

/** One AES algorithm: how long its key is, and how it works. */
export interface AesAlgorithm {
  readonly bits: number | "any";
  readonly mode: "gcm" | "cbc" | "cbc-pad" | "wrap" | "wrap-pad";
}

/** JsonWebKeyEncryptionAlgorithm, the symmetric ones. */
export function aesAlgorithm(name: string): AesAlgorithm | undefined {
  if (name === "CKM_AES_KEY_WRAP") return { bits: "any", mode: "wrap" };
  if (name === "CKM_AES_KEY_WRAP_PAD") return { bits: "any", mode: "wrap-pad" };
  const [, bits, mode] = /^A(128|192|256)(GCM|CBC|CBCPAD|KW)$/.exec(name) ?? [];
  if (bits === undefined) return undefined;
  const modes = { GCM: "gcm", CBC: "cbc", CBCPAD: "cbc-pad", KW: "wrap" } as const;
  return mode === "GCM" || mode === "CBC" || mode === "CBCPAD" || mode === "KW"
    ? { bits: Number(bits), mode: modes[mode] }
    : undefined;
}

export interface AesParts {
  readonly value: Buffer;
  readonly iv?: Buffer | undefined;
  readonly aad?: Buffer | undefined;
  readonly tag?: Buffer | undefined;
}

export function encryptAes(key: Buffer, { mode }: AesAlgorithm, { value, iv, aad }: AesParts): AesParts {
  const bits = String(key.length * 8);
  if (mode === "gcm") {
    // The service makes the nonce; one that the caller gives is not taken.
    const nonce = randomBytes(12);
    const cipher = createCipheriv(gcmName(key), key, nonce);
    if (aad !== undefined) cipher.setAAD(aad);
    const sealed = Buffer.concat([cipher.update(value), cipher.final()]);
    return { value: sealed, iv: nonce, tag: cipher.getAuthTag(), aad };
  }
  if (mode === "wrap" || mode === "wrap-pad")
    return { value: run(() => createCipheriv(wrapName(bits, mode), key, wrapIv(mode)), value) };
  const vector = requireVector(iv);
  if (mode === "cbc" && value.length % 16 !== 0) throw badParameter("The value's length is no multiple of 16 bytes.");
  const sealed = run(() => createCipheriv(`aes-${bits}-cbc`, key, vector).setAutoPadding(mode === "cbc-pad"), value);
  return { value: sealed, iv: vector };
}

export function decryptAes(key: Buffer, { mode }: AesAlgorithm, { value, iv, aad, tag }: AesParts): AesParts {
  const bits = String(key.length * 8);
  if (mode === "gcm") {
    if (iv?.length !== 12 || tag?.length !== 16) throw badParameter("AES-GCM needs iv (12 bytes) and tag (16 bytes).");
    return {
      value: run(() => {
        const decipher = createDecipheriv(gcmName(key), key, iv).setAuthTag(tag);
        return aad === undefined ? decipher : decipher.setAAD(aad);
      }, value),
    };
  }
  if (mode === "wrap" || mode === "wrap-pad")
    return { value: run(() => createDecipheriv(wrapName(bits, mode), key, wrapIv(mode)), value) };
  const vector = requireVector(iv);
  return {
    value: run(() => createDecipheriv(`aes-${bits}-cbc`, key, vector).setAutoPadding(mode === "cbc-pad"), value),
  };
}

interface Transform {
  update(data: Buffer): Buffer;
  final(): Buffer;
}

function run(make: () => Transform, value: Buffer): Buffer {
  try {
    const transform = make();
    return Buffer.concat([transform.update(value), transform.final()]);
  } catch {
    throw badParameter("The value does not fit the algorithm and the key.");
  }
}

function gcmName(key: Buffer): "aes-128-gcm" | "aes-192-gcm" | "aes-256-gcm" {
  return key.length === 16 ? "aes-128-gcm" : key.length === 24 ? "aes-192-gcm" : "aes-256-gcm";
}

/** Default initial values of RFC 3394 section 2.2.3 and RFC 5649 section 3. */
const wrapIv = (mode: "wrap" | "wrap-pad"): Buffer =>
  Buffer.from(mode === "wrap" ? "a6a6a6a6a6a6a6a6" : "a65959a6", "hex");

const wrapName = (bits: string, mode: "wrap" | "wrap-pad"): string =>
  `id-aes${bits}-wrap${mode === "wrap" ? "" : "-pad"}`;

function requireVector(iv: Buffer | undefined): Buffer {
  if (iv?.length !== 16) throw badParameter("AES-CBC needs an iv of 16 bytes.");
  return iv;
}
