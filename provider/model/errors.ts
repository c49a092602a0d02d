/**
 * Every failure that a user can meet has one of these codes. They are stable: scripts and support articles may rely on them.
 */
export const byokErrorCodes = [
  "BYOK_INPUT_INVALID",
  "BYOK_REFERENCE_INVALID",
  "BYOK_REFERENCE_UNRESOLVED",
  "BYOK_TOKEN_MODULE_NOT_FOUND",
  "BYOK_TOKEN_MODULE_BROKEN",
  "BYOK_TOKEN_NOT_FOUND",
  "BYOK_TOKEN_AMBIGUOUS",
  "BYOK_TOKEN_PIN_INCORRECT",
  "BYOK_TOKEN_PIN_LOCKED",
  "BYOK_TOKEN_PIN_FINAL_TRY",
  "BYOK_TOKEN_REMOVED",
  "BYOK_TOKEN_FULL",
  "BYOK_TOKEN_UNSUPPORTED",
  "BYOK_TOKEN_FAILED",
  "BYOK_KEY_NOT_FOUND",
  "BYOK_KEY_AMBIGUOUS",
  "BYOK_KEY_NOT_EXPORTABLE",
  "BYOK_KEY_DRIFTED",
  "BYOK_KEY_HAS_COPIES",
  "BYOK_KEY_COMPROMISED",
  "BYOK_KEY_DEACTIVATED",
  "BYOK_WRAP_REFUSED",
  "BYOK_WRAPPING_KEY_UNKNOWN",
  "BYOK_CLEAR_EXPORT_REFUSED",
  "BYOK_MATERIAL_INVALID",
  "BYOK_TARGET_NOT_TRUSTED",
  "BYOK_CUSTODIAN_FAILED",
  "BYOK_AWS_CREDENTIALS",
  "BYOK_AWS_ACCESS_DENIED",
  "BYOK_AWS_UNREACHABLE",
  "BYOK_AWS_TLS_UNTRUSTED",
  "BYOK_AWS_REGION_UNKNOWN",
  "BYOK_AWS_WRONG_ACCOUNT",
  "BYOK_AWS_THROTTLED",
  "BYOK_AWS_NOT_FOUND",
  "BYOK_AWS_ALREADY_EXISTS",
  "BYOK_AWS_INVALID_STATE",
  "BYOK_AWS_LIMIT_EXCEEDED",
  "BYOK_AWS_POLICY_REFUSED",
  "BYOK_AWS_IMPORT_TOKEN_EXPIRED",
  "BYOK_AWS_MATERIAL_REJECTED",
  "BYOK_AWS_REQUEST_INVALID",
  "BYOK_AWS_FAILED",
  "BYOK_AZURE_CREDENTIALS",
  "BYOK_AZURE_ACCESS_DENIED",
  "BYOK_AZURE_UNREACHABLE",
  "BYOK_AZURE_TLS_UNTRUSTED",
  "BYOK_AZURE_WRONG_TENANT",
  "BYOK_AZURE_THROTTLED",
  "BYOK_AZURE_NOT_FOUND",
  "BYOK_AZURE_NAME_TAKEN",
  "BYOK_AZURE_CONFLICT",
  "BYOK_AZURE_INVALID_STATE",
  "BYOK_AZURE_PURGE_PROTECTED",
  "BYOK_AZURE_REQUEST_INVALID",
  "BYOK_AZURE_FAILED",
  "BYOK_OWNED_BY_ANOTHER",
  "BYOK_OWNER_AMBIGUOUS",
  "BYOK_ADOPT_REFUSED",
  "BYOK_BACKUP_REFUSED",
  "BYOK_COPY_DIFFERS",
  "BYOK_CONFIRM_REQUIRED",
  "BYOK_ENGINE_LOST",
  "BYOK_STATE_TOO_NEW",
  "BYOK_INTERNAL",
] as const;

/** One of the stable error codes of this package. */
export type ByokErrorCode = (typeof byokErrorCodes)[number];

/** What a {@link ByokError} carries besides its message; all of it may be shown to a user. */
export interface ByokErrorDetails {
  /** What to do about it: the next command to type or the line to write. */
  readonly hint?: string;
  /** The input property that is to blame, as a path such as `aliases[1]`. */
  readonly property?: string;
  /** The lifecycle step that failed, such as `import key material`. */
  readonly step?: string;
  /** True when the same act may succeed if it is simply tried again later. */
  readonly retryable?: boolean;
}

/** The form in which an error crosses a process boundary. */
export interface ByokErrorRecord extends ByokErrorDetails {
  readonly code: ByokErrorCode;
  readonly message: string;
}

/**
 * The one error type of this package: what happened (`message`), what to do (`hint`), and whether a retry helps.
 * It never holds key material, a PIN, a token or a credential.
 */
export class ByokError extends Error {
  readonly code: ByokErrorCode;
  readonly hint: string | undefined;
  readonly property: string | undefined;
  readonly step: string | undefined;
  readonly retryable: boolean;

  constructor(code: ByokErrorCode, message: string, details: ByokErrorDetails = {}) {
    super(message);
    this.name = "ByokError";
    this.code = code;
    this.hint = details.hint;
    this.property = details.property;
    this.step = details.step;
    this.retryable = details.retryable ?? false;
  }

  /** Message and hint in one line, as the terminal shows them. */
  get sentence(): string {
    return this.hint === undefined ? this.message : `${this.message} ${this.hint}`;
  }

  /** The sentence with its code before the hint, so that a command at the end of a hint can be copied as it stands. */
  get codedSentence(): string {
    const what = `${this.message} [${this.code}]`;
    return this.hint === undefined ? what : `${what} ${this.hint}`;
  }

  /** The same error with details that a caller knows better, such as the step. */
  with(details: ByokErrorDetails): ByokError {
    return new ByokError(this.code, this.message, { ...this.toRecord(), ...details });
  }

  toRecord(): ByokErrorRecord {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.property === undefined ? {} : { property: this.property }),
      ...(this.step === undefined ? {} : { step: this.step }),
      retryable: this.retryable,
    };
  }

  static fromRecord(record: ByokErrorRecord): ByokError {
    return new ByokError(record.code, record.message, record);
  }

  /**
   * Any thrown value as a {@link ByokError}. The text of a foreign error is kept out: it may quote a request or an
   * environment, so only its class name is told.
   */
  static from(thrown: unknown, doing: string): ByokError {
    if (thrown instanceof ByokError) return thrown;
    const name = thrown instanceof Error ? thrown.name : typeof thrown;
    return new ByokError("BYOK_INTERNAL", `${doing} failed with an unexpected ${name}.`, {
      hint: "Please report this with the steps that lead to it.",
    });
  }
}
