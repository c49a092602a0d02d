import { ByokError } from "../model/errors";
import { readAttribute, readNumber, template } from "./attributes";
import type { Handle, Session } from "./cryptoki";
import { findObjects } from "./find-objects";
import { assertPresent } from "./find-slot";
import type { KeyObjects } from "./key-handles";
import type { Attempt } from "./live-token";
import { CKO } from "./pkcs11-constants";

/** All objects of one CKA_ID, by class. Certificates may share it and are left out. */
export interface ObjectsOfId {
  readonly keys: readonly Handle[];
  readonly publicKeys: readonly Handle[];
}

export function objectsOfId(session: Session, id: string): ObjectsOfId {
  const handles = findObjects(session, template({ TOKEN: true, ID: Buffer.from(id, "hex") }));
  const classed = handles.map((handle) => ({ handle, class: readNumber(session, handle, "CLASS") }));
  const ofClass = (...classes: readonly number[]): readonly Handle[] =>
    classed.flatMap((object) => (object.class !== undefined && classes.includes(object.class) ? [object.handle] : []));
  return { keys: ofClass(CKO.SECRET_KEY, CKO.PRIVATE_KEY), publicKeys: ofClass(CKO.PUBLIC_KEY) };
}

/**
 * The key of a CKA_ID, looked up afresh. Nothing in PKCS#11 keeps CKA_ID unique, so two keys of one are never chosen between.
 *
 * @throws ByokError BYOK_KEY_AMBIGUOUS
 */
export function locateAfresh({ session, handles }: Attempt, id: string): KeyObjects | undefined {
  handles.forget(id);
  const { keys, publicKeys } = objectsOfId(session, id);
  const [key] = keys;
  const [publicKey] = publicKeys;
  if (keys.length > 1 || publicKeys.length > 1) {
    throw new ByokError(
      "BYOK_KEY_AMBIGUOUS",
      `The token holds ${Math.max(keys.length, publicKeys.length)} keys of CKA_ID ${id}.`,
      {
        hint: "Somebody copied or imported a key under the same CKA_ID. Remove the one that does not belong there.",
      },
    );
  }
  if (key === undefined) {
    assertPresent(session);
    return undefined;
  }
  const objects: KeyObjects = publicKey === undefined ? { id, key } : { id, key, publicKey };
  handles.set(objects);
  return objects;
}

/** The key of a CKA_ID, by its remembered handle if that still is this key. */
export function locate(attempt: Attempt, id: string): KeyObjects {
  const remembered = attempt.handles.get(id);
  if (remembered !== undefined && readAttribute(attempt.session, remembered.key, "ID")?.toString("hex") === id) {
    return remembered;
  }
  const found = locateAfresh(attempt, id);
  if (found !== undefined) return found;
  throw new ByokError("BYOK_KEY_NOT_FOUND", `The token holds no key of CKA_ID ${id}.`, {
    hint: "It was destroyed, or the token is another one than before.",
  });
}
