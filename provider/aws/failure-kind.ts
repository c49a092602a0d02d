import { ProxyFailure } from "../network/proxy-agent";

/**
 * What a failed request tells about whether the service acted: `refused` (an answer, and nothing was done), `throttled`
 * (likewise, for calling too often), `unsent` (the service never saw the request), `unclear` (it may have acted and the answer
 * was lost), `untrusted` (TLS found the other side to be somebody else), `stale` (the credentials are no longer valid),
 * `skewed` (the clocks differ; the SDK has corrected its own).
 */
export type FailureKind = "refused" | "throttled" | "unsent" | "unclear" | "untrusted" | "stale" | "skewed";

/** What can be read from an error of the SDK or of Node. */
export interface FailureFacts {
  /** Error name as AWS gives it, such as `NotFoundException`. */
  readonly name: string;
  /** Error code of Node or OpenSSL, such as `ECONNREFUSED`. */
  readonly code: string | undefined;
  readonly message: string;
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly kind: FailureKind;
}

const throttledNames = new Set([
  "ThrottlingException",
  "Throttling",
  "ThrottledException",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestThrottledException",
  "SlowDown",
]);

/** Names of errors that only new credentials cure. */
const staleNames = new Set([
  "ExpiredToken",
  "ExpiredTokenException",
  "InvalidClientTokenId",
  "UnrecognizedClientException",
  "InvalidAccessKeyId",
]);

/** Errors of KMS that say that it does not know itself how far it got. */
const unclearNames = new Set([
  "DependencyTimeoutException",
  "KMSInternalException",
  "InternalFailure",
  "InternalServiceException",
]);

const unsentCodes = new Set([
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_FAIL",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
]);

const certificateCode =
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|INVALID_CA$|HOSTNAME_MISMATCH$|EPROTO$)/;

/** How Node's handler words that no connection came about in time. */
const notConnected = /did not establish a connection/;

/** Reads an error that a call threw. */
export function failureFacts(thrown: unknown): FailureFacts {
  // Not by instanceof: Node's own errors may come from another realm.
  const name = textIn(thrown, "name") ?? "unknown";
  const metadata = objectIn(thrown, "$metadata");
  const status = numberIn(metadata, "httpStatusCode");
  const facts = {
    name: textIn(thrown, "Code") ?? name,
    code: textIn(thrown, "code"),
    message: textIn(thrown, "message") ?? "",
    status,
    requestId: textIn(metadata, "requestId"),
  };
  const skewed = valueIn(metadata, "clockSkewCorrected") === true;
  return { ...facts, kind: skewed ? "skewed" : kindOf(thrown, facts) };
}

function kindOf(thrown: unknown, facts: Omit<FailureFacts, "kind">): FailureKind {
  const { name, code, status } = facts;
  if (thrown instanceof ProxyFailure) return "unsent";
  if (throttledNames.has(name) || status === 429) return "throttled";
  if (staleNames.has(name)) return "stale";
  if (unclearNames.has(name) || (status !== undefined && status >= 500)) return "unclear";
  if (status !== undefined && status >= 400) return "refused";
  if (code !== undefined && unsentCodes.has(code)) return "unsent";
  if (code !== undefined && certificateCode.test(code)) return "untrusted";
  if (name === "TimeoutError" && notConnected.test(facts.message)) return "unsent";
  return "unclear";
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

function objectIn(from: unknown, key: string): unknown {
  const value = valueIn(from, key);
  return typeof value === "object" && value !== null ? value : undefined;
}
