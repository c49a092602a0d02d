import { createDecipheriv } from "node:crypto";
import type { KeyWrapPadding, OaepHash } from "../model/token";
import { CKM } from "./pkcs11-constants";
import type { ProbeBench } from "./probe-bench";
import { createEphemeral, wrapUnder } from "./wrap-key";

/** A mechanism that is RFC 5649, and how it treats keys whose length is no multiple of 8. */
export interface KeyWrapFinding {
  readonly mechanism: number;
  readonly padding: Exclude<KeyWrapPadding, "none">;
}

/** Not a multiple of 8, so that padding shows. */
const oddLength = 29;

/** RFC 5649 §3, as the cipher `id-aes256-wrap-pad` of OpenSSL takes it. */
const alternativeInitialValue = Buffer.from("a65959a6", "hex");

/** Finds the mechanism that wraps as RFC 5649 says; an exact one is preferred to one that pads. */
export async function probeKeyWrap(bench: ProbeBench, hash: OaepHash): Promise<KeyWrapFinding | undefined> {
  const findings: KeyWrapFinding[] = [];
  for (const mechanism of [CKM.AES_KEY_WRAP_KWP, CKM.AES_KEY_WRAP_PAD]) {
    const padding = await classify(bench, mechanism, hash);
    if (padding !== undefined) findings.push({ mechanism, padding });
  }
  return findings.find(({ padding }) => padding === "exact") ?? findings[0];
}

async function classify(
  bench: ProbeBench,
  mechanism: number,
  hash: OaepHash,
): Promise<KeyWrapFinding["padding"] | undefined> {
  try {
    const ephemeral = bench.keep(await createEphemeral(bench.session));
    const target = await bench.makeGeneric(oddLength);
    const wrapped = await wrapUnder(bench.session, { mechanism }, ephemeral, target);
    const wrappingValue = await bench.reveal(ephemeral, hash);
    const value = await bench.reveal(target, hash);
    if (wrappingValue === undefined || value === undefined) return undefined;
    const unwrapped = unwrap(wrappingValue, wrapped);
    if (unwrapped.equals(value)) return "exact";
    const padded = Buffer.concat([value, Buffer.alloc((8 - (value.length % 8)) % 8)]);
    return unwrapped.equals(padded) ? "pads" : undefined;
  } catch {
    return undefined;
  }
}

function unwrap(key: Buffer, wrapped: Buffer): Buffer {
  const decipher = createDecipheriv("id-aes256-wrap-pad", key, alternativeInitialValue);
  return Buffer.concat([decipher.update(wrapped), decipher.final()]);
}
