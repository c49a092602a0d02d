/** A partition of AWS: its own accounts, endpoints and ARNs. */
export interface AwsPartition {
  readonly id: string;
  readonly dnsSuffix: string;
}

interface PartitionRow extends AwsPartition {
  readonly regions: RegExp;
}

/** Partitions by Region name. Source: the partition metadata that AWS publishes with its SDKs. */
const partitions: readonly PartitionRow[] = [
  { id: "aws-cn", dnsSuffix: "amazonaws.com.cn", regions: /^cn-[a-z]+-\d+$/ },
  { id: "aws-us-gov", dnsSuffix: "amazonaws.com", regions: /^us-gov-[a-z]+-\d+$/ },
  { id: "aws-iso", dnsSuffix: "c2s.ic.gov", regions: /^us-iso-[a-z]+-\d+$/ },
  { id: "aws-iso-b", dnsSuffix: "sc2s.sgov.gov", regions: /^us-isob-[a-z]+-\d+$/ },
  { id: "aws-iso-e", dnsSuffix: "cloud.adc-e.uk", regions: /^eu-isoe-[a-z]+-\d+$/ },
  { id: "aws-iso-f", dnsSuffix: "csp.hci.ic.gov", regions: /^us-isof-[a-z]+-\d+$/ },
  { id: "aws-eusc", dnsSuffix: "amazonaws.eu", regions: /^eusc-(de)-[a-z]+-\d+$/ },
  { id: "aws", dnsSuffix: "amazonaws.com", regions: /^(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d+$/ },
];

/** The partition of a Region, or undefined where the name is no Region name. */
export const partitionOf = (region: string): AwsPartition | undefined =>
  partitions.find((partition) => partition.regions.test(region));

/** The published host of a service in a Region, or undefined where the name is no Region name. */
export function publishedHost(service: "kms" | "sts" | "tagging", region: string): string | undefined {
  const partition = partitionOf(region);
  return partition === undefined ? undefined : `${service}.${region}.${partition.dnsSuffix}`;
}
