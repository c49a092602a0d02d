import type { AwsConnection } from "../model/aws-connection";
import { publishedHost } from "../model/aws-partitions";
import { ByokError } from "../model/errors";
import { isLoopback } from "../model/trust";

/** The services that a connection talks to. */
export type AwsService = "kms" | "sts" | "tagging";

/** Explicit URLs of a connection's services; nothing else may name one. */
export interface EndpointUrls {
  readonly kms: string;
  readonly sts: string;
  /** Absent where a custom KMS endpoint has no tagging service beside it. */
  readonly tagging?: string;
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
  if (custom.tagging !== undefined) return { kms, sts, tagging: checked(custom.tagging, "endpoint.tagging") };
  return custom.kms === undefined ? { kms, sts, tagging: published("tagging", connection.region) } : { kms, sts };
}

function published(service: AwsService, region: string): string {
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
