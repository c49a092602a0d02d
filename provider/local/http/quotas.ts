/** Calls in a window (AWS: a second, Azure: ten) for each operation; an operation that is not named is not limited. */
export type Quotas = Readonly<Record<string, number>>;

/** "Request quotas" of the AWS KMS developer guide for control-plane operations, per account and Region. */
export const awsQuotas: Quotas = {
  CancelKeyDeletion: 5,
  CreateAlias: 5,
  CreateGrant: 50,
  CreateKey: 5,
  DeleteAlias: 15,
  DeleteImportedKeyMaterial: 15,
  DescribeKey: 2000,
  DisableKey: 5,
  DisableKeyRotation: 5,
  EnableKey: 5,
  EnableKeyRotation: 15,
  GetKeyPolicy: 1000,
  GetKeyRotationStatus: 1000,
  GetParametersForImport: 0.25,
  GetPublicKey: 2000,
  ImportKeyMaterial: 5,
  ListAliases: 500,
  ListGrants: 100,
  ListKeyPolicies: 100,
  ListKeyRotations: 100,
  ListKeys: 500,
  ListResourceTags: 2000,
  ListRetirableGrants: 100,
  PutKeyPolicy: 15,
  ReplicateKey: 5,
  RetireGrant: 50,
  RevokeGrant: 50,
  RotateKeyOnDemand: 5,
  ScheduleKeyDeletion: 15,
  TagResource: 10,
  UntagResource: 5,
  UpdateAlias: 5,
  UpdateKeyDescription: 5,
  UpdatePrimaryRegion: 5,
};

/**
 * A request may come this much early, since two requests sent at the right distance rarely arrive at it. What it took
 * in advance is owed, so the mean rate holds.
 */
const earlyMs = 100;

interface Bucket {
  tokens: number;
  at: number;
}

/** One token bucket for each owner and operation, as large as one window's worth but at least one call. */
export class QuotaKeeper {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    private readonly quotas: Quotas,
    /** Real time in milliseconds. */
    private readonly now: () => number,
    private readonly windowSeconds = 1,
  ) {}

  /** False: this call comes too soon. */
  take(owner: string, operation: string): boolean {
    const quota = this.quotas[operation];
    if (quota === undefined) return true;
    const rate = quota / this.windowSeconds;
    const size = Math.max(1, quota);
    const name = `${owner}/${operation}`;
    const now = this.now();
    const bucket = this.buckets.get(name) ?? { tokens: size, at: now };
    bucket.tokens = Math.min(size, bucket.tokens + ((now - bucket.at) / 1000) * rate);
    bucket.at = now;
    this.buckets.set(name, bucket);
    if (bucket.tokens < 1 - (earlyMs / 1000) * rate) return false;
    bucket.tokens -= 1;
    return true;
  }
}
