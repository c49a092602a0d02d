import { ByokError } from "../model/errors";
import { iamAction, type AwsApi } from "./aws-calls";
import {
  errorsByCode,
  errorsByName,
  errorsOtherwise,
  networkOtherwise,
  regionNotFound,
  tlsOtherwise,
  type ErrorRow,
} from "./error-table";
import { failureFacts, type FailureFacts } from "./failure-kind";
import { ProxyFailure } from "../network/proxy-agent";

/** The call that failed. */
export interface FailedCall {
  readonly api: AwsApi;
  readonly region: string;
  /** Host of the endpoint. */
  readonly host: string;
  /** True where the host is one that AWS publishes. */
  readonly published: boolean;
}

/** Calls whose requests hold material: nothing that AWS echoes of them is ever shown. */
const neverQuoted: readonly AwsApi[] = ["ImportKeyMaterial", "GetParametersForImport"];

const MAX_QUOTE = 300;

/** Turns what a call threw into the one error type, by the tables of this folder. It shows no request, header or stack. */
export function mapAwsError(thrown: unknown, call: FailedCall): ByokError {
  if (thrown instanceof ByokError) return thrown;
  if (thrown instanceof ProxyFailure) return proxyError(thrown, call);
  const facts = failureFacts(thrown);
  if (facts.name === "CredentialsProviderError" || facts.name === "TokenProviderError") {
    return new ByokError("BYOK_AWS_CREDENTIALS", "No AWS credentials were found.", {
      hint: "Name them in the group (credentials: { profile }, { csv } or { accessKeyId, secretAccessKey }), or sign in.",
      property: "credentials",
    });
  }
  const row = rowFor(facts, call);
  const known = row !== errorsOtherwise.unknown && row !== errorsOtherwise.internal;
  const name = known || !/^\w{1,80}$/.test(facts.name) ? "" : ` (${facts.name})`;
  const reference =
    known || facts.requestId === undefined || !/^[\w-]{1,80}$/.test(facts.requestId) ? "" : facts.requestId;
  const message = `${iamAction(call.api)} in Region ${call.region} failed: ${filled(row.what, call)}${name}.`;
  return new ByokError(row.code, `${message}${quoteOf(row, facts, call)}`, {
    hint: `${filled(row.hint, call)}${reference === "" ? "" : ` AWS's request id is ${reference}.`}`,
    retryable: row.retryable ?? false,
  });
}

function rowFor(facts: FailureFacts, call: FailedCall): ErrorRow {
  const named = Object.hasOwn(errorsByName, facts.name) ? errorsByName[facts.name] : undefined;
  if (named !== undefined && facts.status !== undefined) return named;
  switch (facts.kind) {
    case "throttled":
      return errorsOtherwise.throttled;
    case "untrusted":
      return byCode(facts.code) ?? tlsOtherwise;
    case "unsent":
      if (facts.code === "ENOTFOUND" && call.published) return regionNotFound;
      return byCode(facts.code) ?? networkOtherwise;
    case "unclear":
      return facts.status === undefined ? errorsOtherwise.noAnswer : errorsOtherwise.internal;
    default:
      return named ?? errorsOtherwise.unknown;
  }
}

const byCode = (code: string | undefined): ErrorRow | undefined =>
  code !== undefined && Object.hasOwn(errorsByCode, code) ? errorsByCode[code] : undefined;

function filled(text: string, call: FailedCall): string {
  return text
    .replaceAll("{action}", iamAction(call.api))
    .replaceAll("{region}", call.region)
    .replaceAll("{host}", call.host);
}

/** AWS names the caller and the policy that is missing; of that answer only these are taken. */
function quoteOf(row: ErrorRow, facts: FailureFacts, call: FailedCall): string {
  if (row.code === "BYOK_AWS_ACCESS_DENIED") {
    const caller = /\b(arn:[\w-]+:(?:sts|iam)::\d{12}:[\w+=,.@/-]{1,256})/.exec(facts.message)?.[1];
    const reason = /\bbecause (no [\w -]{1,60} policy allows|[\w -]{0,60}explicit deny[\w -]{0,60})/.exec(
      facts.message,
    )?.[1];
    const who = caller === undefined ? "" : ` The caller is ${caller}.`;
    return `${who}${reason === undefined ? "" : ` AWS's reason: ${reason.replace(/ allows$/, " allows it")}.`}`;
  }
  if (row.quote !== true || neverQuoted.includes(call.api)) return "";
  const words = facts.message
    .replace(/[^\P{C}]+/gu, " ")
    .trim()
    .slice(0, MAX_QUOTE);
  return words === "" || words === "UnknownError" ? "" : ` AWS says: ${words}`;
}

function proxyError(failure: ProxyFailure, call: FailedCall): ByokError {
  return new ByokError(
    "BYOK_AWS_UNREACHABLE",
    `${iamAction(call.api)} in Region ${call.region} failed: the proxy ${failure.proxy} made no connection to ${call.host} (${failure.reason}).`,
    { hint: "Check HTTPS_PROXY and NO_PROXY, and whether the proxy asks for a login.", retryable: true },
  );
}
