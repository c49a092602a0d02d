import { createHash } from "node:crypto";
import { ByokError } from "../model/errors";
import { keySpecFacts, type KeySpec } from "../model/key-spec";
import type { Handle, Session } from "./cryptoki";
import { derSignature } from "./ecdsa-signature";
import { CKM } from "./pkcs11-constants";

/** Longer than any signature or MAC: RSA-4096 has 512 bytes. */
const signatureRoom = 1024;

/** C_SignInit and C_Sign in one checked-out session. */
export async function signWith(
  { cryptoki, handle }: Session,
  key: Handle,
  mechanism: number,
  message: Buffer,
): Promise<Buffer> {
  cryptoki.C_SignInit(handle, { mechanism }, key);
  return Buffer.from(await cryptoki.C_SignAsync(handle, message, Buffer.alloc(signatureRoom)));
}

/** Signs: RSASSA-PKCS1-v1_5 with SHA-256, or ECDSA over SHA-256 in DER, as AWS KMS has it. */
export async function signMessage(session: Session, key: Handle, spec: KeySpec, message: Buffer): Promise<Buffer> {
  const { family } = keySpecFacts[spec];
  if (family === "rsa") return signWith(session, key, CKM.SHA256_RSA_PKCS, message);
  if (family === "ec") {
    const digest = createHash("sha256").update(message).digest();
    return derSignature(await signWith(session, key, CKM.ECDSA, digest));
  }
  throw new ByokError("BYOK_TOKEN_UNSUPPORTED", `${spec} keys do not sign.`, { hint: "Use an RSA or EC key." });
}
