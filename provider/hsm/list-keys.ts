import type { TokenKey } from "../model/ports/token";
import { readTogether, template, type AttributeReader } from "./attributes";
import type { Handle, Session } from "./cryptoki";
import { describeKey } from "./describe-key";
import { findObjects } from "./find-objects";
import { assertPresent } from "./find-slot";
import type { KeyObjects } from "./key-handles";
import type { Attempt } from "./live-token";
import { CKO, type AttributeName } from "./pkcs11-constants";

/** Ends the label of every key of this package: `<name> v<n> byok:<owner hash>`. */
const mark = / byok:[0-9a-f]{32}$/;

/**
 * Secret and private keys with our mark. Keys that share a CKA_ID are all listed; using one of them is what is refused. The
 * handles are remembered, so that what is done with the listed keys next need not look for each of them again.
 */
export function listMarkedKeys({ session, handles }: Attempt): readonly TokenKey[] {
  const secrets = ofClass(session, CKO.SECRET_KEY, [...described, "VALUE_LEN"]).filter(isMarked);
  const privates = ofClass(session, CKO.PRIVATE_KEY, described).filter(isMarked);
  const publics = privates.length === 0 ? [] : ofClass(session, CKO.PUBLIC_KEY, ["ID"]);
  assertPresent(session);
  const keys = [...secrets, ...privates];
  const times = new Map<string, number>();
  for (const { id } of keys) times.set(id, (times.get(id) ?? 0) + 1);
  for (const objects of [...secrets.map(({ id, key }) => ({ id, key })), ...joined(privates, publics)]) {
    if (times.get(objects.id) === 1) handles.set(objects);
  }
  return keys.flatMap(({ id, read }) => describeKey(id, read) ?? []);
}

/** What every key of ours has, and says who it is and what it may. */
const described = ["ID", "LABEL", "KEY_TYPE", "EXTRACTABLE"] as const;

interface FoundKey {
  readonly id: string;
  readonly key: Handle;
  readonly read: AttributeReader;
}

const ofClass = (session: Session, CLASS: number, names: readonly AttributeName[]): readonly FoundKey[] =>
  findObjects(session, template({ CLASS, TOKEN: true })).map((key) => {
    const read = readTogether(session, key, names);
    return { id: read("ID")?.toString("hex") ?? "", key, read };
  });

const isMarked = ({ read }: FoundKey): boolean => mark.test(read("LABEL")?.toString("utf8") ?? "");

/** Private keys that have exactly one public half. */
function joined(privates: readonly FoundKey[], publics: readonly FoundKey[]): readonly KeyObjects[] {
  const halves = new Map<string, Handle[]>();
  for (const { id, key } of publics) halves.set(id, [...(halves.get(id) ?? []), key]);
  return privates.flatMap(({ id, key }) => {
    const [publicKey, ...others] = halves.get(id) ?? [];
    return publicKey === undefined || others.length > 0 ? [] : [{ id, key, publicKey }];
  });
}
