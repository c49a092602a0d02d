import { createHash, randomUUID } from "node:crypto";
import { ByokError } from "../../provider/model/errors";
import { defaultKeyPolicy } from "../../provider/model/key-policy";
import type {
  CreateKeyRequest,
  KmsGrant,
  KmsKeyMaterial,
  KmsKeyFacts,
  KmsKeyState,
  KmsKeyUsage,
  KmsPort,
  OwnedKey,
} from "../../provider/model/ports/kms";
import type { IamAction } from "../../provider/model/permissions/iam-actions";
import type { PermissionAnswer, PermissionQuestion, PermissionVerdict } from "../../provider/model/ports/permissions";

export const account = "123456789012";
export const region = "eu-central-1";

interface StoredKey {
  facts: KmsKeyFacts;
  policy: string;
  tags: Record<string, string>;
  grants: KmsGrant[];
  /** Symmetric keys only; the version of each is what the fake custodian imported. */
  materials: (KmsKeyMaterial & { readonly version: number })[];
}

/** AWS KMS in memory, as far as a lifecycle sees it; `failAt` makes the n-th call fail before or after it took effect. */
export class FakeKms implements KmsPort {
  readonly keys = new Map<string, StoredKey>();
  readonly aliases = new Map<string, string>();
  readonly calls: string[] = [];
  failAt: { readonly call: number; readonly after: boolean } | undefined;
  now = new Date("2026-06-01T00:00:00Z");

  private async act<T>(name: string, work: () => T): Promise<T> {
    this.calls.push(name);
    const planned = this.failAt?.call === this.calls.length ? this.failAt : undefined;
    if (planned !== undefined && !planned.after)
      throw new ByokError("BYOK_AWS_FAILED", `planned failure before ${name}`);
    const result = work();
    if (planned !== undefined) throw new ByokError("BYOK_AWS_FAILED", `planned failure after ${name}`);
    return Promise.resolve(result);
  }

  /** Names of the calls that changed something. */
  get writes(): readonly string[] {
    const reads = [
      "callerIdentity",
      "permissions",
      "describeKey",
      "listAliases",
      "aliasTarget",
      "listTags",
      "getPolicy",
      "listGrants",
      "lastUsage",
      "findByOwner",
      "listMaterials",
    ];
    return this.calls.filter((call) => !reads.includes(call));
  }

  private stored(keyId: string): StoredKey {
    const found = this.keys.get(keyId.split("/").at(-1) ?? keyId);
    if (found === undefined) throw new ByokError("BYOK_AWS_NOT_FOUND", "no such key");
    return found;
  }

  set(keyId: string, change: Partial<KmsKeyFacts>): void {
    const key = this.stored(keyId);
    const { validTo, ...rest } = { ...key.facts, ...change };
    key.facts = rest.expires && validTo !== undefined ? { ...rest, validTo } : rest;
  }

  add(request: Omit<Partial<CreateKeyRequest>, "origin"> & { origin?: string; state?: KmsKeyState } = {}): KmsKeyFacts {
    const keyId = randomUUID();
    const native = request.origin === "AWS_KMS";
    const isSymmetric = (request.spec ?? "SYMMETRIC_DEFAULT") === "SYMMETRIC_DEFAULT";
    const keyMaterialId = createHash("sha256").update(keyId).digest("hex");
    const facts: KmsKeyFacts = {
      keyId,
      arn: `arn:aws:kms:${region}:${account}:key/${keyId}`,
      account,
      region,
      state: request.state ?? (native ? "Enabled" : "PendingImport"),
      origin: request.origin ?? "EXTERNAL",
      manager: "CUSTOMER",
      spec: request.spec ?? "SYMMETRIC_DEFAULT",
      usage: request.usage ?? "ENCRYPT_DECRYPT",
      description: request.description ?? "",
      multiRegion: request.multiRegion ?? false,
      createdAt: this.now,
      expires: false,
      ...(native && isSymmetric ? { keyMaterialId } : {}),
    };
    const policy = request.policy ?? defaultKeyPolicy("aws", account);
    this.keys.set(keyId, { facts, policy, tags: { ...request.tags }, grants: [], materials: [] });
    return facts;
  }

