import type { AwsConnection } from "../model/aws-connection";
import type { AzureConnection } from "../model/azure-connection";
import type { KeyVaultPort } from "../model/ports/key-vault";
import type { MadeWrappingKeys } from "../model/ports/azure-import";
import type { VaultInventoryPort } from "../model/ports/vault-inventory";
import type { ByokError } from "../model/errors";
import type { EscrowFiles } from "../model/ports/escrow-files";
import type { CustodianPort } from "../model/ports/custodian";
import type { KmsPort } from "../model/ports/kms";
import type { KmsInventoryPort } from "../model/ports/kms-inventory";
import type { TokenConnection } from "../model/token";

/** A plain record, as inputs and outputs cross the engine: JSON values, and in a preview {@link UNKNOWN}. */
export type PlainRecord = Readonly<Record<string, unknown>>;

/** A complaint about one input, shown on the resource's own row. */
export interface CheckFailure {
  /** Path such as `aliases[1]`; empty for the resource as a whole. */
  readonly property: string;
  readonly reason: string;
}

/** What `check` answers: the checked inputs (with everything that could be derived), or why not. */
export interface CheckResult {
  readonly inputs: PlainRecord;
  readonly failures: readonly CheckFailure[];
}

/** What `diff` answers. */
export interface DiffResult {
  readonly changes: boolean;
  /** Properties whose change needs a replacement; never delete-before-replace. */
  readonly replaces: readonly string[];
}

/** Everything that a lifecycle may touch besides its arguments; the host makes one for each call. */
export interface LifecycleContext {
  /** The resource's name in the program, for messages. */
  readonly name: string;
  /** Lines on the resource's own row. */
  readonly log: {
    warn(message: string): void;
    info(message: string): void;
    /** What is going on right now; replaced by the next one. */
    progress(message: string): void;
  };
  readonly clock: () => Date;
  readonly random: (bytes: number) => Buffer;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** A variable of the process environment, such as BYOK_CONFIRM. */
  readonly env: (name: string) => string | undefined;
  /**
   * Raises BYOK_ENGINE_LOST once the engine is gone: called before every step that changes something, so that nothing is
   * changed that no state would remember.
   */
  readonly mayProceed: () => void;
  /** Values of the `config:` references that a connection names. */
  readonly configValues: (connection: AwsConnection) => Readonly<Record<string, string>>;
  readonly custodian: (token: TokenConnection) => CustodianPort;
  readonly kms: (connection: AwsConnection) => KmsPort;
  readonly kmsInventory: (connection: AwsConnection) => KmsInventoryPort;
  /** Key Vault, or a Managed HSM, behind a connection. */
  readonly keyVault: (connection: AzureConnection) => KeyVaultPort;
  readonly vaultInventory: (connection: AzureConnection) => VaultInventoryPort;
  /** Wrapping keys that this run saw a vault make. */
  readonly madeWrappingKeys: MadeWrappingKeys;
  /** Values of the `config:` references that a connection to Azure names. */
  readonly azureConfigValues: (connection: AzureConnection) => Readonly<Record<string, string>>;
  /** One sentence for each override of Azure's hosts in the environment that is ignored. */
  readonly azureOverrides: (connection: AzureConnection) => readonly string[];
  /** One sentence for each endpoint override in the environment or a profile that is ignored. */
  readonly ignoredOverrides: (connection: AwsConnection) => readonly string[];
  /** SHA-256 (hex) of each certificate in a PEM file. */
  readonly caDigests: (path: string) => Promise<readonly string[]>;
  /** Where backups are kept. */
  readonly files: EscrowFiles;
}

/** How records of a kind stand in the state, where that is another form than the lifecycle works with. `complete` undoes `compact`. */
export interface StateForm {
  readonly compact: (record: PlainRecord) => PlainRecord;
  readonly complete: (record: PlainRecord) => PlainRecord;
  /** True of outputs in an earlier form, which programs do not read any more. */
  readonly isOutdated: (outputs: PlainRecord) => boolean;
}

/**
 * The life of one resource kind, free of Pulumi. `create` and `update` share one flow: observe, ensure, record.
 * Outputs echo the checked inputs under their own names (as observed) and add what was observed besides.
 */
export interface Lifecycle {
  readonly kind: string;
  readonly stateForm?: StateForm;
  /** `olds` are the previous checked inputs, empty on create and on every replacement. */
  check(context: LifecycleContext, olds: PlainRecord, news: PlainRecord): Promise<CheckResult>;
  /** `olds` are the previous outputs, `news` the checked inputs. */
  diff(context: LifecycleContext, id: string, olds: PlainRecord, news: PlainRecord): Promise<DiffResult>;
  /** @throws PartialFailure when something was created and a later step failed. */
  create(
    context: LifecycleContext,
    inputs: PlainRecord,
  ): Promise<{ readonly id: string; readonly outputs: PlainRecord }>;
  /** Undefined: certainly gone. `inputs` are all checked inputs with the actual values. */
  read(
    context: LifecycleContext,
    id: string,
    outputs: PlainRecord,
  ): Promise<{ readonly outputs: PlainRecord; readonly inputs: PlainRecord } | undefined>;
  update(context: LifecycleContext, id: string, olds: PlainRecord, news: PlainRecord): Promise<PlainRecord>;
  delete(context: LifecycleContext, id: string, outputs: PlainRecord): Promise<void>;
}

/** Something exists already, and the step after it failed: the host keeps the resource and its outputs in state. */
export class PartialFailure extends Error {
  constructor(
    readonly id: string,
    readonly outputs: PlainRecord,
    readonly failure: ByokError,
  ) {
    super(failure.message);
    this.name = "PartialFailure";
  }
}
