/** A partition of AWS: its own accounts, endpoints and ARNs. */
export interface AwsPartition {
  readonly id: string;
  readonly dnsSuffix: string;
}

interface PartitionRow extends AwsPartition {
  readonly regions: RegExp;
  /** IAM is one service for a whole partition: its host, and the Region that requests are signed for. */
  readonly iam: { readonly host: string; readonly region: string };
}

/** Partitions by Region name. Source: the partition metadata that AWS publishes with its SDKs. */
const partitions: readonly PartitionRow[] = [
  {
    id: "aws-cn",
    dnsSuffix: "amazonaws.com.cn",
    regions: /^cn-[a-z]+-\d+$/,
    iam: { host: "iam.cn-north-1.amazonaws.com.cn", region: "cn-north-1" },
  },
  {
    id: "aws-us-gov",
    dnsSuffix: "amazonaws.com",
    regions: /^us-gov-[a-z]+-\d+$/,
    iam: { host: "iam.us-gov.amazonaws.com", region: "us-gov-west-1" },
  },
  {
    id: "aws-iso",
    dnsSuffix: "c2s.ic.gov",
    regions: /^us-iso-[a-z]+-\d+$/,
    iam: { host: "iam.us-iso-east-1.c2s.ic.gov", region: "us-iso-east-1" },
  },
  {
    id: "aws-iso-b",
    dnsSuffix: "sc2s.sgov.gov",
    regions: /^us-isob-[a-z]+-\d+$/,
    iam: { host: "iam.us-isob-east-1.sc2s.sgov.gov", region: "us-isob-east-1" },
  },
  {
    id: "aws-iso-e",
    dnsSuffix: "cloud.adc-e.uk",
    regions: /^eu-isoe-[a-z]+-\d+$/,
    iam: { host: "iam.eu-isoe-west-1.cloud.adc-e.uk", region: "eu-isoe-west-1" },
  },
  {
    id: "aws-iso-f",
    dnsSuffix: "csp.hci.ic.gov",
    regions: /^us-isof-[a-z]+-\d+$/,
    iam: { host: "iam.us-isof-south-1.csp.hci.ic.gov", region: "us-isof-south-1" },
  },
  {
    id: "aws-eusc",
    dnsSuffix: "amazonaws.eu",
    regions: /^eusc-(de)-[a-z]+-\d+$/,
    iam: { host: "iam.eusc-de-east-1.amazonaws.eu", region: "eusc-de-east-1" },
  },
  {
    id: "aws",
    dnsSuffix: "amazonaws.com",
    regions: /^(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d+$/,
    iam: { host: "iam.amazonaws.com", region: "us-east-1" },
  },
];

const rowOf = (region: string): PartitionRow | undefined => partitions.find((row) => row.regions.test(region));

/** The partition of a Region, or undefined where the name is no Region name. */
export const partitionOf = (region: string): AwsPartition | undefined => rowOf(region);

/** The services of AWS that are talked to. */
export type AwsServiceName = "kms" | "sts" | "tagging" | "iam";

/** The published host of a service in a Region, or undefined where the name is no Region name. */
export function publishedHost(service: AwsServiceName, region: string): string | undefined {
  const partition = rowOf(region);
  if (partition === undefined) return undefined;
  return service === "iam" ? partition.iam.host : `${service}.${region}.${partition.dnsSuffix}`;
}

/** The Region that requests to IAM are signed for. */
export const iamRegion = (region: string): string => rowOf(region)?.iam.region ?? region;