  /** Puts a version's material into a key, as the custodian does; KMS takes no other than those that it knows, unless it is new. */
  import(arn: string, version: number, options: { readonly validTo?: Date; readonly description?: string }): string {
    const key = this.stored(arn);
    const keyMaterialId = createHash("sha256").update(`${arn} ${version}`).digest("hex");
    const { validTo, description } = options;
    const known = key.materials.find((material) => material.version === version);
    if (known === undefined && key.materials.length > 0 && description === undefined)
      throw new ByokError("BYOK_AWS_MATERIAL_REJECTED", "the key holds other material");
    if (known !== undefined && description !== undefined)
      throw new ByokError("BYOK_AWS_MATERIAL_REJECTED", "the key knows this material");
    const { validTo: _, ...before } = known ?? {
      version,
      keyMaterialId,
      state: key.materials.length === 0 ? "CURRENT" : "PENDING_ROTATION",
      rotatedOnDemand: false,
    };
    const imported = {
      ...before,
      imported: true,
      ...(validTo === undefined ? {} : { validTo }),
      ...(description === undefined ? {} : { description }),
    };
    key.materials = [...key.materials.filter((material) => material.version !== version), imported];
    if (imported.state === "CURRENT")
      this.set(arn, { expires: validTo !== undefined, ...(validTo === undefined ? {} : { validTo }) });
    const complete = key.materials.every((material) => material.imported || material.state === "PENDING_ROTATION");
    if (complete && description === undefined) this.set(arn, { state: "Enabled" });
    return keyMaterialId;
  }

  /** What an expiry or a deletion of the material does. */
  loseMaterial(keyId: string, version: number): void {
    const key = this.stored(keyId);
    key.materials = key.materials.map((material) =>
      material.version === version ? { ...material, imported: false } : material,
    );
    this.set(keyId, { state: "PendingImport" });
  }

