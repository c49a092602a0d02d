import { randomBytes } from "node:crypto";
import { keySpecFacts, keySpecs, type KeySpec } from "../model/key-spec";
import type { Session } from "./cryptoki";
import { createKey } from "./generate-key";
import { CKF, CKM } from "./pkcs11-constants";
import { probeMac, type ProbeBench } from "./probe-bench";

/**
 * Key types that the token makes. Secrets and curves are tried with session keys; RSA goes by the range that the token tells
 * for its key generation, because making one takes seconds.
 */
export async function probeSpecs(bench: ProbeBench, found: { readonly digests: boolean }): Promise<readonly KeySpec[]> {
  const specs: KeySpec[] = [];
  for (const spec of keySpecs) {
    const works =
      keySpecFacts[spec].family === "rsa" ? generatesRsa(bench.session, spec) : await makes(bench, spec, found);
    if (works) specs.push(spec);
  }
  return specs;
}

async function makes(bench: ProbeBench, spec: KeySpec, found: { readonly digests: boolean }): Promise<boolean> {
  try {
    const { key, publicKey } = await createKey(bench.session, spec, { token: false, id: randomBytes(16), label: "" });
    bench.keep(key);
    if (publicKey !== undefined) bench.keep(publicKey);
    const { family } = keySpecFacts[spec];
    // A secret key needs a MAC or a digest to be told apart by, and an HMAC key is nothing without its MAC.
    if (family === "ec" || (family === "aes" && found.digests)) return true;
    return await probeMac(bench.session, key, spec);
  } catch {
    return false;
  }
}

function generatesRsa({ cryptoki, slot }: Session, spec: KeySpec): boolean {
  try {
    const { minKeySize, maxKeySize, flags } = cryptoki.C_GetMechanismInfo(slot, CKM.RSA_PKCS_KEY_PAIR_GEN);
    const { bits } = keySpecFacts[spec];
    return (flags & CKF.GENERATE_KEY_PAIR) !== 0 && minKeySize <= bits && bits <= maxKeySize;
  } catch {
    return false;
  }
}
