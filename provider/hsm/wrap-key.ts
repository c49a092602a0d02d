import { ByokError } from "../model/errors";
import { isAsymmetric } from "../model/key-spec";
import type { OaepHash } from "../model/token";
import { isComposed, oaepHashOf, type WrappingAlgorithm } from "../model/wrapping";
import { readerOf, readFlag, template } from "./attributes";
import type { Handle, Mechanism, Session } from "./cryptoki";
import { assertTemplate } from "./key-drift";
import { readSpec } from "./key-spec-forms";
import type { Attempt } from "./live-token";
import { locateAfresh } from "./locate-key";
import { oaepMechanism } from "./oaep";
import { CKK, CKM, CKO } from "./pkcs11-constants";
import type { TokenFindings } from "./token-findings";
import { importWrappingKey, type WrappingPublicKey } from "./wrapping-public-key";

/** Longer than any wrap: PKCS#8 of RSA-4096 has less than 2400 bytes. */
const wrapRoom = 8192;

/**
 * Wraps a key for an import. What a key permits is read again each time; the wrapping key, and the ephemeral AES key of a
 * composed wrap, live in the session alone and are destroyed whatever happens.
 *
 * @throws ByokError BYOK_KEY_NOT_FOUND, BYOK_KEY_AMBIGUOUS, BYOK_KEY_NOT_EXPORTABLE, BYOK_KEY_DRIFTED, BYOK_TOKEN_UNSUPPORTED
 */
export async function wrapKey(
  attempt: Attempt,
  id: string,
  publicKey: WrappingPublicKey,
  algorithm: WrappingAlgorithm,
  findings: TokenFindings,
  /** `brought`: the key arose outside the token, which tells so of it. */
  history: "made" | "brought" = "made",
): Promise<Buffer> {
  const key = exportableKey(attempt, id, algorithm, findings, history);
  return wrapObject(attempt.session, key, publicKey, algorithm, findings);
}

/** Wraps an object of the session or of the token under a cloud's wrapping key. Who calls it has judged the object. */
export async function wrapObject(
  session: Session,
  key: Handle,
  publicKey: WrappingPublicKey,
  algorithm: WrappingAlgorithm,
  findings: TokenFindings,
): Promise<Buffer> {
  const hash = oaepHashOf(algorithm);
  requireHash(hash, findings);
  const wrappingKey = importWrappingKey(session, publicKey);
  try {
    return isComposed(algorithm)
      ? await wrapComposed(session, key, wrappingKey, hash, findings)
      : await wrapUnder(session, oaepMechanism(hash), wrappingKey, key);
  } finally {
    destroyQuietly(session, wrappingKey);
  }
}

/** RSA_AES_KEY_WRAP (PKCS#11 v3.1 §6.1.25): OAEP of an ephemeral AES-256 key, then RFC 5649 of the target under it. */
async function wrapComposed(
  session: Session,
  key: Handle,
  wrappingKey: Handle,
  hash: OaepHash,
  findings: TokenFindings,
): Promise<Buffer> {
  const mechanism = findings.keyWrapMechanism;
  if (mechanism === undefined) {
    throw new ByokError("BYOK_TOKEN_UNSUPPORTED", "The token has no AES key wrap with padding (RFC 5649).", {
      hint: "Use a token with CKM_AES_KEY_WRAP_KWP, or a key type that travels under RSAES_OAEP.",
    });
  }
  const ephemeral = await createEphemeral(session);
  try {
    const head = await wrapUnder(session, oaepMechanism(hash), wrappingKey, ephemeral);
    const body = await wrapUnder(session, { mechanism }, ephemeral, key);
    return Buffer.concat([head, body]);
  } finally {
    destroyQuietly(session, ephemeral);
  }
}

/** An AES-256 key that lives in the session, wraps, and can itself be wrapped. */
export const createEphemeral = ({ cryptoki, handle }: Session): Promise<Handle> =>
  cryptoki.C_GenerateKeyAsync(
    handle,
    { mechanism: CKM.AES_KEY_GEN },
    template({
      CLASS: CKO.SECRET_KEY,
      KEY_TYPE: CKK.AES,
      TOKEN: false,
      PRIVATE: true,
      SENSITIVE: true,
      EXTRACTABLE: true,
      VALUE_LEN: 32,
      WRAP: true,
      UNWRAP: false,
      ENCRYPT: false,
      DECRYPT: false,
      SIGN: false,
      VERIFY: false,
      DERIVE: false,
    }),
  );

/** C_WrapKey; pkcs11js answers with a view of the room that it is given. */
export async function wrapUnder(
  { cryptoki, handle }: Session,
  mechanism: Mechanism,
  wrappingKey: Handle,
  key: Handle,
): Promise<Buffer> {
  const room = Buffer.alloc(wrapRoom);
  try {
    return Buffer.from(await cryptoki.C_WrapKeyAsync(handle, mechanism, wrappingKey, key, room));
  } finally {
    room.fill(0);
  }
}

/** Destroys a session object. Where that fails its session is closed or gone, and the object with it. */
export function destroyQuietly({ cryptoki, handle }: Session, object: Handle): void {
  try {
    cryptoki.C_DestroyObject(handle, object);
  } catch {
    // Nothing is left to destroy.
  }
}

function exportableKey(
  attempt: Attempt,
  id: string,
  algorithm: WrappingAlgorithm,
  findings: TokenFindings,
  history: "made" | "brought",
): Handle {
  const { session } = attempt;
  const found = locateAfresh(attempt, id);
  if (found === undefined) {
    throw new ByokError("BYOK_KEY_NOT_FOUND", `The token holds no key of CKA_ID ${id}.`, {
      hint: "It was destroyed, or the token is another one than before.",
    });
  }
  if (readFlag(session, found.key, "EXTRACTABLE") === false) {
    throw new ByokError("BYOK_KEY_NOT_EXPORTABLE", "The key is closed (CKA_EXTRACTABLE is false).", {
      hint: "A closed key can never be wrapped again. Generate a new version.",
    });
  }
  const spec = readSpec(readerOf(session, found.key));
  if (spec === undefined) {
    throw new ByokError("BYOK_KEY_DRIFTED", "CKA_KEY_TYPE and size of the key are none that this package makes.", {
      hint: "Somebody replaced the key in the token. Find out who, then generate a new version.",
    });
  }
  assertTemplate(session, found.key, history === "made" ? findings.history : undefined);
  if (isAsymmetric(spec) && !isComposed(algorithm)) {
    throw new ByokError("BYOK_WRAP_REFUSED", `${spec} keys are not wrapped under ${algorithm}.`, {
      hint: "Private keys travel as RSA_AES_KEY_WRAP_SHA_1 or RSA_AES_KEY_WRAP_SHA_256.",
    });
  }
  return found.key;
}

function requireHash(hash: OaepHash, { abilities }: TokenFindings): void {
  if (abilities.oaepHashes.includes(hash)) return;
  const known = abilities.oaepHashes.length === 0 ? "no OAEP at all" : `OAEP with ${abilities.oaepHashes.join(", ")}`;
  throw new ByokError("BYOK_TOKEN_UNSUPPORTED", `The token does not wrap with OAEP ${hash}; it has ${known}.`, {
    hint: 'Allow what it has (minOaepHash: "sha1" on the source group), or use another token.',
  });
}
