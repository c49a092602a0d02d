import { createPublicKey, timingSafeEqual } from "node:crypto";
import { ByokError } from "../model/errors";
import { keySpecFacts } from "../model/key-spec";
import type { AzureProofMethod } from "../model/ports/azure-import";
import type { VaultKeyFacts } from "../model/ports/key-vault";
import type { Material } from "./material";
import type { OperationContext } from "./operation-context";
import type { VerifiedVault } from "./verified-vault";

/**
 * Shows that a version holds the material: by its public key, or for an AES key by a challenge that gives the same under both. A version that may not encrypt now
 * can be asked nothing.
 *
 * @throws ByokError BYOK_COPY_DIFFERS
 */
export async function compareVaultCopy(
  context: OperationContext,
  { vault }: VerifiedVault,
  key: VaultKeyFacts,
  material: Material,
): Promise<AzureProofMethod> {
  if (keySpecFacts[material.spec].family === "aes") {
    if (!mayEncrypt(key, context.clock())) return "accepted";
    return (await challenge(context, (block) => vault.encryptBlock(key.id, zeros(), block), material, key.id))
      ? "challenge"
      : "accepted";
  }
  const ours = await material.publicKey();
  if (key.publicKey !== undefined && canonicalSpki(key.publicKey).equals(canonicalSpki(ours))) return "public-key";
  throw differs(key.id, "its public key is not the token's");
}

const mayEncrypt = ({ enabled, operations, notBefore, expiresOn }: VaultKeyFacts, now: Date): boolean =>
  enabled &&
  operations.includes("encrypt") &&
  (notBefore === undefined || notBefore <= now) &&
  (expiresOn === undefined || expiresOn > now);

/**
 * Tokens make AES-CMAC (NIST SP 800-38B) of a block with a key that may not encrypt, and vaults encrypt: CMAC(M) = E(M ⊕ K1), and K1 is E(0) doubled. E(0) tells
 * GCM's hash key as well, so it stays in this function and is wiped.
 *
 * @returns false where the token makes no CMAC
 */
async function challenge(
  context: OperationContext,
  encrypt: (block: Buffer) => Promise<Buffer>,
  material: Material,
  keyId: string,
): Promise<boolean> {
  const message = context.random(16);
  let ours: Buffer;
  try {
    ours = await material.mac(message);
  } catch (thrown) {
    if (thrown instanceof ByokError && thrown.code === "BYOK_TOKEN_UNSUPPORTED") return false;
    throw thrown;
  }
  const subkey = doubled(await encrypt(zeros()));
  try {
    const theirs = await encrypt(Buffer.from(message.map((byte, index) => byte ^ (subkey[index] ?? 0))));
    if (theirs.length === ours.length && timingSafeEqual(theirs, ours)) return true;
    throw differs(keyId, "it encrypts a random block to something else than the token's key");
  } finally {
    subkey.fill(0);
  }
}

const zeros = (): Buffer => Buffer.alloc(16);

/** Multiplication by x in GF(2^128), of NIST SP 800-38B §6.1; what it is given is wiped. */
function doubled(block: Buffer): Buffer {
  const result = Buffer.alloc(16);
  for (let index = 0; index < 16; index += 1)
    result[index] = (((block[index] ?? 0) << 1) & 0xff) | ((block[index + 1] ?? 0) >> 7);
  const carries = ((block[0] ?? 0) & 0x80) !== 0;
  if (carries) result[15] = (result[15] ?? 0) ^ 0x87;
  block.fill(0);
  return result;
}

/** One encoding for equal keys: encoders differ in optional parts of SubjectPublicKeyInfo. */
const canonicalSpki = (spki: Buffer): Buffer =>
  createPublicKey({ key: spki, format: "der", type: "spki" }).export({ format: "der", type: "spki" });

const differs = (keyId: string, how: string): ByokError =>
  new ByokError("BYOK_COPY_DIFFERS", `The key ${keyId} does not hold the material of this version: ${how}.`, {
    hint: "Do not use the copy. Find out who imported into it, then replace it.",
  });
