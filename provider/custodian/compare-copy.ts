import { createPublicKey, timingSafeEqual } from "node:crypto";
import { ByokError } from "../model/errors";
import { keySpecFacts, type KeySpec } from "../model/key-spec";
import type { ProofMethod } from "../model/ports/custodian";
import type { Material } from "./material";
import type { OperationContext } from "./operation-context";
import type { VerifiedTarget } from "./verified-target";

/** Pauses between looks at a key that was just imported into. KMS is eventually consistent for some seconds. */
const settlePauses = [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000];

/** How KMS refuses the use of a key whose new state has not arrived everywhere. */
const unsettled: readonly string[] = ["BYOK_AWS_INVALID_STATE", "BYOK_AWS_NOT_FOUND"];

/** @throws ByokError BYOK_COPY_DIFFERS unless KMS answered the KeyMaterialId that was expected, where one is known. */
export function compareMaterialId(
  keyArn: string,
  answered: string | undefined,
  expected: readonly (string | undefined)[],
): void {
  if (answered === undefined) return;
  if (expected.every((one) => one === undefined || one === answered)) return;
  throw copyDiffers(
    keyArn,
    "KMS computed another KeyMaterialId for the material of this version than for the one that the key holds",
  );
}

/**
 * Shows with reads alone that a key holds the version: the public key for asymmetric keys, a MAC of a fresh message for HMAC keys.
 *
 * @throws ByokError BYOK_COPY_DIFFERS
 */
export async function compareByReading(
  { random }: OperationContext,
  { kms, request }: VerifiedTarget,
  material: Material,
): Promise<ProofMethod> {
  const { keyArn } = request;
  if (keySpecFacts[material.spec].family === "hmac") {
    // A fresh message: the answer to it cannot be one that somebody has seen before.
    const message = Buffer.concat([Buffer.from("byok proof 1\0"), random(32)]);
    const [theirs, ours] = [
      await kms.generateMac(keyArn, macAlgorithm(material.spec), message),
      await material.mac(message),
    ];
    if (theirs.length !== ours.length || !timingSafeEqual(theirs, ours)) {
      throw copyDiffers(keyArn, "its MAC of a fresh message is not the token's");
    }
    return "mac";
  }
  const [theirs, ours] = [await kms.getPublicKey(keyArn), await material.publicKey()];
  if (!canonicalSpki(theirs).equals(canonicalSpki(ours))) {
    throw copyDiffers(keyArn, "its public key is not the token's");
  }
  return "public-key";
}

/**
 * {@link compareByReading} after an import: waits until the new state has arrived everywhere. A key that stays disabled cannot be
 * asked; that the import was accepted is then all that is known.
 */
export async function compareAfterImport(
  context: OperationContext,
  target: VerifiedTarget,
  material: Material,
): Promise<ProofMethod> {
  for (const pause of [...settlePauses, undefined]) {
    try {
      return await compareByReading(context, target, material);
    } catch (thrown) {
      if (!(thrown instanceof ByokError) || !unsettled.includes(thrown.code)) throw thrown;
      const facts = await target.kms.describeKey(target.request.keyArn);
      if (facts?.state === "Disabled") return "accepted";
      if (pause === undefined) throw thrown;
      await context.wait(pause);
    }
  }
  throw new ByokError("BYOK_INTERNAL", "Comparing a copy ended without an answer.");
}

/** HMAC_256 → HMAC_SHA_256 (MacAlgorithm of GenerateMac). */
const macAlgorithm = (spec: KeySpec): string => `HMAC_SHA_${keySpecFacts[spec].bits}`;

/** One encoding for equal keys: encoders differ in optional parts of SubjectPublicKeyInfo. */
const canonicalSpki = (spki: Buffer): Buffer =>
  createPublicKey({ key: spki, format: "der", type: "spki" }).export({ format: "der", type: "spki" });

/** The copy holds something else than the source. */
export const copyDiffers = (keyArn: string, how: string): ByokError =>
  new ByokError("BYOK_COPY_DIFFERS", `The key ${keyArn} does not hold the material of this version: ${how}.`, {
    hint: "Do not use the copy. Find out who imported into it, then replace it.",
  });
