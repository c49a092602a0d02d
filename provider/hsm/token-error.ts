import { ByokError, type ByokErrorCode } from "../model/errors";
import { CKR, ckrName, ckrOf, type ReturnCodeName } from "./return-codes";

interface Meaning {
  readonly code: ByokErrorCode;
  /** What the token said, as the end of "… failed: the token says that …". */
  readonly says: string;
  readonly hint: string;
  readonly retryable?: boolean;
}

const retry =
  "Try again; if it stays so, look whether its storage is full or not writable, and into the log of its software.";
const restart = "Reconnect the token and try again.";
const another = "Choose what `byok` shows under the group's abilities, or use another token.";
const administrator = "Ask the administrator of the token.";

const unsupported = (says: string): Meaning => ({ code: "BYOK_TOKEN_UNSUPPORTED", says, hint: another });
const failed = (says: string, hint = retry): Meaning => ({ code: "BYOK_TOKEN_FAILED", says, hint, retryable: true });
const denied = (says: string): Meaning => ({ code: "BYOK_TOKEN_FAILED", says, hint: administrator });
const removed = (says: string): Meaning => ({ code: "BYOK_TOKEN_REMOVED", says, hint: restart, retryable: true });
const wrongPin = (says: string): Meaning => ({
  code: "BYOK_TOKEN_PIN_INCORRECT",
  says,
  hint: "Correct what the PIN reference points to. This PIN is not tried again in this process, so that the token does not lock.",
});

/** What every return value of PKCS#11 means to a user. */
const meanings: Partial<Record<ReturnCodeName, Meaning>> = {
  HOST_MEMORY: failed("this computer has not enough memory"),
  SLOT_ID_INVALID: removed("the slot of the token is gone"),
  GENERAL_ERROR: failed("something went wrong that it does not explain"),
  FUNCTION_FAILED: failed("the function failed"),
  ARGUMENTS_BAD: unsupported("it does not take these arguments"),
  ATTRIBUTE_READ_ONLY: denied("the attribute cannot be changed"),
  ATTRIBUTE_TYPE_INVALID: unsupported("it does not know an attribute"),
  ATTRIBUTE_VALUE_INVALID: unsupported("it does not take the value of an attribute"),
  ACTION_PROHIBITED: denied("its policy forbids this"),
  DEVICE_ERROR: failed("its device has a fault"),
  DEVICE_MEMORY: {
    code: "BYOK_TOKEN_FULL",
    says: "its memory is full",
    hint: "Remove objects that are no longer needed from the token, or use another one. Nothing was made.",
  },
  DEVICE_REMOVED: removed("it was removed"),
  FUNCTION_NOT_SUPPORTED: unsupported("it does not have this function"),
  KEY_HANDLE_INVALID: {
    code: "BYOK_KEY_NOT_FOUND",
    says: "the key does not exist",
    hint: "List the keys of the token; somebody may have removed it.",
  },
  KEY_SIZE_RANGE: unsupported("it does not take keys of this size"),
  KEY_TYPE_INCONSISTENT: unsupported("the key has a type that does not fit"),
  KEY_INDIGESTIBLE: unsupported("it does not digest keys"),
  KEY_FUNCTION_NOT_PERMITTED: {
    code: "BYOK_KEY_DRIFTED",
    says: "the key does not permit this use",
    hint: "Somebody changed what the key permits. Find out who, then generate a new version.",
  },
  KEY_NOT_WRAPPABLE: {
    code: "BYOK_KEY_NOT_EXPORTABLE",
    says: "it does not wrap this key",
    hint: "Generate a new version if the key has to be copied.",
  },
  KEY_UNEXTRACTABLE: {
    code: "BYOK_KEY_NOT_EXPORTABLE",
    says: "the key is closed (CKA_EXTRACTABLE is false)",
    hint: "A closed key can never be wrapped again. Generate a new version.",
  },
  MECHANISM_INVALID: unsupported("it does not have this mechanism"),
  MECHANISM_PARAM_INVALID: unsupported("it does not take these parameters of the mechanism"),
  OBJECT_HANDLE_INVALID: {
    code: "BYOK_KEY_NOT_FOUND",
    says: "the object does not exist",
    hint: "List the keys of the token; somebody may have removed it.",
  },
  OPERATION_ACTIVE: failed("another operation runs in the session"),
  OPERATION_NOT_INITIALIZED: failed("no operation runs in the session"),
  PIN_INCORRECT: wrongPin("the PIN is wrong"),
  PIN_INVALID: wrongPin("the PIN has characters that it does not take"),
  PIN_LEN_RANGE: wrongPin("the PIN is too short or too long"),
  PIN_EXPIRED: denied("the PIN has expired"),
  PIN_LOCKED: {
    code: "BYOK_TOKEN_PIN_LOCKED",
    says: "the PIN is locked",
    hint: "The security officer of the token can unlock it (C_InitPIN).",
  },
  SESSION_CLOSED: removed("the session was closed"),
  SESSION_COUNT: failed("no more sessions can be opened", "Close other programs that use the token, then try again."),
  SESSION_HANDLE_INVALID: removed("the session is gone"),
  SESSION_READ_ONLY: denied("the session is read-only"),
  TEMPLATE_INCOMPLETE: unsupported("the template lacks an attribute that it needs"),
  TEMPLATE_INCONSISTENT: unsupported("the template does not fit its rules"),
  TOKEN_NOT_PRESENT: removed("it is not in its slot"),
  TOKEN_NOT_RECOGNIZED: removed("what is in the slot is no token that it knows"),
  TOKEN_WRITE_PROTECTED: denied("it is write-protected"),
  USER_NOT_LOGGED_IN: removed("the user is logged out"),
  USER_PIN_NOT_INITIALIZED: {
    code: "BYOK_TOKEN_FAILED",
    says: "it has no user PIN yet",
    hint: "Set the user PIN of the token first (C_InitPIN; SoftHSM: softhsm2-util --init-token).",
  },
  USER_ANOTHER_ALREADY_LOGGED_IN: denied("another user, such as the security officer, is logged in"),
  WRAPPING_KEY_HANDLE_INVALID: failed("the wrapping key is gone"),
  WRAPPING_KEY_SIZE_RANGE: unsupported("it does not take a wrapping key of this size"),
  WRAPPING_KEY_TYPE_INCONSISTENT: unsupported("the wrapping key has a type that does not fit"),
  DOMAIN_PARAMS_INVALID: unsupported("it does not know the curve"),
  CURVE_NOT_SUPPORTED: unsupported("it does not have the curve"),
  BUFFER_TOO_SMALL: failed("its answer is longer than expected"),
  CRYPTOKI_NOT_INITIALIZED: removed("its module was finalized"),
};

const meaningOf = (code: number): Meaning | undefined =>
  Object.entries(meanings).find(([name]) =>
    Object.entries(CKR).some(([known, value]) => known === name && value === code),
  )?.[1];

/**
 * Anything thrown under the port as a ByokError. `doing` begins the message: "Generating a key".
 */
export function tokenError(thrown: unknown, doing: string): ByokError {
  if (thrown instanceof ByokError) return thrown;
  const code = ckrOf(thrown);
  if (code === undefined) return ByokError.from(thrown, doing);
  const { code: byokCode, says, hint, retryable } = meaningOf(code) ?? failed("it cannot do this");
  return new ByokError(byokCode, `${doing} failed: the token says that ${says} (${ckrName(code)}).`, {
    hint,
    retryable: retryable ?? false,
  });
}
