import { keySpecFacts, type KeySpec } from "../model/key-spec";
import type { Session } from "./cryptoki";
import { fingerprintKey, macWith } from "./fingerprint-key";
import type { KeyObjects } from "./key-handles";
import type { TokenFindings } from "./token-findings";

/** What is MACed for the eye: one AES block of zeros. */
const zeros = Buffer.alloc(16);

/** Bytes that are told. The whole block would tell more than an eye needs; AES in ECB of zeros is GCM's hash key, so that is never asked for. */
const length = 3;

/**
 * Three bytes in hex: AES-CMAC of 16 zero bytes; HMAC of 16 zero bytes; for a pair, and for AES on a token without CMAC, the
 * beginning of the fingerprint.
 */
export async function checkValueOf(
  session: Session,
  objects: KeyObjects,
  spec: KeySpec,
  findings: TokenFindings,
): Promise<string> {
  const { family } = keySpecFacts[spec];
  if (family === "hmac" || (family === "aes" && findings.cmac)) {
    return (await macWith(session, objects.key, spec, zeros)).subarray(0, length).toString("hex");
  }
  const { value } = await fingerprintKey(session, objects, spec, findings.abilities.fingerprint);
  return value.slice(0, 2 * length);
}
