import { randomBytes } from "node:crypto";
import type { Lifecycle, LifecycleContext, PlainRecord } from "../../provider/lifecycle/contract";
import { rememberedInProcess } from "../../provider/host/made-wrapping-keys";
import { PartialFailure } from "../../provider/lifecycle/contract";
import { FakeFiles } from "./fake-files";
import { FakeKeyVault } from "./fake-key-vault";
import { FakeVaultInventory } from "./fake-vault-inventory";
import { FakeInventory } from "./fake-inventory";
import { FakeCustodian, report } from "./fake-custodian";
import { account, FakeKms, region } from "./fake-kms";

/** A cloud, a token and everything said on resource rows, for lifecycles under test. */
export class World {
  readonly kms = new FakeKms();
  readonly vault = new FakeKeyVault(() => this.kms.now);
  readonly custodian = new FakeCustodian(this.kms, this.vault);
  readonly inventory = new FakeInventory();
  readonly vaultInventory = new FakeVaultInventory(this.vault);
  readonly warnings: string[] = [];
  readonly infos: string[] = [];
  /** Backups by path. */
  readonly files = new FakeFiles();
  /** Another one stands for the process of another run. */
  madeWrappingKeys = rememberedInProcess();
  environment: Record<string, string> = {};
  engineLost = false;
  /** Connections that were asked for. */
  readonly connections: unknown[] = [];

  context(name: string): LifecycleContext {
    return {
      name,
      log: {
        warn: (message) => void this.warnings.push(message),
        info: (message) => void this.infos.push(message),
        progress: () => undefined,
      },
      clock: () => this.kms.now,
      random: (bytes) => randomBytes(bytes),
      sleep: () => Promise.resolve(),
      env: (variable) => this.environment[variable],
      mayProceed: () => {
        if (this.engineLost) throw new Error("the engine is gone");
      },
      configValues: () => ({}),
      custodian: () => this.custodian,
      kms: (connection) => {
        this.connections.push(connection);
        return this.kms.in(connection.region);
      },
      kmsInventory: () => this.inventory,
      keyVault: (connection) => {
        this.connections.push(connection);
        return this.vault;
      },
      vaultInventory: () => this.vaultInventory,
      madeWrappingKeys: this.madeWrappingKeys,
      azureConfigValues: () => ({}),
      azureOverrides: () => [],
      ignoredOverrides: () => [],
      caDigests: () => Promise.resolve([]),
      files: this.files,
    };
  }

  /** Runs an act as if it died in a call to KMS, counted from 1 on; true where it did. */
  async dies(act: () => Promise<unknown>, call: number, after: boolean): Promise<boolean> {
    this.kms.failAt = { call: this.kms.calls.length + call, after };
    try {
      await act();
      return false;
    } catch {
      return true;
    } finally {
      this.kms.failAt = undefined;
    }
  }

  /** A resource as the engine drives it: check, then create or diff and update, keeping what a state would keep. */
  resource(lifecycle: Lifecycle, name: string): EngineResource {
    return new EngineResource(lifecycle, this.context(name));
  }
}

/** What the engine remembers of one resource, and how it calls its lifecycle. */
export class EngineResource {
  id: string | undefined;
  inputs: PlainRecord = {};
  outputs: PlainRecord = {};

  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly context: LifecycleContext,
  ) {}

  check(news: PlainRecord): ReturnType<Lifecycle["check"]> {
    return this.lifecycle.check(this.context, this.id === undefined ? {} : this.inputs, news);
  }

  /** The complaints of check, as `property: reason`. */
  async complaints(news: PlainRecord): Promise<readonly string[]> {
    return (await this.check(news)).failures.map((failure) => `${failure.property}: ${failure.reason}`);
  }

  /** One `pulumi up`; answers what the engine did. */
  async up(news: PlainRecord): Promise<"created" | "updated" | "same" | "replaces"> {
    const checked = await this.check(news);
    if (checked.failures.length > 0)
      throw new Error(checked.failures.map((each) => `${each.property}: ${each.reason}`).join("\n"));
    const known = this.asState(checked.inputs);
    if (this.id === undefined) {
      await this.keep(known, () => this.lifecycle.create(this.context, known));
      return "created";
    }
    const { id } = this;
    const diff = await this.lifecycle.diff(this.context, id, this.outputs, known);
    if (diff.replaces.length > 0) return "replaces";
    if (!diff.changes) {
      this.inputs = known;
      return "same";
    }
    await this.keep(known, async () => ({
      id,
      outputs: await this.lifecycle.update(this.context, id, this.outputs, known),
    }));
    return "updated";
  }

  /** One `pulumi preview` of a resource that exists; what it says is in the world's log. */
  async preview(news: PlainRecord): Promise<void> {
    if (this.id === undefined) throw new Error("there is nothing to compare with");
    const { inputs } = await this.check(news);
    await this.lifecycle.diff(this.context, this.id, this.outputs, this.asState(inputs));
  }

  async refresh(): Promise<void> {
    if (this.id === undefined) return;
    const found = await this.lifecycle.read(this.context, this.id, this.outputs);
    if (found === undefined) {
      this.id = undefined;
      return;
    }
    this.outputs = this.asState(found.outputs);
    this.inputs = this.asState(found.inputs);
  }

  async destroy(): Promise<void> {
    if (this.id === undefined) return;
    await this.lifecycle.delete(this.context, this.id, this.outputs);
    this.id = undefined;
  }

  /** What the state keeps of a record. */
  private asState(record: PlainRecord): PlainRecord {
    const { stateForm } = this.lifecycle;
    const kept = JSON.parse(JSON.stringify(stateForm?.compact(record) ?? record)) as PlainRecord;
    return stateForm?.complete(kept) ?? kept;
  }

  private async keep(
    inputs: PlainRecord,
    act: () => Promise<{ readonly id: string; readonly outputs: PlainRecord }>,
  ): Promise<void> {
    try {
      const { id, outputs } = await act();
      this.id = id;
      this.inputs = inputs;
      this.outputs = this.asState(outputs);
    } catch (error) {
      if (error instanceof PartialFailure) {
        if (this.id === undefined) this.inputs = inputs;
        this.id = error.id;
        this.outputs = this.asState(error.outputs);
      }
      throw error;
    }
  }
}

export const groupRecord = { name: "frankfurt", region, account };

export const sourceRecord = {
  name: "payments-master",
  owner: "a".repeat(32),
  version: 1,
  spec: "AES_256",
  group: {
    name: "hsm",
    token: { module: "softhsm2", label: "payments", pin: "file:/run/secrets/pin" },
    allowedTargets: [{ aws: { account, regions: [region] } }],
    lab: false,
    minOaepHash: "sha1",
    ...report,
  },
};

/** Inputs of a copied key as the SDK class hands them over. */
export const keyProgram = (more: PlainRecord = {}): PlainRecord => ({
  group: groupRecord,
  material: { source: sourceRecord },
  aliases: ["alias/payments"],
  tags: { team: "ledger" },
  self: "urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:AwsKmsKey::payments",
  organization: "acme",
  ...more,
});
