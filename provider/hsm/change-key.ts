import { ByokError } from "../model/errors";
import { readFlag, template } from "./attributes";
import type { Attempt } from "./live-token";
import { assertPresent } from "./find-slot";
import { locate, objectsOfId } from "./locate-key";

/** Rewrites CKA_LABEL of both halves; the private half last, because it is the one that is listed. */
export function relabelKey(attempt: Attempt, id: string, label: string): void {
  const { cryptoki, handle } = attempt.session;
  const { key, publicKey } = locate(attempt, id);
  const change = template({ LABEL: Buffer.from(label, "utf8") });
  if (publicKey !== undefined) cryptoki.C_SetAttributeValue(handle, publicKey, change);
  cryptoki.C_SetAttributeValue(handle, key, change);
}

/** Sets CKA_EXTRACTABLE=false, which PKCS#11 allows in this direction only, and reads it back. */
export function closeKey(attempt: Attempt, id: string): void {
  const { cryptoki, handle } = attempt.session;
  const { key } = locate(attempt, id);
  if (readFlag(attempt.session, key, "EXTRACTABLE") === false) return;
  cryptoki.C_SetAttributeValue(handle, key, template({ EXTRACTABLE: false }));
  if (readFlag(attempt.session, key, "EXTRACTABLE") !== false) {
    throw new ByokError("BYOK_TOKEN_UNSUPPORTED", "The token accepted CKA_EXTRACTABLE=false but did not keep it.", {
      hint: "Keys of this token cannot be closed.",
    });
  }
}

/**
 * Destroys both halves; the private half last, so that an interrupted act leaves a key that is still listed. Destroying what
 * is gone is done already.
 *
 * @throws ByokError BYOK_KEY_AMBIGUOUS
 */
export function destroyKey({ session, handles }: Attempt, id: string): void {
  handles.forget(id);
  const { keys, publicKeys } = objectsOfId(session, id);
  if (keys.length > 1) {
    throw new ByokError(
      "BYOK_KEY_AMBIGUOUS",
      `The token holds ${keys.length} keys of CKA_ID ${id}; none was destroyed.`,
      {
        hint: "Somebody copied or imported a key under the same CKA_ID. Remove the one that does not belong there.",
      },
    );
  }
  for (const object of [...publicKeys, ...keys]) session.cryptoki.C_DestroyObject(session.handle, object);
  assertPresent(session);
}
