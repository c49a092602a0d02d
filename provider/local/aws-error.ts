/** An answer of the kind AWS gives when it refuses: an error name, a text and an HTTP status. */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    message = "",
    readonly status = 400,
    /** Seconds for the header Retry-After. */
    readonly retryAfter?: number,
  ) {
    super(message);
    this.name = "AwsError";
  }
}

/** `ValidationException`: the service read the request and a value in it is not allowed. */
export function validationError(message: string): AwsError {
  return new AwsError("ValidationException", message);
}

/** The form in which AWS reports a single violated constraint of the API model. */
export function constraintError(path: string, value: string | undefined, constraint: string): AwsError {
  const shown = value === undefined ? "Value" : `Value ${value === "null" ? "null" : `'${value}'`}`;
  return validationError(
    `1 validation error detected: ${shown} at '${path}' failed to satisfy constraint: ${constraint}`,
  );
}

export function notFound(message: string): AwsError {
  return new AwsError("NotFoundException", message);
}

export function invalidState(message: string): AwsError {
  return new AwsError("KMSInvalidStateException", message);
}

export function unsupported(message = ""): AwsError {
  return new AwsError("UnsupportedOperationException", message);
}

/** Recorded from the service: this error carries no text, so that it tells an attacker nothing. */
export function invalidCiphertext(): AwsError {
  return new AwsError("InvalidCiphertextException");
}

export function limitExceeded(message: string): AwsError {
  return new AwsError("LimitExceededException", message);
}

export function accessDenied(message: string): AwsError {
  return new AwsError("AccessDeniedException", message);
}
