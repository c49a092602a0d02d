import type { AwsConnection } from "../model/aws-connection";
import { publishedHost, type AwsServiceName } from "../model/aws-partitions";
import { ByokError } from "../model/errors";
import { isLoopback } from "../model/trust";

/** Explicit URLs of a connection's services; nothing else may name one. */
export interface EndpointUrls {
  readonly kms: string;
  readonly sts: string;
  /** Absent where a custom KMS endpoint has no tagging service beside it. */
  readonly tagging?: string;
  /** Absent where a custom KMS endpoint has no IAM beside it. */
  readonly iam?: string;
}

/**
 * The endpoints of a connection: those that it names, else the partition's published hosts. A connection whose KMS is on this
 * machine never talks to a real cloud: there the KMS endpoint stands in for the others.
 *
 * @throws ByokError BYOK_AWS_REGION_UNKNOWN, BYOK_INPUT_INVALID
 */
export function endpointUrls(connection: AwsConnection): EndpointUrls {
  const custom = connection.endpoint ?? {};
  const kms = custom.kms === undefined ? published("kms", connection.region) : checked(custom.kms, "endpoint.kms");
  const local = custom.kms !== undefined && isLoopback(new URL(kms).hostname);
  const sts =
    custom.sts === undefined
      ? local
        ? kms
        : published("sts", connection.region)
      : checked(custom.sts, "endpoint.sts");
  const beside = (service: "tagging" | "iam"): string | undefined => {
    const named = custom[service];
    if (named !== undefined) return checked(named, `endpoint.${service}`);
    return custom.kms === undefined ? published(service, connection.region) : undefined;
  };
  const [tagging, iam] = [beside("tagging"), beside("iam")];
  return { kms, sts, ...(tagging === undefined ? {} : { tagging }), ...(iam === undefined ? {} : { iam }) };
}

function published(service: AwsServiceName, region: string): string {
  const host = publishedHost(service, region);
  if (host !== undefined) return `https://${host}`;
  throw new ByokError("BYOK_AWS_REGION_UNKNOWN", `${region} is not the name of an AWS Region.`, {
    hint: 'Write a Region such as "eu-central-1".',
    property: "region",
  });
}

function checked(url: string, property: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed !== undefined && ["http:", "https:"].includes(parsed.protocol) && parsed.username === "") return url;
  throw new ByokError("BYOK_INPUT_INVALID", `${property} is not an http or https URL.`, {
    hint: 'Write it like "https://kms.example.net".',
    property,
  });
}
