import { createHash } from "node:crypto";
import { azureKeyOperations, type AzureKeyOperation } from "../../provider/model/azure-key-type";
import { ByokError } from "../../provider/model/errors";
import type {
  AzureCaller,
  CreateVaultKeyRequest,
  DeletedVaultKey,
  ImportWrappedRequest,
  KeyVaultPort,
  KeyVersionFacts,
  MakeWrappingKeyRequest,
  NewVersionSettings,
  VaultFacts,
  VaultKeyFacts,
  VaultPermission,
  VaultRotationPolicy,
  VaultWrappingKey,
  VersionSettings,
} from "../../provider/model/ports/key-vault";

export const vaultUrl = "https://payments.vault.azure.net";
export const tenantId = "01234567-89ab-cdef-0123-456789abcdef";

const dayInMs = 86_400_000;

/** What an import, or Azure itself, puts into a version. */
export interface NewVersion extends NewVersionSettings {
  readonly name: string;
  readonly kty: string;
  readonly curve?: VaultKeyFacts["curve"];
  readonly bits?: number;
  readonly material: string;
  /** Default: the material's text. */
  readonly publicKey?: Buffer;
}

type Stored = VaultKeyFacts & { readonly material: string };
/** As a change behind everybody's back may leave it. */
type Change = { readonly [Name in keyof Stored]?: Stored[Name] };

/**
 * A Key Vault in memory, as far as a lifecycle and the custodian see it; `failAt` makes the n-th call fail before or after it took effect, and with `dies` all
 * that follow.
 */
export class FakeKeyVault implements KeyVaultPort {
  readonly keys = new Map<string, Stored[]>();
  readonly deleted = new Map<string, { readonly versions: Stored[]; readonly facts: DeletedVaultKey }>();
  readonly policies = new Map<string, VaultRotationPolicy>();
  readonly calls: string[] = [];
  failAt: { readonly call: number; readonly after: boolean; readonly dies?: boolean } | undefined;
  /** True once the process that calls is dead: nothing that it goes on to do arrives. */
  dead = false;
  seenVaults: readonly VaultFacts[] | undefined;
  missing: readonly VaultPermission[] = [];
  tenant = tenantId;
  retentionDays = 90;
  purgeProtection = true;
  /** Days until wrapping keys expire by themselves. */
  wrappingKeyDays: number | undefined;
  private made = 0;

  constructor(private readonly clock: () => Date) {}

  private async act<T>(name: string, work: () => T): Promise<T> {
    this.calls.push(name);
    const planned = this.failAt?.call === this.calls.length ? this.failAt : undefined;
    const failure = new ByokError("BYOK_AZURE_UNREACHABLE", `planned failure of ${name}`, { retryable: true });
    await Promise.resolve();
    if (this.dead) throw failure;
    if (planned?.dies === true) this.dead = true;
    if (planned?.after === false) throw failure;
    const answer = work();
    if (planned?.after === true) throw failure;
    return answer;
  }

  private get recoveryLevel(): string {
    return this.purgeProtection ? "Recoverable" : "Recoverable+Purgeable";
  }

  /** Stores a version, as an import or a create does. */
  store({ name, material, ...settings }: NewVersion): VaultKeyFacts {
    if (this.deleted.has(name)) throw new ByokError("BYOK_AZURE_NAME_TAKEN", `${name} is soft-deleted`);
    this.made += 1;
    const version = createHash("sha256").update(String(this.made)).digest("hex").slice(0, 32);
    const now = new Date(this.clock().getTime() + this.made * 1000);
    const facts: Stored = {
      enabled: settings.enabled,
      operations: settings.operations,
      tags: settings.tags,
      kty: settings.kty,
      ...(settings.notBefore === undefined ? {} : { notBefore: settings.notBefore }),
      ...(settings.expiresOn === undefined ? {} : { expiresOn: settings.expiresOn }),
      ...(settings.curve === undefined ? {} : { curve: settings.curve }),
      ...(settings.bits === undefined ? {} : { bits: settings.bits }),
      id: `${vaultUrl}/keys/${name}/${version}`,
      name,
      version,
      createdOn: now,
      updatedOn: now,
      recoveryLevel: this.recoveryLevel,
      recoverableDays: this.retentionDays,
      ...(settings.kty.startsWith("oct") ? {} : { publicKey: settings.publicKey ?? Buffer.from(material) }),
      material,
    };
    this.keys.set(name, [...(this.keys.get(name) ?? []), facts]);
    return facts;
  }

