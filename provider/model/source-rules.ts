import type { OaepHash } from "./token";

/** An AWS account and Regions that keys of a source group may be copied to. */
export interface AwsTargetEntry {
  readonly aws: {
    readonly account: string;
    readonly regions: readonly string[];
    /** Only for a private target: the endpoint's host name. */
    readonly host?: string | undefined;
    /** Only for a private target: SHA-256 of the CA certificate (DER), 64 hex digits. */
    readonly caSha256?: string | undefined;
  };
}

/** Vaults of an Azure tenant that keys of a source group may be copied to. */
export interface AzureTargetEntry {
  readonly azure: {
    readonly tenantId: string;
    /** URLs, such as `https://payments.vault.azure.net`. */
    readonly vaults: readonly string[];
    /** Only for a private target: SHA-256 of the CA certificate (DER), 64 hex digits. */
    readonly caSha256?: string | undefined;
  };
}

/** A place that keys may be copied to. */
export type TargetEntry = AwsTargetEntry | AzureTargetEntry;

/** The rules of a source group that are decided again immediately before each wrap. */
export interface SourceRules {
  readonly allowedTargets: readonly TargetEntry[];
  /** True: keys go to local clouds only, which hold them in clear. It can never change. */
  readonly lab: boolean;
  /** The weakest OAEP hash that may be used. */
  readonly minOaepHash: OaepHash;
  /** ISO 8601: others may have the key since then, so that no cloud may get it any more. */
  readonly compromisedSince?: string;
}
