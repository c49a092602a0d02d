import type { AwsConnection } from "./aws-connection";
import { publishedHost } from "./aws-partitions";
import type { SourceRules, TargetEntry } from "./source-rules";

/**
 * What kind of place a connection leads to: `local` (a loopback address: whoever runs on the host holds the keys in clear), `private`
 * (another endpoint or other certificate authorities than the published ones), `genuine` (AWS's published hosts over TLS with public roots).
 */
export type TargetKind = "local" | "private" | "genuine";

/** A target as the trust rules see it. */
export interface TargetFacts {
  readonly kind: TargetKind;
  readonly account: string;
  readonly region: string;
  /** Host name of the KMS endpoint. */
  readonly host: string;
  /** SHA-256 (hex) of each certificate in the custom CA file; empty with public roots. */
  readonly caSha256: readonly string[];
  /** True where the endpoint speaks plain HTTP. */
  readonly clear: boolean;
}

/** Why material must not go there, and the line that would permit it. */
export interface TrustRefusal {
  readonly refused: string;
  readonly hint: string;
}

const loopbackHost = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|::1)$/;

/** True for host names that certainly stay on this machine. */
export const isLoopback = (host: string): boolean => loopbackHost.test(host);

/** Reads what a connection leads to; `caSha256` are the digests of the certificates in its CA file. */
export function targetFacts(
  connection: AwsConnection & { readonly account: string },
  caSha256: readonly string[],
): TargetFacts | undefined {
  const published = publishedHost("kms", connection.region);
  const endpoint = connection.endpoint?.kms;
  if (endpoint === undefined && published === undefined) return undefined;
  const url = new URL(endpoint ?? `https://${String(published)}`);
  const others = otherEndpoints(connection);
  const custom = !isPublished(url, published) || others.some((other) => !isPublished(other.url, other.published));
  const local = isLoopback(url.hostname) && others.every((other) => isLoopback(other.url.hostname));
  const kind = local ? "local" : custom || caSha256.length > 0 ? "private" : "genuine";
  return {
    kind,
    account: connection.account,
    region: connection.region,
    host: url.host,
    caSha256: caSha256.map((digest) => digest.toLowerCase()),
    clear: url.protocol !== "https:" || others.some((other) => other.url.protocol !== "https:"),
  };
}

const isPublished = (url: URL, host: string | undefined): boolean =>
  url.hostname === host && url.port === "" && url.protocol === "https:";

/** Signed requests, with a session token, go to these hosts too. */
const otherEndpoints = (
  connection: AwsConnection,
): readonly { readonly url: URL; readonly published: string | undefined }[] =>
  (["sts", "tagging", "iam"] as const).flatMap((service) => {
    const endpoint = connection.endpoint?.[service];
    return endpoint === undefined
      ? []
      : [{ url: new URL(endpoint), published: publishedHost(service, connection.region) }];
  });

/** Undefined where the rules of the source group let its keys go to the target. */
export function refuseTarget(
  target: TargetFacts,
  rules: Pick<SourceRules, "allowedTargets" | "lab">,
): TrustRefusal | undefined {
  const place = `account ${target.account}, Region ${target.region}`;
  if (target.kind === "local") {
    if (rules.lab) return undefined;
    return {
      refused: `the endpoint ${target.host} is on this machine, and a local cloud holds keys in clear.`,
      hint: "For a lab, make a source group of its own with lab: true; its keys then never go to a real cloud.",
    };
  }
  if (rules.lab) {
    return {
      refused: `keys of a source group with lab: true go to local clouds only, and ${target.host} is none.`,
      hint: "Generate the key in a source group without lab.",
    };
  }
  if (target.clear) {
    return { refused: `the endpoint ${target.host} does not use TLS.`, hint: "Use an https:// endpoint." };
  }
  if (rules.allowedTargets.some((entry) => entryFits(entry, target))) return undefined;
  return {
    refused: `allowedTargets of the source group names no entry for ${place}${target.kind === "private" ? `, host ${target.host}` : ""}.`,
    hint: `Add to allowedTargets: ${entryLine(target)}`,
  };
}

function entryFits(entry: TargetEntry, target: TargetFacts): boolean {
  if (!("aws" in entry)) return false;
  const { account, regions, host, caSha256 } = entry.aws;
  if (account !== target.account || !regions.includes(target.region)) return false;
  if (target.kind === "genuine") return host === undefined && caSha256 === undefined;
  if (host === undefined || host.toLowerCase() !== target.host.toLowerCase()) return false;
  // Every certificate in the CA file can vouch for the endpoint, so one that the entry does not name spoils the file.
  if (caSha256 === undefined) return target.caSha256.length === 0;
  return target.caSha256.length > 0 && target.caSha256.every((digest) => digest === caSha256.toLowerCase());
}

function entryLine(target: TargetFacts): string {
  const quoted = (value: string): string => JSON.stringify(value);
  const fields = [`account: ${quoted(target.account)}`, `regions: [${quoted(target.region)}]`];
  if (target.kind === "private") {
    fields.push(`host: ${quoted(target.host)}`);
    const [digest] = target.caSha256;
    if (digest !== undefined) fields.push(`caSha256: ${quoted(digest)}`);
  }
  return `{ aws: { ${fields.join(", ")} } }`;
}
