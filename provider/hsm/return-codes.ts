/** Return values of PKCS#11 functions (v3.1 §5.1) that this package tells apart. */
export const CKR = {
  HOST_MEMORY: 0x2,
  SLOT_ID_INVALID: 0x3,
  GENERAL_ERROR: 0x5,
  FUNCTION_FAILED: 0x6,
  ARGUMENTS_BAD: 0x7,
  ATTRIBUTE_READ_ONLY: 0x10,
  ATTRIBUTE_SENSITIVE: 0x11,
  ATTRIBUTE_TYPE_INVALID: 0x12,
  ATTRIBUTE_VALUE_INVALID: 0x13,
  ACTION_PROHIBITED: 0x1b,
  DEVICE_ERROR: 0x30,
  DEVICE_MEMORY: 0x31,
  DEVICE_REMOVED: 0x32,
  FUNCTION_NOT_SUPPORTED: 0x54,
  KEY_HANDLE_INVALID: 0x60,
  KEY_SIZE_RANGE: 0x62,
  KEY_TYPE_INCONSISTENT: 0x63,
  KEY_INDIGESTIBLE: 0x67,
  KEY_FUNCTION_NOT_PERMITTED: 0x68,
  KEY_NOT_WRAPPABLE: 0x69,
  KEY_UNEXTRACTABLE: 0x6a,
  MECHANISM_INVALID: 0x70,
  MECHANISM_PARAM_INVALID: 0x71,
  OBJECT_HANDLE_INVALID: 0x82,
  OPERATION_ACTIVE: 0x90,
  OPERATION_NOT_INITIALIZED: 0x91,
  PIN_INCORRECT: 0xa0,
  PIN_INVALID: 0xa1,
  PIN_LEN_RANGE: 0xa2,
  PIN_EXPIRED: 0xa3,
  PIN_LOCKED: 0xa4,
  SESSION_CLOSED: 0xb0,
  SESSION_COUNT: 0xb1,
  SESSION_HANDLE_INVALID: 0xb3,
  SESSION_READ_ONLY: 0xb5,
  TEMPLATE_INCOMPLETE: 0xd0,
  TEMPLATE_INCONSISTENT: 0xd1,
  TOKEN_NOT_PRESENT: 0xe0,
  TOKEN_NOT_RECOGNIZED: 0xe1,
  TOKEN_WRITE_PROTECTED: 0xe2,
  USER_ALREADY_LOGGED_IN: 0x100,
  USER_NOT_LOGGED_IN: 0x101,
  USER_PIN_NOT_INITIALIZED: 0x102,
  USER_ANOTHER_ALREADY_LOGGED_IN: 0x104,
  WRAPPING_KEY_HANDLE_INVALID: 0x113,
  WRAPPING_KEY_SIZE_RANGE: 0x114,
  WRAPPING_KEY_TYPE_INCONSISTENT: 0x115,
  DOMAIN_PARAMS_INVALID: 0x130,
  CURVE_NOT_SUPPORTED: 0x140,
  WRAPPED_KEY_INVALID: 0x110,
  WRAPPED_KEY_LEN_RANGE: 0x112,
  BUFFER_TOO_SMALL: 0x150,
  CRYPTOKI_NOT_INITIALIZED: 0x190,
  CRYPTOKI_ALREADY_INITIALIZED: 0x191,
} as const;

/** A return value by its name without `CKR_`. */
export type ReturnCodeName = keyof typeof CKR;

const returned = /CKR_\w+:(\d+)/;

/**
 * The return value inside anything that pkcs11js throws, or undefined. Most functions throw a Pkcs11Error with a `code`;
 * C_CreateObject, C_SetAttributeValue and C_FindObjects throw a plain Error whose text is `CKR_NAME:number`; codes newer than
 * v2.40 come under the name CKR_VENDOR_DEFINED, so only the number counts.
 */
export function ckrOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const named = thrown.message.startsWith("CKR_") && "code" in thrown;
  if (named && typeof thrown.code === "number" && thrown.code > 0) return thrown.code;
  const match = returned.exec(thrown.message) ?? returned.exec(thrown.stack ?? "");
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** The name of a return value, for messages. */
export function ckrName(code: number): string {
  const name = Object.entries(CKR).find(([, value]) => value === code)?.[0];
  return name === undefined ? `return value 0x${code.toString(16)}` : `CKR_${name}`;
}

/** What a failed call says about the connection. */
export type Failure =
  /** An object handle went stale: forget handles and look again. */
  | "stale"
  /** Sessions, login or the token itself are gone: connect anew. */
  | "lost"
  /** The token is well and means no. */
  | "refused";

const staleCodes: readonly number[] = [
  CKR.OBJECT_HANDLE_INVALID,
  CKR.KEY_HANDLE_INVALID,
  CKR.WRAPPING_KEY_HANDLE_INVALID,
];

/** GENERAL_ERROR and FUNCTION_FAILED are here because that is all that SoftHSM says once its token folder is gone. */
const lostCodes: readonly number[] = [
  CKR.SLOT_ID_INVALID,
  CKR.GENERAL_ERROR,
  CKR.FUNCTION_FAILED,
  CKR.DEVICE_ERROR,
  CKR.DEVICE_REMOVED,
  CKR.SESSION_CLOSED,
  CKR.SESSION_HANDLE_INVALID,
  CKR.TOKEN_NOT_PRESENT,
  CKR.TOKEN_NOT_RECOGNIZED,
  CKR.USER_NOT_LOGGED_IN,
  CKR.CRYPTOKI_NOT_INITIALIZED,
];

const refusingCodes: readonly number[] = [
  CKR.ATTRIBUTE_READ_ONLY,
  CKR.ATTRIBUTE_TYPE_INVALID,
  CKR.ATTRIBUTE_VALUE_INVALID,
  CKR.ACTION_PROHIBITED,
  CKR.ARGUMENTS_BAD,
  CKR.FUNCTION_NOT_SUPPORTED,
  CKR.SESSION_READ_ONLY,
  CKR.TEMPLATE_INCOMPLETE,
  CKR.TEMPLATE_INCONSISTENT,
  CKR.TOKEN_WRITE_PROTECTED,
];

/** True where a token says for certain that it makes no such object; a full token, or one that is away, does not say so. */
export function refusesObject(thrown: unknown): boolean {
  const code = ckrOf(thrown);
  return code !== undefined && refusingCodes.includes(code);
}

export function failureOf(thrown: unknown): Failure {
  const code = ckrOf(thrown);
  if (code === undefined) return "refused";
  if (staleCodes.includes(code)) return "stale";
  return lostCodes.includes(code) ? "lost" : "refused";
}
