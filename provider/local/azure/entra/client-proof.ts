import { X509Certificate, createHash, createPublicKey, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import type { LocalAzureClient, LocalFederatedCredential } from "../options";
import { EntraError } from "./entra-error";
import { type ReadToken, isSignedBy, readToken } from "./json-web-token";

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

interface Proof {
  readonly client: LocalAzureClient;
  readonly form: URLSearchParams;
  /** The audiences that a certificate's assertion may name. */
  readonly audiences: readonly string[];
  /** Real time, milliseconds. */
  readonly now: number;
}

/** Checks that the form proves its client: by secret, by a certificate's assertion, or by a federated token. */
export function requireProof(proof: Proof): void {
  const { client, form } = proof;
  const assertion = form.get("client_assertion");
  if (assertion !== null) {
    if (form.get("client_assertion_type") !== assertionType)
      throw new EntraError("invalid_request", 900144, "The request body must contain 'client_assertion_type'.");
    requireAssertion(proof, assertion);
    return;
  }
  const secret = form.get("client_secret");
  if (secret === null)
    throw new EntraError(
      "invalid_client",
      7000218,
      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
      401,
    );
  if (client.secret === undefined || !sameText(client.secret, secret))
    throw new EntraError("invalid_client", 7000215, "Invalid client secret provided.", 401);
}

function requireAssertion(proof: Proof, text: string): void {
  const token = readToken(text);
  if (token === undefined) throw new EntraError("invalid_client", 50027, "The assertion is no JSON web token.", 401);
  requireLifetime(token, proof.now);
  const { client } = proof;
  if (token.claims.iss === client.id && token.claims.sub === client.id) {
    requireCertificate(proof, token);
    return;
  }
  if (!(client.federated ?? []).some((credential) => isFederated(credential, token, text))) {
    throw new EntraError(
      "invalid_client",
      70021,
      "No matching federated identity record found for presented assertion.",
      401,
    );
  }
}

function requireLifetime({ claims }: ReadToken, now: number): void {
  const { exp, nbf } = claims;
  const seconds = now / 1000;
  if (typeof exp !== "number" || exp <= seconds || (typeof nbf === "number" && nbf > seconds + 300)) {
    throw new EntraError("invalid_client", 700024, "Client assertion is not within its valid time range.", 401);
  }
}

function requireCertificate({ client, audiences, now }: Proof, token: ReadToken): void {
  const { aud } = token.claims;
  if (typeof aud !== "string" || !audiences.includes(aud))
    throw new EntraError("invalid_client", 700023, "Client assertion audience claim does not match.", 401);
  const unknown = new EntraError(
    "invalid_client",
    700027,
    "The certificate with identifier used to sign the client assertion is not registered on application.",
    401,
  );
  if (client.certificatePem === undefined) throw unknown;
  const certificate = new X509Certificate(client.certificatePem);
  const { x5t, "x5t#S256": x5tS256 } = token.header;
  const thumbprint = (hash: string): string => createHash(hash).update(certificate.raw).digest("base64url");
  const named = [x5t, x5tS256].filter((value) => value !== undefined);
  if (named.length === 0 || (x5t !== undefined && x5t !== thumbprint("sha1"))) throw unknown;
  if (x5tS256 !== undefined && x5tS256 !== thumbprint("sha256")) throw unknown;
  if (Date.parse(certificate.validTo) <= now)
    throw new EntraError(
      "invalid_client",
      1000502,
      "The provided certificate is not within its specified validity window.",
      401,
    );
  if (!isSignedBy(token, certificate.publicKey))
    throw new EntraError("invalid_client", 700027, "Client assertion failed signature validation.", 401);
}

function isFederated(credential: LocalFederatedCredential, token: ReadToken, text: string): boolean {
  if ("tokenFile" in credential) return sameText(readFileSync(credential.tokenFile, "utf8").trim(), text);
  const { issuer, subject, audience = "api://AzureADTokenExchange", jwk } = credential;
  const { iss, sub, aud } = token.claims;
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return (
    iss === issuer &&
    sub === subject &&
    audiences.includes(audience) &&
    isSignedBy(token, createPublicKey({ key: jwk, format: "jwk" }))
  );
}

export function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