  version(name: string, version: string): Stored {
    const found = this.keys.get(name)?.find((each) => each.version === version);
    if (found === undefined) throw new ByokError("BYOK_AZURE_NOT_FOUND", `no ${name}/${version}`);
    return found;
  }

  caller(): Promise<AzureCaller> {
    return Promise.resolve({ tenantId: this.tenant, objectId: "22222222-2222-2222-2222-222222222222" });
  }
  vaults(): Promise<readonly VaultFacts[] | undefined> {
    return this.act("vaults", () => this.seenVaults);
  }
  missingPermissions(asked: readonly VaultPermission[]): Promise<readonly VaultPermission[]> {
    return this.act("missingPermissions", () => asked.filter((each) => this.missing.includes(each)));
  }
  getKey(name: string, version?: string): Promise<VaultKeyFacts | undefined> {
    return this.act(`getKey ${name}`, () => {
      const versions = this.keys.get(name) ?? [];
      return version === undefined ? versions.at(-1) : versions.find((each) => each.version === version);
    });
  }
  listVersions(name: string): Promise<readonly KeyVersionFacts[]> {
    return this.act(`listVersions ${name}`, () => [...(this.keys.get(name) ?? [])]);
  }
  async *listKeys(): AsyncIterable<KeyVersionFacts> {
    await this.act("listKeys", () => undefined);
    for (const versions of this.keys.values()) {
      const newest = versions.at(-1);
      if (newest !== undefined) yield newest;
    }
  }
  async *listDeleted(): AsyncIterable<DeletedVaultKey> {
    await this.act("listDeleted", () => undefined);
    for (const { facts } of this.deleted.values()) yield facts;
  }
  createKey(request: CreateVaultKeyRequest): Promise<VaultKeyFacts> {
    return this.act(`createKey ${request.name}`, () =>
      this.store({ ...request, material: `native ${String(this.made)}` }),
    );
  }
  makeWrappingKey({ name, bits, tags }: MakeWrappingKeyRequest): Promise<VaultWrappingKey> {
    return this.act("makeWrappingKey", () => {
      const made = this.store({
        name,
        kty: "RSA-HSM",
        bits,
        operations: [],
        enabled: true,
        tags,
        material: `kek ${name}`,
      });
      const expiresOn =
        this.wrappingKeyDays === undefined
          ? undefined
          : new Date(this.clock().getTime() + this.wrappingKeyDays * dayInMs);
      const expiry = expiresOn === undefined ? {} : { expiresOn };
      this.change(made, { operations: ["import"], ...expiry });
      return {
        id: made.id,
        bits,
        publicKey: Buffer.from(`kek ${name}`),
        publicKeySha256: digest(`kek ${name}`),
        ...expiry,
      };
    });
  }
  /** What the hardware finds in `.byok` files, by their text. */
  readonly sealed = new Map<string, { readonly material: string; readonly publicKey?: Buffer }>();
  importByok({ byok, ...request }: ImportWrappedRequest): Promise<VaultKeyFacts> {
    return this.act(`importByok ${request.name}`, () => {
      const inside = this.sealed.get(byok.toString());
      if (inside === undefined) throw new ByokError("BYOK_AZURE_REQUEST_INVALID", "the blob does not open");
      return this.store({ ...request, ...inside });
    });
  }
  /** What only the custodian calls. */
  importWrapped(request: NewVersion): Promise<VaultKeyFacts> {
    return this.act(`importWrapped ${request.name}`, () => this.store(request));
  }
  /** Changes a version behind everybody's back. */
  change({ name, version }: Pick<KeyVersionFacts, "name" | "version">, more: Change): void {
    const versions = this.keys.get(name) ?? [];
    this.keys.set(
      name,
      versions.map((each) => (each.version === version ? { ...each, ...more } : each)),
    );
  }
  updateVersion(name: string, version: string, settings: VersionSettings): Promise<VaultKeyFacts> {
    return this.act(`updateVersion ${name}`, () => {
      this.change(this.version(name, version), settings);
      return this.version(name, version);
    });
  }
  rotate(name: string): Promise<VaultKeyFacts> {
    return this.act(`rotate ${name}`, () => {
      const newest = this.keys.get(name)?.at(-1);
      if (newest === undefined) throw new ByokError("BYOK_AZURE_NOT_FOUND", name);
      return this.store({
        ...newest,
        operations: newest.operations.filter(isOperation),
        material: `rotated ${String(this.made)}`,
      });
    });
  }
  rotationPolicy(name: string): Promise<VaultRotationPolicy | undefined> {
    return this.act(`rotationPolicy ${name}`, () =>
      this.keys.has(name) ? (this.policies.get(name) ?? { notifyBefore: "P30D" }) : undefined,
    );
  }
  setRotationPolicy(name: string, policy: VaultRotationPolicy): Promise<void> {
    return this.act(`setRotationPolicy ${name}`, () => void this.policies.set(name, policy));
  }
  /** What Azure does by itself when a policy is due. */
  rotateByPolicy(name: string, tags?: Readonly<Record<string, string>>): VaultKeyFacts {
    const newest = this.keys.get(name)?.at(-1);
    if (newest === undefined) throw new ByokError("BYOK_AZURE_NOT_FOUND", name);
    const operations = newest.operations.filter(isOperation);
    return this.store({ ...newest, operations, tags: tags ?? newest.tags, material: `by policy ${String(this.made)}` });
  }
  getDeleted(name: string): Promise<DeletedVaultKey | undefined> {
    return this.act(`getDeleted ${name}`, () => this.deleted.get(name)?.facts);
  }
  deleteKey(name: string): Promise<DeletedVaultKey | undefined> {
    return this.act(`deleteKey ${name}`, () => {
      const versions = this.keys.get(name);
      const newest = versions?.at(-1);
      if (versions === undefined || newest === undefined) return this.deleted.get(name)?.facts;
      this.keys.delete(name);
      const now = this.clock();
      const facts: DeletedVaultKey = {
        name,
        recoveryId: `${vaultUrl}/deletedkeys/${name}`,
        deletedOn: now,
        scheduledPurgeDate: new Date(now.getTime() + this.retentionDays * dayInMs),
        recoveryLevel: this.recoveryLevel,
        version: newest.version,
        tags: newest.tags,
      };
      this.deleted.set(name, { versions, facts });
      return facts;
    });
  }
  recoverKey(name: string): Promise<void> {
    return this.act(`recoverKey ${name}`, () => {
      const found = this.deleted.get(name);
      if (found === undefined) return;
      this.deleted.delete(name);
      this.keys.set(name, found.versions);
    });
  }
  purgeKey(name: string): Promise<void> {
    return this.act(`purgeKey ${name}`, () => {
      if (this.purgeProtection) throw new ByokError("BYOK_AZURE_PURGE_PROTECTED", name);
      this.deleted.delete(name);
    });
  }
  backupKey(name: string): Promise<Buffer> {
    return this.act(`backupKey ${name}`, () => {
      if (this.missing.includes("backup")) throw new ByokError("BYOK_AZURE_ACCESS_DENIED", "no backup permission");
      const versions = this.keys.get(name);
      if (versions === undefined) throw new ByokError("BYOK_AZURE_NOT_FOUND", name);
      const content = Buffer.from(`sealed backup ${this.backups.size} of ${name}`);
      this.backups.set(content.toString(), versions);
      return content;
    });
  }
  /** What backups hold; another vault, or another geography, has none of them. */
  readonly backups = new Map<string, readonly Stored[]>();
  restoreKey(backup: Buffer): Promise<VaultKeyFacts> {
    return this.act("restoreKey", () => {
      const versions = this.backups.get(backup.toString());
      const newest = versions?.at(-1);
      if (versions === undefined || newest === undefined)
        throw new ByokError("BYOK_AZURE_REQUEST_INVALID", "Azure says: BadParameter");
      const { name } = newest;
      if (this.keys.has(name) || this.deleted.has(name)) throw new ByokError("BYOK_AZURE_CONFLICT", name);
      this.keys.set(name, [...versions]);
      return newest;
    });
  }
}

const isOperation = (operation: string): operation is AzureKeyOperation =>
  azureKeyOperations.some((known) => known === operation);

export const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
