import type { TokenKey } from "../model/ports/token";
import { readAttribute, readText, template } from "./attributes";
import type { Session } from "./cryptoki";
import { describeKey } from "./describe-key";
import { findObjects } from "./find-objects";
import { assertPresent } from "./find-slot";
import { CKO } from "./pkcs11-constants";

/** Ends the label of every key of this package: `<name> v<n> byok:<owner hash>`. */
const mark = / byok:[0-9a-f]{32}$/;

/** Secret and private keys with our mark. Keys that share a CKA_ID are all listed; using one of them is what is refused. */
export function listMarkedKeys(session: Session): readonly TokenKey[] {
  const handles = [CKO.SECRET_KEY, CKO.PRIVATE_KEY].flatMap((CLASS) =>
    findObjects(session, template({ CLASS, TOKEN: true })),
  );
  const keys = handles.flatMap((key) => {
    if (!mark.test(readText(session, key, "LABEL") ?? "")) return [];
    const id = readAttribute(session, key, "ID")?.toString("hex") ?? "";
    return describeKey(session, { id, key }) ?? [];
  });
  assertPresent(session);
  return keys;
}
