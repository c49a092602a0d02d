import { endianness } from "node:os";
import type { Attribute, Handle, Session } from "./cryptoki";
import { ckrOf, CKR } from "./return-codes";
import { CKA, type AttributeName } from "./pkcs11-constants";

/** A template by attribute names, which reads like the specification. */
export const template = (values: Partial<Record<AttributeName, number | boolean | Buffer>>): Attribute[] => {
  const names: readonly AttributeName[] = Object.keys(CKA).filter((name): name is AttributeName => name in values);
  return names.map((name) => {
    const value = values[name];
    return value === undefined ? { type: CKA[name] } : { type: CKA[name], value };
  });
};

/**
 * One attribute, or undefined where the object has none or does not tell it. Attributes are asked one at a time, because a
 * single absent or sensitive one fails the whole C_GetAttributeValue.
 */
export function readAttribute(session: Session, object: Handle, name: AttributeName): Buffer | undefined {
  try {
    const [result] = session.cryptoki.C_GetAttributeValue(session.handle, object, [{ type: CKA[name] }]);
    return result === undefined ? undefined : Buffer.from(result.value);
  } catch (thrown) {
    const code = ckrOf(thrown);
    if (code === CKR.ATTRIBUTE_TYPE_INVALID || code === CKR.ATTRIBUTE_SENSITIVE) return undefined;
    throw thrown;
  }
}

/** Tells attributes of one object, as {@link readAttribute} does. */
export type AttributeReader = (name: AttributeName) => Buffer | undefined;

/** Asks for each attribute when it is wanted. */
export const readerOf =
  (session: Session, object: Handle): AttributeReader =>
  (name) =>
    readAttribute(session, object, name);

/**
 * Asks for attributes that an object of its class is sure to have with one call, which is what counts where many objects are looked
 * at: each call is a round trip to a network HSM, and locks a file in SoftHSM. Where they cannot be told together, or another one is
 * wanted, each is asked for alone.
 */
export function readTogether(session: Session, object: Handle, names: readonly AttributeName[]): AttributeReader {
  const otherwise = readerOf(session, object);
  try {
    const asked = names.map((name) => ({ type: CKA[name] }));
    const answer = session.cryptoki.C_GetAttributeValue(session.handle, object, asked);
    const known = new Map(names.map((name, index) => [name, answer[index]]));
    return (name) => {
      const told = known.get(name);
      return told?.type === CKA[name] ? Buffer.from(told.value) : otherwise(name);
    };
  } catch (thrown) {
    const code = ckrOf(thrown);
    // "Not true errors" (PKCS#11, C_GetAttributeValue): one of them cannot be told. Too small is a buffer where somebody wrote a longer
    // value between the question for its length and the one for itself.
    if (code === CKR.ATTRIBUTE_TYPE_INVALID || code === CKR.ATTRIBUTE_SENSITIVE) return otherwise;
    if (code === CKR.BUFFER_TOO_SMALL) return otherwise;
    throw thrown;
  }
}

/** A CK_BBOOL attribute. */
export const readFlag = (session: Session, object: Handle, name: AttributeName): boolean | undefined =>
  flagOf(readAttribute(session, object, name));

/** The value of a CK_BBOOL attribute. */
export const flagOf = (value: Buffer | undefined): boolean | undefined =>
  value === undefined || value.length === 0 ? undefined : value[0] !== 0;

/** A CK_ULONG attribute. */
export const readNumber = (session: Session, object: Handle, name: AttributeName): number | undefined =>
  numberOf(readAttribute(session, object, name));

/** The value of a CK_ULONG attribute; it comes in memory order, 8 bytes or (on Windows) 4. */
export function numberOf(value: Buffer | undefined): number | undefined {
  if (value === undefined || value.length === 0 || value.length > 8) return undefined;
  const bytes = endianness() === "LE" ? Buffer.from(value).reverse() : value;
  return Number(BigInt(`0x${bytes.toString("hex")}`));
}

/** A text attribute (CK_UTF8CHAR array). */
export const readText = (session: Session, object: Handle, name: AttributeName): string | undefined =>
  readAttribute(session, object, name)?.toString("utf8");
