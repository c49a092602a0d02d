/** Where the credentials of an AWS connection come from; every value but the profile name is a reference. */
export type AwsCredentialSource =
  | { readonly profile: string }
  | { readonly csv: string }
  | {
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly sessionToken?: string | undefined;
    };

/** Other credentials for what should not be in one hand. */
export interface RoleCredentials {
  /** To bring material: what the custodian calls. */
  readonly import?: AwsCredentialSource | undefined;
  /** ScheduleKeyDeletion, CancelKeyDeletion, DeleteImportedKeyMaterial, DeleteAlias. */
  readonly destroy?: AwsCredentialSource | undefined;
  /** PutKeyPolicy. */
  readonly policy?: AwsCredentialSource | undefined;
}

/** TLS of a connection, all paths relative to the project folder. */
export interface TlsSettings {
  /** PEM file with the certificate authorities to trust instead of the public roots. */
  readonly caFile?: string | undefined;
  /** PEM file with a client certificate chain; goes with `clientKeyFile`. */
  readonly clientCertFile?: string | undefined;
  /** PEM file with the client certificate's private key. */
  readonly clientKeyFile?: string | undefined;
  /** False: a certificate of `caFile`'s authorities counts whatever host it names. Only with `caFile`. Absent: true. */
  readonly validateHostname?: boolean | undefined;
}

/** URLs instead of the partition's published endpoints. */
export interface AwsEndpoints {
  readonly kms?: string | undefined;
  readonly sts?: string | undefined;
  readonly tagging?: string | undefined;
  readonly iam?: string | undefined;
}

/** How to reach AWS KMS in one account and Region. */
export interface AwsConnection {
  readonly region: string;
  /** The account that the credentials must belong to, 12 digits. */
  readonly account?: string | undefined;
  readonly endpoint?: AwsEndpoints | undefined;
  /** Absent: AWS's default credential chain. */
  readonly credentials?: AwsCredentialSource | undefined;
  /** Credentials of the same account for some of the calls; absent: `credentials` for all. */
  readonly roleCredentials?: RoleCredentials | undefined;
  readonly tls?: TlsSettings | undefined;
  /** Calls per second by API name, where the account's quotas differ from the published ones. */
  readonly quotas?: Readonly<Record<string, number>> | undefined;
}
