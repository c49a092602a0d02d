import { createHash } from "node:crypto";
import { ByokError } from "../model/errors";
import { isAsymmetric, type KeySpec } from "../model/key-spec";
import type { Fingerprint } from "../model/ports/custodian";
import type { TokenAbilities } from "../model/token";
import type { Handle, Session } from "./cryptoki";
import { fingerprintDomains } from "./fingerprint-domains";
import type { KeyObjects } from "./key-handles";
import { macMechanism } from "./key-spec-forms";
import { CKM } from "./pkcs11-constants";
import { readPublicKey } from "./read-public-key";
import { signWith } from "./sign-with-key";

/** The fingerprint of a key; see {@link fingerprintDomains} for what it is computed over. */
export async function fingerprintKey(
  session: Session,
  objects: KeyObjects,
  spec: KeySpec,
  method: TokenAbilities["fingerprint"],
): Promise<Fingerprint> {
  if (isAsymmetric(spec)) {
    const publicKey = await readPublicKey(session, objects, spec);
    return { method: "spki", value: digest(fingerprintDomains.spki, publicKey) };
  }
  if (method === "digest-key") return { method: "sha256", value: digestKey(session, objects.key) };
  const constants = fingerprintDomains.macConstants.map((constant) => Buffer.from(constant, "ascii"));
  const macs: Buffer[] = [];
  for (const constant of constants) macs.push(await macWith(session, objects.key, spec, constant));
  return { method: "mac", value: digest(fingerprintDomains.mac, ...macs) };
}

/** A MAC under a secret key: HMAC with SHA-2 of the key's length, or AES-CMAC. */
export function macWith(session: Session, key: Handle, spec: KeySpec, message: Buffer): Promise<Buffer> {
  const mechanism = macMechanism(spec);
  if (mechanism === undefined) throw new ByokError("BYOK_TOKEN_UNSUPPORTED", `${spec} keys make no MAC.`);
  return signWith(session, key, mechanism, message);
}

/** SHA-256 over a prefix and the key, inside the token (C_DigestKey). */
export function digestKey({ cryptoki, handle }: Session, key: Handle): string {
  cryptoki.C_DigestInit(handle, { mechanism: CKM.SHA256 });
  cryptoki.C_DigestUpdate(handle, Buffer.from(fingerprintDomains.key, "ascii"));
  cryptoki.C_DigestKey(handle, key);
  return Buffer.from(cryptoki.C_DigestFinal(handle, Buffer.alloc(64))).toString("hex");
}

const digest = (domain: string, ...parts: readonly Buffer[]): string =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha256").update(domain, "ascii")).digest("hex");
