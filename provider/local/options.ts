import type { LocalAdmin } from "./admin";
import type { Now } from "./clock";
import type { PemPair } from "./http/certificates";
import type { Quotas } from "./http/quotas";

/** An account of the local cloud and the credentials of its one caller. */
export interface LocalAccount {
  /** Twelve digits. */
  readonly id: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Set for temporary credentials; requests must then carry it. */
  readonly sessionToken?: string | undefined;
  /** The caller's ARN; default `arn:aws:iam::ID:user/local`. Two entries may share an account under different ARNs. */
  readonly arn?: string | undefined;
  /** An IAM policy document (JSON) attached to the caller; without one IAM allows everything. */
  readonly iamPolicy?: string | undefined;
}

export interface LocalAwsOptions {
  /** Folder that keeps everything over restarts, also over `kill -9`; in memory when unset. */
  readonly dataDir?: string | undefined;
  /** Default: account 111122223333 with generated credentials, kept in `dataDir`. */
  readonly accounts?: readonly LocalAccount[] | undefined;
  /** Default eu-central-1, eu-west-1, us-east-1. Requests for another Region are refused. */
  readonly regions?: readonly string[] | undefined;
  /** Port for HTTP; 0 (default) takes the one of the last start if it is free, else any. */
  readonly port?: number | undefined;
  /** Port for HTTPS, likewise. */
  readonly httpsPort?: number | undefined;
  /** Whether to serve HTTP; default true. */
  readonly http?: boolean | undefined;
  /** Whether to serve HTTPS, with a certificate of a CA kept in `dataDir`; default true. */
  readonly https?: boolean | undefined;
  /** Clients over HTTPS must show a certificate of the own CA (`true`) or of the given one. Default false. */
  readonly clientCertificates?: boolean | { readonly caPem: string } | undefined;
  /** Source of time; default the system's. SigV4, certificates and quotas always use real time. */
  readonly clock?: Now | undefined;
  /** `aws`: the published request quotas; or calls a second by operation. Default `off`. */
  readonly quotas?: "off" | "aws" | Quotas | undefined;
  /** Refuse bytes after the PKCS#8 structure instead of reporting them. Default false. */
  readonly strictDer?: boolean | undefined;
  /** Enforce key policies, IAM policies and grants. Default true. */
  readonly enforcePolicies?: boolean | undefined;
  /** Milliseconds for which reads answer from the past. Default 0. */
  readonly eventualConsistencyMs?: number | undefined;
  /** Milliseconds for which Creating, Updating and an on-demand rotation last. Default 0. */
  readonly transitionMs?: number | undefined;
  /** Make a new wrapping key pair for each GetParametersForImport, as AWS does. Default false: one of each size. */
  readonly freshWrappingKeys?: boolean | undefined;
  /** Begin at the start to make the 4096-bit wrapping key, before the first client waits for it. Default false. */
  readonly prepareWrappingKeys?: boolean | undefined;
  /** Let `admin.materialOf` return key material, for tests. Default false. */
  readonly exposeMaterial?: boolean | undefined;
}

/** A running local AWS. */
export interface LocalAws {
  /** `http://127.0.0.1:PORT`; the HTTPS one when HTTP is off. */
  readonly endpoint: string;
  /** `https://127.0.0.1:PORT`, if HTTPS is served. */
  readonly httpsEndpoint: string | undefined;
  /** The CA behind the HTTPS endpoint, if HTTPS is served. */
  readonly caPem: string | undefined;
  /** The same as a file, if there is a `dataDir`. */
  readonly caFile: string | undefined;
  readonly accounts: readonly LocalAccount[];
  readonly regions: readonly string[];
  readonly admin: LocalAdmin;
  /** The cloud's time, for another local cloud that shall share it. */
  readonly clock: Now;
  /** What the control API under `/_local/` asks for as bearer token. */
  readonly controlToken: string;
  /** A client certificate of the own CA. */
  issueClientCertificate(name: string): Promise<PemPair>;
  /** Ends the listeners and all connections. Everything is on disk already. */
  close(): Promise<void>;
}

/** Something is wrong with how the local cloud was started or steered; AWS errors never come this way. */
export class LocalCloudError extends Error {
  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(`${message} ${hint}`);
    this.name = "LocalCloudError";
  }
}
