import { NOT_CONNECTED } from "./connect-limit";

/**
 * What a failed request tells about whether Azure acted: `refused` (an answer, and nothing was done), `throttled` (likewise, for calling too often),
 * `unsent` (Azure never saw the request), `unclear` (it may have acted and the answer was lost), `untrusted` (TLS found the other side to be somebody
 * else), `signIn` (no token was had).
 */
export type AzureFailureKind = "refused" | "throttled" | "unsent" | "unclear" | "untrusted" | "signIn";

/** What can be read from an error of the SDKs or of Node. */
export interface AzureFailure {
  readonly kind: AzureFailureKind;
  readonly status: number | undefined;
  /** Codes of the error and of its inner errors, outermost first, such as `Conflict` and `ObjectIsDeletedButRecoverable`. */
  readonly codes: readonly string[];
  readonly message: string;
  /** Milliseconds, of the header Retry-After. */
  readonly retryAfter: number | undefined;
}

const unsentCodes = new Set([
  ...["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "ECONNREFUSED", "EHOSTUNREACH", "EHOSTDOWN", "ENETUNREACH"],
  ...["EADDRNOTAVAIL", NOT_CONNECTED],
]);

const certificateCode =
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|INVALID_CA$|HOSTNAME_MISMATCH$|EPROTO$)/;

const signInErrors = new Set([
  ...["AuthenticationError", "AggregateAuthenticationError", "CredentialUnavailableError"],
  ...["AuthenticationRequiredError", "CredentialPersistenceError"],
]);

/** Reads an error that a call threw. */
export function azureFailure(thrown: unknown): AzureFailure {
  const name = textIn(thrown, "name") ?? "";
  const status = numberIn(thrown, "statusCode");
  const network = networkCode(thrown);
  const facts = {
    status,
    codes: codesIn(thrown),
    message: textIn(thrown, "message") ?? "",
    retryAfter: retryAfterIn(thrown),
  };
  return { ...facts, kind: kindOf(name, status, network) };
}

function kindOf(name: string, status: number | undefined, network: string | undefined): AzureFailureKind {
  if (network !== undefined && certificateCode.test(network)) return "untrusted";
  if (network !== undefined && unsentCodes.has(network)) return "unsent";
  if (signInErrors.has(name)) return "signIn";
  if (status === 429) return "throttled";
  if (status !== undefined && status >= 400 && status < 500) return "refused";
  return "unclear";
}

/** Code of Node or OpenSSL, wherever the SDKs hid it. */
function networkCode(thrown: unknown, depth = 0): string | undefined {
  if (depth > 4) return undefined;
  const code = textIn(thrown, "code");
  if (code !== undefined && (unsentCodes.has(code) || certificateCode.test(code))) return code;
  for (const place of ["cause", "innerError", "errors"]) {
    const inner = valueIn(thrown, place);
    for (const each of Array.isArray(inner) ? inner : [inner]) {
      const found = each === undefined ? undefined : networkCode(each, depth + 1);
      if (found !== undefined) return found;
    }
  }
  // MSAL puts the words of a failed request into its own error.
  const message = textIn(thrown, "message") ?? "";
  return [...unsentCodes].find((known) => message.includes(known)) ?? certificateWord(message);
}

const certificateWord = (message: string): string | undefined =>
  /unable to (verify the first|get local issuer) certificate|self[- ]signed certificate/i.test(message)
    ? "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
    : undefined;

/** The body of an answer of Key Vault: `{ error: { code, message, innererror: { code } } }`. */
function codesIn(thrown: unknown): readonly string[] {
  const codes: string[] = [];
  const own = textIn(thrown, "code");
  if (own !== undefined) codes.push(own);
  let error = valueIn(valueIn(thrown, "details"), "error") ?? valueIn(bodyOf(thrown), "error");
  for (let depth = 0; depth < 4 && error !== undefined; depth += 1) {
    const code = textIn(error, "code");
    if (code !== undefined && !codes.includes(code)) codes.push(code);
    error = valueIn(error, "innererror") ?? valueIn(error, "innerError");
  }
  return codes;
}

function bodyOf(thrown: unknown): unknown {
  const text = textIn(valueIn(thrown, "response"), "bodyAsText");
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function retryAfterIn(thrown: unknown): number | undefined {
  const headers = valueIn(valueIn(thrown, "response"), "headers");
  const get = valueIn(headers, "get");
  const value: unknown = typeof get === "function" ? Reflect.apply(get, headers, ["retry-after"]) : undefined;
  const seconds = Number(value);
  return typeof value === "string" && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

function valueIn(from: unknown, key: string): unknown {
  return typeof from === "object" && from !== null && key in from ? Reflect.get(from, key) : undefined;
}

function textIn(from: unknown, key: string): string | undefined {
  const value = valueIn(from, key);
  return typeof value === "string" ? value : undefined;
}

function numberIn(from: unknown, key: string): number | undefined {
  const value = valueIn(from, key);
  return typeof value === "number" ? value : undefined;
}
