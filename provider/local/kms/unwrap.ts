import type { KeyObject } from "node:crypto";
import { invalidCiphertext } from "../aws-error";
import { openComposedWrap, openOaep } from "../crypto/composed-wrap";
import type { WrappingAlgorithm } from "./key-specs";

/** Opens an EncryptedKeyMaterial. Whatever goes wrong is one error without a reason, as the service answers. */
export function unwrapMaterial(blob: Buffer, algorithm: WrappingAlgorithm, wrappingKey: KeyObject): Buffer {
  try {
    const hash = algorithm.endsWith("SHA_1") ? "sha1" : "sha256";
    const open = algorithm.startsWith("RSA_AES_KEY_WRAP") ? openComposedWrap : openOaep;
    return open(blob, hash, wrappingKey);
  } catch {
    throw invalidCiphertext();
  }
}
