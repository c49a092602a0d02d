import { readAttribute, readText, template } from "./attributes";
import type { Handle, Session } from "./cryptoki";
import { findObjects } from "./find-objects";
import { CKO } from "./pkcs11-constants";

/** CKA_APPLICATION of what is ours. */
const application = Buffer.from("pulumi-byok", "ascii");

/** Begins CKA_VALUE; then a counter of 8 bytes, then the value. */
const magic = Buffer.from("BYD1", "ascii");
const headerLength = magic.length + 8;

/** A data object in the token. */
export interface DataObject {
  readonly handle: Handle;
  readonly label: string;
  readonly counter: bigint;
  readonly value: Buffer;
}

/**
 * Objects of the application, each label's newest last. Foreign objects are passed by, and so are public ones: those can be made without a login
 * (PKCS#11 v2.40 usage guide, R/W public sessions), and what is remembered here is trusted.
 */
export function readDataObjects(session: Session, matches: (label: string) => boolean): readonly DataObject[] {
  const handles = findObjects(
    session,
    template({ CLASS: CKO.DATA, TOKEN: true, PRIVATE: true, APPLICATION: application }),
  );
  return handles
    .flatMap((handle) => {
      const label = readText(session, handle, "LABEL");
      if (label === undefined || !matches(label)) return [];
      const content = readAttribute(session, handle, "VALUE");
      if (content === undefined || content.length < headerLength || !content.subarray(0, magic.length).equals(magic)) {
        return [];
      }
      const counter = content.readBigUInt64BE(magic.length);
      return [{ handle, label, counter, value: content.subarray(headerLength) }];
    })
    .sort(byAge);
}

/**
 * The newest object of every label. A label has two objects for a moment while it is written (SoftHSM cannot change
 * CKA_VALUE), and for longer where a crash falls into that moment: the higher counter counts.
 */
export const newestDataObjects = (objects: readonly DataObject[]): readonly DataObject[] => [
  ...new Map(objects.map((object) => [object.label, object])).values(),
];

/**
 * Writes the value of a label: the new object first, then the old ones go. It runs without a pause, so that no other write of
 * this process comes between.
 */
export function writeDataObject(session: Session, label: string, value: Buffer): void {
  const before = readDataObjects(session, (other) => other === label);
  createDataObject(session, label, (before.at(-1)?.counter ?? 0n) + 1n, value);
  destroyAll(session, before);
}

/** Destroys all objects of a label, the newest last: a crash in between must not bring an older value back. */
export const deleteDataObjects = (session: Session, label: string): void =>
  destroyAll(
    session,
    readDataObjects(session, (other) => other === label),
  );

export function createDataObject(session: Session, label: string, counter: bigint, value: Buffer): Handle {
  const header = Buffer.alloc(headerLength);
  magic.copy(header);
  header.writeBigUInt64BE(counter, magic.length);
  return session.cryptoki.C_CreateObject(
    session.handle,
    template({
      CLASS: CKO.DATA,
      TOKEN: true,
      PRIVATE: true,
      MODIFIABLE: true,
      LABEL: Buffer.from(label, "utf8"),
      APPLICATION: application,
      VALUE: Buffer.concat([header, value]),
    }),
  );
}

function destroyAll({ cryptoki, handle }: Session, objects: readonly DataObject[]): void {
  for (const object of objects) cryptoki.C_DestroyObject(handle, object.handle);
}

/** By counter; two processes that wrote at the same moment are told apart by value, so that every reader decides alike. */
function byAge(a: DataObject, b: DataObject): number {
  if (a.counter !== b.counter) return a.counter < b.counter ? -1 : 1;
  return Buffer.compare(a.value, b.value);
}
