import type { CallerIdentity, KmsKeyFacts } from "./kms";

/** A multi-Region key's place among its relatives (MultiRegionConfiguration of DescribeKey). */
export interface MultiRegionRole {
  readonly role: "PRIMARY" | "REPLICA";
  /** ARN of the primary key; a primary names itself. */
  readonly primary: string;
  /** ARNs of all replica keys. */
  readonly replicas: readonly string[];
}

/** How the material of a key changes by itself, or by demand. */
export interface KeyRotation {
  /**
   * `on` or `off` (GetKeyRotationStatus); `AWS`: AWS rotates its own keys; `not possible`: imported material, asymmetric and HMAC
   * keys, and keys of a custom key store never rotate by themselves.
   */
  readonly automatic: "on" | "off" | "AWS" | "not possible";
  readonly periodInDays?: number;
  readonly nextAt?: Date;
  /** Rotations so far and the latest one (ListKeyRotations); only where they were asked for. */
  readonly done?: { readonly count: number; readonly onDemand: number; readonly latestAt?: Date };
}

/** A read that the caller may not make, as IAM names it. */
export type DeniedRead =
  "kms:DescribeKey" | "kms:ListResourceTags" | "kms:GetKeyRotationStatus" | "kms:ListKeyRotations";

/** One key of an account and Region, with all that may be read of it. */
export interface ListedKey {
  readonly keyId: string;
  readonly arn: string;
  readonly aliases: readonly string[];
  /** Absent where DescribeKey is not permitted. */
  readonly facts?: KmsKeyFacts;
  readonly multiRegion?: MultiRegionRole;
  /** Absent where ListResourceTags is not permitted. */
  readonly tags?: Readonly<Record<string, string>>;
  readonly rotation?: KeyRotation;
  readonly denied: readonly DeniedRead[];
}

/** What {@link KmsInventoryPort.keys} reads besides. */
export interface ListingOptions {
  /** Also the rotations so far, of each symmetric key: AWS grants only 100 such calls a second. */
  readonly rotations?: boolean;
}

/** Reads every key of an account and Region, paced and retried, with errors mapped to `ByokError`. It has no call that writes. */
export interface KmsInventoryPort {
  callerIdentity(): Promise<CallerIdentity>;
  /**
   * Every key in the order of ListKeys, as they become known. Keys that vanish while they are read are left out.
   *
   * @throws ByokError BYOK_AWS_ACCESS_DENIED without kms:ListKeys or kms:ListAliases; other reads that are denied are told in `denied`
   */
  keys(options?: ListingOptions): AsyncIterable<ListedKey>;
}
