import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { invalidCiphertext } from "../aws-error";
import type { KeyRecord, MaterialRecord } from "../store/records";
import { currentMaterial } from "./key-state";

const version = 1;
const ivLength = 12;
const tagLength = 16;
const materialIdLength = 32;

export type EncryptionContext = Readonly<Record<string, string>>;

/** What a symmetric ciphertext says about itself before it is opened. */
export interface CiphertextHeader {
  readonly account: string;
  readonly keyId: string;
  readonly materialId: string;
  /** The authenticated part of the header. */
  readonly bytes: Buffer;
  readonly body: Buffer;
}

/**
 * Encrypts under the current material of a key. Account, key id, material id and the encryption context are
 * authenticated, and the AES key is derived from material and key id: the same material in another KMS key does not open
 * the ciphertext, a replica with the same key id does.
 */
export function encryptSymmetric(
  key: KeyRecord,
  plaintext: Buffer,
  context: EncryptionContext,
): { blob: Buffer; materialId: string } {
  const material = currentMaterial(key);
  if (material === undefined) throw invalidCiphertext();
  const header = writeHeader(key, material.id);
  const iv = randomBytes(ivLength);
  const cipher = createCipheriv("aes-256-gcm", dataKey(key, material), iv);
  cipher.setAAD(Buffer.concat([header, canonical(context)]));
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return { blob: Buffer.concat([header, iv, cipher.getAuthTag(), sealed]), materialId: material.id };
}

/** Opens a ciphertext with the material that it names, current or not. */
export function decryptSymmetric(key: KeyRecord, header: CiphertextHeader, context: EncryptionContext): Buffer {
  const material = key.materials.find((candidate) => candidate.id === header.materialId && candidate.bytes !== null);
  if (material === undefined || header.body.length < ivLength + tagLength) throw invalidCiphertext();
  try {
    const decipher = createDecipheriv("aes-256-gcm", dataKey(key, material), header.body.subarray(0, ivLength));
    decipher.setAuthTag(header.body.subarray(ivLength, ivLength + tagLength));
    decipher.setAAD(Buffer.concat([header.bytes, canonical(context)]));
    return Buffer.concat([decipher.update(header.body.subarray(ivLength + tagLength)), decipher.final()]);
  } catch {
    throw invalidCiphertext();
  }
}

function writeHeader(key: KeyRecord, materialId: string): Buffer {
  const name = Buffer.from(`${key.account}/${key.keyId}`);
  return Buffer.concat([Buffer.from([version, name.length]), name, Buffer.from(materialId, "hex")]);
}

export function readHeader(blob: Buffer): CiphertextHeader {
  const [found, nameLength] = blob;
  if (found !== version || nameLength === undefined) throw invalidCiphertext();
  const end = 2 + nameLength + materialIdLength;
  const [account, keyId] = blob
    .subarray(2, 2 + nameLength)
    .toString("latin1")
    .split("/");
  if (blob.length < end || account === undefined || keyId === undefined) throw invalidCiphertext();
  const materialId = blob.subarray(2 + nameLength, end).toString("hex");
  return { account, keyId, materialId, bytes: blob.subarray(0, end), body: blob.subarray(end) };
}

function dataKey(key: KeyRecord, material: MaterialRecord): Buffer {
  const bytes = Buffer.from(material.bytes ?? "", "base64");
  return Buffer.from(hkdfSync("sha256", bytes, Buffer.alloc(0), `data of ${key.account}/${key.keyId}`, 32));
}

/** The order of the pairs does not matter, everything else does. */
function canonical(context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Buffer.from(JSON.stringify(pairs));
}