  listMaterials = (keyId: string): Promise<readonly KmsKeyMaterial[]> =>
    this.act("listMaterials", () => this.stored(keyId).materials);
  deleteMaterial = (keyId: string, keyMaterialId?: string): Promise<void> =>
    this.act("deleteMaterial", () => {
      const { materials } = this.stored(keyId);
      const [only] = materials;
      const found = materials.find((material) => material.keyMaterialId === (keyMaterialId ?? only?.keyMaterialId));
      if (found !== undefined) this.loseMaterial(keyId, found.version);
    });
  rotateOnDemand = (keyId: string): Promise<void> =>
    this.act("rotateOnDemand", () => {
      const key = this.stored(keyId);
      if (key.facts.origin === "AWS_KMS") {
        const made = createHash("sha256").update(String(key.facts.keyMaterialId)).digest("hex");
        key.facts = { ...key.facts, keyMaterialId: made };
        return;
      }
      const pending = key.materials.find((material) => material.state === "PENDING_ROTATION");
      if (pending === undefined || key.facts.state !== "Enabled")
        throw new ByokError("BYOK_AWS_INVALID_STATE", "nothing to rotate to");
      key.materials = key.materials.map((material) =>
        material === pending
          ? { ...material, state: "CURRENT", rotatedOnDemand: true }
          : { ...material, state: "NON_CURRENT" },
      );
    });
  callerIdentity = (): Promise<{ account: string; arn: string }> =>
    this.act("callerIdentity", () => ({ account, arn: `arn:aws:iam::${account}:user/ci` }));
  /** What IAM's simulation would say; what is not named is allowed. */
  readonly verdicts = new Map<IamAction, PermissionVerdict>();
  permissions = ({ actions }: PermissionQuestion): Promise<PermissionAnswer> =>
    this.act("permissions", () => ({
      how: "simulation",
      verdicts: new Map(actions.map((action) => [action, this.verdicts.get(action) ?? "allowed"])),
    }));
  createKey = (request: CreateKeyRequest): Promise<KmsKeyFacts> => this.act("createKey", () => this.add(request));
  describeKey = (keyId: string): Promise<KmsKeyFacts | undefined> =>
    this.act("describeKey", () => this.keys.get(keyId.split("/").at(-1) ?? keyId)?.facts);
  listAliases = (keyId: string): Promise<readonly string[]> =>
    this.act("listAliases", () =>
      [...this.aliases].filter(([, target]) => target === keyId.split("/").at(-1)).map(([alias]) => alias),
    );
  aliasTarget = (alias: string): Promise<string | undefined> => this.act("aliasTarget", () => this.aliases.get(alias));
  listTags = (keyId: string): Promise<Readonly<Record<string, string>>> =>
    this.act("listTags", () => ({ ...this.stored(keyId).tags }));
  getPolicy = (keyId: string): Promise<string> =>
    this.act("getPolicy", () => JSON.stringify(JSON.parse(this.stored(keyId).policy), undefined, 2));
  /** Of every key; undefined: AWS does not tell. */
  usage: KmsKeyUsage | undefined;
  lastUsage = (): Promise<KmsKeyUsage | undefined> => this.act("lastUsage", () => this.usage);
  listGrants = (keyId: string): Promise<readonly KmsGrant[]> => this.act("listGrants", () => this.stored(keyId).grants);
  findByOwner = (owner: string): Promise<readonly OwnedKey[]> =>
    this.act("findByOwner", () =>
      [...this.keys.values()]
        .filter((key) => key.tags["byok:owner"] === owner)
        .map((key) => ({ keyId: key.facts.keyId, arn: key.facts.arn, tags: key.tags })),
    );
  putPolicy = (keyId: string, policy: string): Promise<void> =>
    this.act("putPolicy", () => {
      this.stored(keyId).policy = policy;
    });
  tag = (keyId: string, tags: Readonly<Record<string, string>>): Promise<void> =>
    this.act("tag", () => {
      Object.assign(this.stored(keyId).tags, tags);
    });
  untag = (keyId: string, keys: readonly string[]): Promise<void> =>
    this.act("untag", () => {
      const stored = this.stored(keyId);
      stored.tags = Object.fromEntries(Object.entries(stored.tags).filter(([key]) => !keys.includes(key)));
    });
  setDescription = (keyId: string, description: string): Promise<void> =>
    this.act("setDescription", () => this.set(keyId, { description }));
  enable = (keyId: string): Promise<void> => this.act("enable", () => this.set(keyId, { state: "Enabled" }));
  disable = (keyId: string): Promise<void> => this.act("disable", () => this.set(keyId, { state: "Disabled" }));
  createAlias = (alias: string, keyId: string): Promise<void> =>
    this.act("createAlias", () => {
      if (this.aliases.has(alias)) throw new ByokError("BYOK_AWS_ALREADY_EXISTS", "alias exists");
      this.aliases.set(alias, keyId);
    });
  updateAlias = (alias: string, keyId: string): Promise<void> =>
    this.act("updateAlias", () => {
      this.aliases.set(alias, keyId);
    });
  deleteAlias = (alias: string): Promise<void> =>
    this.act("deleteAlias", () => {
      this.aliases.delete(alias);
    });
  scheduleDeletion = (keyId: string, days: number): Promise<Date> =>
    this.act("scheduleDeletion", () => {
      const deletionDate = new Date(this.now.getTime() + days * 86_400_000);
      this.set(keyId, { state: "PendingDeletion", deletionDate });
      return deletionDate;
    });
  cancelDeletion = (keyId: string): Promise<void> =>
    this.act("cancelDeletion", () => {
      const key = this.stored(keyId);
      const { deletionDate: _, ...living } = key.facts;
      key.facts = { ...living, state: "Disabled" };
    });
}
