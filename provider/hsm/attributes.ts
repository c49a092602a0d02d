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

/** A CK_BBOOL attribute. */
export function readFlag(session: Session, object: Handle, name: AttributeName): boolean | undefined {
  const value = readAttribute(session, object, name);
  return value === undefined || value.length === 0 ? undefined : value[0] !== 0;
}

/** A CK_ULONG attribute; it comes in memory order, 8 bytes or (on Windows) 4. */
export function readNumber(session: Session, object: Handle, name: AttributeName): number | undefined {
  const value = readAttribute(session, object, name);
  if (value === undefined || value.length === 0 || value.length > 8) return undefined;
  const bytes = endianness() === "LE" ? Buffer.from(value).reverse() : value;
  return Number(BigInt(`0x${bytes.toString("hex")}`));
}

/** A text attribute (CK_UTF8CHAR array). */
export const readText = (session: Session, object: Handle, name: AttributeName): string | undefined =>
  readAttribute(session, object, name)?.toString("utf8");
