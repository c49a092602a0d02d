import type { AwsConnection } from "../model/aws-connection";
import type { AzureConnection } from "../model/azure-connection";
import type { KeyVaultImportPort } from "../model/ports/key-vault";
import type { KmsImportPort } from "../model/ports/kms";
import type { TokenKey, TokenPort } from "../model/ports/token";
import type { Interruption } from "./interruption";
import type { RecentReading } from "./recent-reading";
import type { Serialise } from "./serialise";

/** What a connection is opened with besides its settings. It lives as long as the request. */
export interface ConnectionDeps {
  /** Values of `config:` references, by reference. */
  readonly configValues: Readonly<Record<string, string>>;
  /** For `env:` references, `exec:` commands and proxies. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** SHA-256 (hex) of the CA certificates that the rules were asked about; a CA file that holds others is refused. */
  readonly caSha256: readonly string[];
  /** Ends waiting and reading. */
  readonly signal: AbortSignal;
}

/** The clouds, as the custodian reaches them: over connections that it opens itself. */
export interface CloudAdapters {
  readonly openKmsImport: (connection: AwsConnection, deps: ConnectionDeps) => Promise<KmsImportPort>;
  readonly openKeyVaultImport: (connection: AzureConnection, deps: ConnectionDeps) => Promise<KeyVaultImportPort>;
  /** SHA-256 (hex) of each certificate in a PEM file. */
  readonly caDigests: (path: string) => Promise<readonly string[]>;
}

/** The file system, as far as it holds material. */
export interface FileAdapters {
  /** @param guarded - refuse a file that others than the user and root own or may touch */
  readonly readFile: (path: string, options: { readonly guarded: boolean }) => Promise<Buffer>;
}

/** Where a file is put that is meant to leave this process. */
export interface FileWriter {
  /** Writes a file for its owner alone, as a whole or not at all. */
  readonly writeFile: (path: string, content: Buffer, options: { readonly overwrite: boolean }) => Promise<void>;
}

/** Time and chance; tests hand in others, in this process only. */
export interface Ambience {
  readonly clock: () => Date;
  readonly random: (bytes: number) => Buffer;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** What every operation works with. */
export interface OperationContext extends CloudAdapters, FileAdapters, FileWriter, Ambience, Interruption {
  readonly token: TokenPort;
  /** Keys of the token that carry our mark, read anew. Concurrent operations share a reading, since a token may take long for it. */
  readonly listKeys: () => Promise<readonly TokenKey[]>;
  /** The same, a few seconds old at most, for what only informs; everything that decides about a key reads anew. */
  readonly recentKeys: RecentReading<readonly TokenKey[]>;
  /** Acts on one owner's keys and links run one after the other. */
  readonly perOwner: Serialise;
  /** Values of the `env:` references of this request. */
  readonly environment: Readonly<Record<string, string>>;
}
