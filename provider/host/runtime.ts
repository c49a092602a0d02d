import type { AwsConnection } from "../model/aws-connection";
import type { AzureConnection } from "../model/azure-connection";
import type { EscrowFiles } from "../model/ports/escrow-files";
import type { MadeWrappingKeys } from "../model/ports/azure-import";
import type { KeyVaultPort } from "../model/ports/key-vault";
import type { VaultInventoryPort } from "../model/ports/vault-inventory";
import type { CustodianPort } from "../model/ports/custodian";
import type { KmsPort } from "../model/ports/kms";
import type { KmsInventoryPort } from "../model/ports/kms-inventory";
import type { TokenConnection } from "../model/token";
import { noEngine, openEngineLink, type EngineLink } from "./engine-link";
import { rememberedInProcess } from "./made-wrapping-keys";
import { ProcessLife } from "./process-life";
import { Redactor } from "./redactor";
import { SharedConnections } from "./shared-connections";

/** What all hosted lifecycles of a process share. */
export interface Runtime {
  readonly engine: EngineLink;
  readonly life: ProcessLife;
  readonly redactor: Redactor;
  readonly clock: () => Date;
  readonly random: (bytes: number) => Buffer;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly env: (name: string) => string | undefined;
  /** One custodian for each token. */
  readonly custodian: (token: TokenConnection) => CustodianPort;
  /** One port for each connection and the configured values that it refers to. */
  readonly kms: (connection: AwsConnection, configValues: Readonly<Record<string, string>>) => KmsPort;
  /** Likewise. */
  readonly kmsInventory: (
    connection: AwsConnection,
    configValues: Readonly<Record<string, string>>,
  ) => KmsInventoryPort;
  /** Likewise. */
  readonly keyVault: (connection: AzureConnection, configValues: Readonly<Record<string, string>>) => KeyVaultPort;
  /** Likewise. */
  readonly vaultInventory: (
    connection: AzureConnection,
    configValues: Readonly<Record<string, string>>,
  ) => VaultInventoryPort;
  /** The group that makes a wrapping key and the keys that are imported under it are resources of one process. */
  readonly madeWrappingKeys: MadeWrappingKeys;
  readonly azureOverrides: (connection: AzureConnection) => readonly string[];
  readonly ignoredOverrides: (connection: AwsConnection) => readonly string[];
  readonly caDigests: (path: string) => Promise<readonly string[]>;
  /** Where backups are kept. */
  readonly files: EscrowFiles;
}

/** What the port of a cloud gets of the process. */
export interface CloudSurroundings {
  /** By `NAMESPACE:KEY`. */
  readonly configValues: Readonly<Record<string, string>>;
  /** Hears every credential that is found. */
  readonly onSecret: (secret: string) => void;
  /** Ends waiting and requests when this process stops; its reason is the error to raise. */
  readonly signal: AbortSignal;
}

/** What {@link createRuntime} is put together from. */
export interface RuntimeParts {
  readonly openCustodian: (token: TokenConnection) => CustodianPort & { end(): Promise<void> };
  readonly openKms: (connection: AwsConnection, surroundings: CloudSurroundings) => KmsPort;
  readonly openKmsInventory: (connection: AwsConnection, surroundings: CloudSurroundings) => KmsInventoryPort;
  readonly openKeyVault: (connection: AzureConnection, surroundings: CloudSurroundings) => KeyVaultPort;
  readonly openVaultInventory: (connection: AzureConnection, surroundings: CloudSurroundings) => VaultInventoryPort;
  /** One sentence for each override of Azure's hosts in the environment that is ignored. */
  readonly azureOverrides: (connection: AzureConnection) => readonly string[];
  /** SHA-256 (hex) of each certificate in a PEM file. */
  readonly caDigests: (path: string) => Promise<readonly string[]>;
  readonly files: EscrowFiles;
  /** One sentence for each endpoint override in the environment or a profile that is ignored. */
  readonly ignoredOverrides: (connection: AwsConnection) => readonly string[];
  readonly clock: () => Date;
  readonly random: (bytes: number) => Buffer;
  /** The engine's address, as the CLI hands it over; undefined where no engine started this process. */
  readonly engineAddress: string | undefined;
  readonly exit: (code: number) => void;
}

interface ConfiguredConnection<Connection> {
  readonly connection: Connection;
  readonly values: Readonly<Record<string, string>>;
}

/** The process-wide pieces, wired together; it listens to signals only where an engine started the process. */
export function createRuntime(parts: RuntimeParts): Runtime {
  const engine = parts.engineAddress === undefined ? noEngine : openEngineLink(parts.engineAddress);
  const redactor = new Redactor();
  const custodians = new SharedConnections(parts.openCustodian);
  const perConnection = <Connection, Port>(
    open: (connection: Connection, surroundings: CloudSurroundings) => Port,
  ): SharedConnections<ConfiguredConnection<Connection>, Port> =>
    new SharedConnections((key: ConfiguredConnection<Connection>) =>
      open(key.connection, {
        configValues: key.values,
        signal: life.signal,
        onSecret: (secret) => redactor.remember(secret),
      }),
    );
  const kmsPorts = perConnection(parts.openKms);
  const inventoryPorts = perConnection(parts.openKmsInventory);
  const keyVaultPorts = perConnection(parts.openKeyVault);
  const vaultInventoryPorts = perConnection(parts.openVaultInventory);
  const life = new ProcessLife({
    engine,
    endChildren: async () => {
      await Promise.allSettled(custodians.take().map((custodian) => custodian.end()));
    },
    exit: parts.exit,
  });
  if (parts.engineAddress !== undefined) life.obeySignals();
  return {
    engine,
    life,
    redactor,
    clock: parts.clock,
    random: parts.random,
    sleep: (milliseconds) => life.sleep(milliseconds),
    env: (name) => process.env[name],
    custodian: (token) => custodians.get(token),
    kms: (connection, values) => kmsPorts.get({ connection, values }),
    kmsInventory: (connection, values) => inventoryPorts.get({ connection, values }),
    keyVault: (connection, values) => keyVaultPorts.get({ connection, values }),
    vaultInventory: (connection, values) => vaultInventoryPorts.get({ connection, values }),
    madeWrappingKeys: rememberedInProcess(),
    azureOverrides: parts.azureOverrides,
    ignoredOverrides: parts.ignoredOverrides,
    caDigests: oncePerPath(parts.caDigests),
    files: parts.files,
  };
}

const engineAddress = /^(\[[\da-fA-F:]+\]|[\w.-]+):\d{1,5}$/;

/** The engine's address among the arguments of this process, or undefined where something else stands there. */
export const engineAddressOf = (argument: string | undefined): string | undefined =>
  argument !== undefined && engineAddress.test(argument) ? argument : undefined;

/**
 * All resources of a run are judged by one reading of a file; hundreds of keys share it. Before each wrap the custodian reads anew.
 * A failure is not kept: the file may be there by the next call.
 */
function oncePerPath<T>(read: (path: string) => Promise<T>): (path: string) => Promise<T> {
  const readings = new Map<string, Promise<T>>();
  return (path) => {
    const known = readings.get(path);
    if (known !== undefined) return known;
    const reading = read(path);
    readings.set(path, reading);
    reading.catch(() => readings.delete(path));
    return reading;
  };
}
