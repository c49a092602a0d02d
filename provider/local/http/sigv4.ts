import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { AwsError } from "../aws-error";
import type { ReceivedRequest } from "./request";
import { isQueryService, type ServiceName } from "./services";

export interface SigningIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface VerifiedSignature<T extends SigningIdentity> {
  readonly identity: T;
  readonly region: string;
}

interface Rules<T extends SigningIdentity> {
  readonly service: ServiceName;
  readonly regions: readonly string[];
  readonly identityOf: (accessKeyId: string) => T | undefined;
  /** Real time: SigV4 does not follow a clock that tests move. */
  readonly now: number;
}

interface Scope {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** Checks an AWS Signature Version 4 in the Authorization header, with the errors that the service has for each fault. */
export function verifySignature<T extends SigningIdentity>(
  request: ReceivedRequest,
  rules: Rules<T>,
): VerifiedSignature<T> {
  const errors = errorsOf(rules.service);
  const scope = readAuthorization(request, rules, errors);
  const identity = rules.identityOf(scope.accessKeyId);
  if (identity === undefined) throw errors.unknownKey();
  if ((identity.sessionToken ?? "") !== (request.headers.get("x-amz-security-token") ?? "")) throw errors.unknownKey();
  const signedAt = readDate(request, scope, rules, errors);
  const expected = sign(request, scope, signedAt, identity.secretAccessKey, rules.service);
  if (!sameText(expected, scope.signature)) {
    throw errors.mismatch(
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    );
  }
  return { identity, region: scope.region };
}

interface SignatureErrors {
  readonly missing: () => AwsError;
  readonly incomplete: (message: string) => AwsError;
  readonly unknownKey: () => AwsError;
  readonly mismatch: (message: string) => AwsError;
  readonly toleranceInMinutes: number;
}

/** Query services have other names and statuses than the JSON services for the same faults. */
function errorsOf(service: ServiceName): SignatureErrors {
  const invalidToken = "The security token included in the request is invalid.";
  if (isQueryService(service)) {
    return {
      missing: () => new AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403),
      incomplete: (message) => new AwsError("IncompleteSignature", message, 400),
      unknownKey: () => new AwsError("InvalidClientTokenId", invalidToken, 403),
      mismatch: (message) => new AwsError("SignatureDoesNotMatch", message, 403),
      toleranceInMinutes: 15,
    };
  }
  return {
    missing: () => new AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", 400),
    incomplete: (message) => new AwsError("IncompleteSignatureException", message, 400),
    unknownKey: () => new AwsError("UnrecognizedClientException", invalidToken, 400),
    mismatch: (message) => new AwsError("InvalidSignatureException", message, 400),
    toleranceInMinutes: 5,
  };
}

function readAuthorization<T extends SigningIdentity>(
  request: ReceivedRequest,
  rules: Rules<T>,
  errors: SignatureErrors,
): Scope {
  const header = request.headers.get("authorization");
  if (header === undefined) throw errors.missing();
  const fields = new Map(
    header
      .replace(/^AWS4-HMAC-SHA256\s+/, "")
      .split(",")
      .map((part) => part.trim().split("=", 2))
      .map(([name, value]) => [name ?? "", value ?? ""] as const),
  );
  const credential = fields.get("Credential");
  const signedHeaders = fields.get("SignedHeaders");
  const signature = fields.get("Signature");
  if (!header.startsWith("AWS4-HMAC-SHA256") || !credential || !signedHeaders || !signature) {
    throw errors.incomplete("Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.");
  }
  const [accessKeyId, date, region, service, end, ...more] = credential.split("/");
  if (!accessKeyId || !date || !region || !service || end !== "aws4_request" || more.length > 0) {
    throw errors.incomplete(
      "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.",
    );
  }
  const names = signedHeaders.split(";");
  if (!names.includes("host"))
    throw errors.mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  if (!rules.regions.includes(region))
    throw errors.mismatch(`Credential should be scoped to a valid region, not '${region}'. `);
  if (service !== rules.service)
    throw errors.mismatch(`Credential should be scoped to correct service: '${rules.service}'. `);
  return { accessKeyId, date, region, signedHeaders: names, signature };
}

function readDate<T extends SigningIdentity>(
  request: ReceivedRequest,
  scope: Scope,
  rules: Rules<T>,
  errors: SignatureErrors,
): string {
  const text = request.headers.get("x-amz-date");
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? "");
  if (text === undefined || parts === null)
    throw errors.incomplete("Authorization header requires existence of a valid 'X-Amz-Date' header.");
  if (!text.startsWith(scope.date))
    throw errors.mismatch("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP");
  const [, year, month, day, hour, minute, second] = parts.map(Number);
  const signedAt = Date.UTC(year ?? 0, (month ?? 1) - 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0);
  const minutes = errors.toleranceInMinutes;
  const tolerance = minutes * 60_000;
  if (signedAt < rules.now - tolerance) {
    throw errors.mismatch(
      `Signature expired: ${text} is now earlier than ${basicDate(rules.now - tolerance)} (${basicDate(rules.now)} - ${String(minutes)} min.)`,
    );
  }
  if (signedAt > rules.now + tolerance) {
    throw errors.mismatch(
      `Signature not yet current: ${text} is still later than ${basicDate(rules.now + tolerance)} (${basicDate(rules.now)} + ${String(minutes)} min.)`,
    );
  }
  return text;
}

function basicDate(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, "");
}

function sign(request: ReceivedRequest, scope: Scope, date: string, secret: string, service: string): string {
  const canonical = [
    request.method,
    request.path,
    canonicalQuery(request.query),
    ...scope.signedHeaders.map((name) => `${name}:${(request.headers.get(name) ?? "").trim().replace(/ +/g, " ")}`),
    "",
    scope.signedHeaders.join(";"),
    sha256(request.body),
  ].join("\n");
  const scopeText = `${scope.date}/${scope.region}/${service}/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", date, scopeText, sha256(canonical)].join("\n");
  const key = [scope.date, scope.region, service, "aws4_request"].reduce<Buffer>(hmac, Buffer.from(`AWS4${secret}`));
  return hmac(key, toSign).toString("hex");
}

function canonicalQuery(query: string): string {
  if (query === "") return "";
  return query
    .split("&")
    .map((pair) => (pair.includes("=") ? pair : `${pair}=`))
    .sort()
    .join("&");
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(data: Buffer | string): string {
  return createHash("sha256").update(data).digest("hex");
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
