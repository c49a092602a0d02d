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
  ReplicateKeyRequest,
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
  /** How many more looks show a replica that is being made. */
  creating?: number;
}

const idOf = (key: string): string => key.split("/").at(-1) ?? key;

/** KeyMaterialId: the same in every Region of a multi-Region key. */
export const materialIdOf = (key: string, version: number): string =>
  createHash("sha256")
    .update(`${idOf(key)} ${version}`)
    .digest("hex");

/**
 * AWS KMS in memory, as far as a lifecycle sees it; `failAt` makes the n-th call fail before or after it took effect. Calls of all Regions count in the
 * home Region's list; those of others say where.
 */
export class FakeKms implements KmsPort {
  private readonly regions: Map<string, FakeKms>;
  readonly keys = new Map<string, StoredKey>();
  readonly aliases = new Map<string, string>();
  readonly calls: string[] = [];
  failAt: { readonly call: number; readonly after: boolean } | undefined;
  now = new Date("2026-06-01T00:00:00Z");

  constructor(
    private readonly place: string = region,
    private readonly home?: FakeKms,
  ) {
    this.regions = home?.regions ?? new Map();
    this.regions.set(place, this);
  }

  /** The same account in another Region. */
  in(other: string): FakeKms {
    return this.regions.get(other) ?? new FakeKms(other, this.root);
  }

  private get root(): FakeKms {
    return this.home ?? this;
  }

  /** Every key of the multi-Region key, this one included. */
  private family(keyId: string): readonly StoredKey[] {
    const key = this.stored(keyId);
    if (!key.facts.multiRegion) return [key];
    return [...this.regions.values()].flatMap((kms) => kms.keys.get(idOf(keyId)) ?? []);
  }

  private async act<T>(name: string, work: () => T): Promise<T> {
    const { calls, failAt } = this.root;
    calls.push(this.home === undefined ? name : `${name} in ${this.place}`);
    const planned = failAt?.call === calls.length ? failAt : undefined;
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
      "expectKey",
    ];
    return this.calls.filter((call) => !reads.includes(call.split(" ")[0] ?? ""));
  }

  private stored(keyId: string): StoredKey {
    const found = this.keys.get(idOf(keyId));
    if (found === undefined) throw new ByokError("BYOK_AWS_NOT_FOUND", "no such key");
    return found;
  }

  set(keyId: string, change: Partial<KmsKeyFacts>): void {
    const key = this.stored(keyId);
    const { validTo, ...rest } = { ...key.facts, ...change };
    key.facts = rest.expires && validTo !== undefined ? { ...rest, validTo } : rest;
  }

  add(request: Omit<Partial<CreateKeyRequest>, "origin"> & { origin?: string; state?: KmsKeyState } = {}): KmsKeyFacts {
    const multi = request.multiRegion === true;
    const keyId = multi ? `mrk-${randomUUID().replaceAll("-", "")}` : randomUUID();
    const native = request.origin === "AWS_KMS";
    const isSymmetric = (request.spec ?? "SYMMETRIC_DEFAULT") === "SYMMETRIC_DEFAULT";
    const keyMaterialId = createHash("sha256").update(keyId).digest("hex");
    const facts: KmsKeyFacts = {
      keyId,
      arn: `arn:aws:kms:${this.place}:${account}:key/${keyId}`,
      account,
      region: this.place,
      state: request.state ?? (native ? "Enabled" : "PendingImport"),
      origin: request.origin ?? "EXTERNAL",
      manager: "CUSTOMER",
      spec: request.spec ?? "SYMMETRIC_DEFAULT",
      usage: request.usage ?? "ENCRYPT_DECRYPT",
      description: request.description ?? "",
      multiRegion: multi,
      ...(multi ? { primaryRegion: this.place } : {}),
      createdAt: this.root.now,
      expires: false,
      ...(native && isSymmetric ? { keyMaterialId } : {}),
    };
    const policy = request.policy ?? defaultKeyPolicy("aws", account);
    this.keys.set(keyId, { facts, policy, tags: { ...request.tags }, grants: [], materials: [] });
    return facts;
  }

  /** Puts a version's material into a key, as the custodian does; KMS takes no other than those that it knows, unless it is new. */
  import(
    arn: string,
    version: number,
    options: { readonly validTo?: Date; readonly additional?: boolean; readonly description?: string },
  ): string {
    const there = this.in(arn.split(":")[3] ?? "");
    if (there !== this) return there.import(arn, version, options);
    const key = this.stored(arn);
    const { validTo, description, additional = false } = options;
    const primary = this.family(arn).find(({ facts }) => facts.region === (facts.primaryRegion ?? facts.region));
    const isReplica = primary !== key;
    const own = key.materials.find((material) => material.version === version);
    const pending = isReplica ? primary?.materials.find((material) => material.version === version) : undefined;
    const known = own ?? (pending?.state === "PENDING_ROTATION" ? pending : undefined);
    if (key.facts.state === "Creating" || (key.creating ?? 0) > 0)
      throw new ByokError("BYOK_AWS_INVALID_STATE", "the replica is not made yet");
    if (known === undefined && (key.materials.length > 0 || isReplica) && !additional)
      throw new ByokError("BYOK_AWS_MATERIAL_REJECTED", "the key holds other material");
    if (additional && (known !== undefined || isReplica))
      throw new ByokError("BYOK_AWS_MATERIAL_REJECTED", "the key knows this material, or is a replica");
    const {
      validTo: _,
      description: __,
      ...before
    } = known ?? {
      version,
      keyMaterialId: materialIdOf(arn, version),
      state: key.materials.length === 0 ? "CURRENT" : "PENDING_ROTATION",
      rotatedOnDemand: false,
    };
    const described = description ?? own?.description;
    const imported = {
      ...before,
      imported: true,
      ...(validTo === undefined ? {} : { validTo }),
      ...(described === undefined ? {} : { description: described }),
    };
    key.materials = [...key.materials.filter((material) => material.version !== version), imported];
    if (imported.state === "CURRENT")
      this.set(arn, { expires: validTo !== undefined, ...(validTo === undefined ? {} : { validTo }) });
    const complete = key.materials.every((material) => material.imported || material.state === "PENDING_ROTATION");
    if (complete && !additional) this.set(arn, { state: "Enabled" });
    return imported.keyMaterialId;
  }

  /** What an expiry or a deletion of the material does. */
  loseMaterial(keyId: string, version: number): void {
    const key = this.stored(keyId);
    key.materials = key.materials.map((material) =>
      material.version === version ? { ...material, imported: false } : material,
    );
    this.set(keyId, { state: "PendingImport" });
  }

  /** Material that waits for a rotation waits for every replica first. */
  listMaterials = (keyId: string): Promise<readonly KmsKeyMaterial[]> =>
    this.act("listMaterials", () =>
      this.stored(keyId).materials.map((material) =>
        material.state === "PENDING_ROTATION" && !this.isEverywhere(keyId, material.version)
          ? { ...material, state: "PENDING_MULTI_REGION_IMPORT_AND_ROTATION" }
          : material,
      ),
    );
  private isEverywhere(keyId: string, version: number): boolean {
    return this.family(keyId).every(({ materials }) =>
      materials.some((material) => material.version === version && material.imported),
    );
  }
  deleteMaterial = (keyId: string, keyMaterialId?: string): Promise<void> =>
    this.act("deleteMaterial", () => {
      const { materials } = this.stored(keyId);
      const [only] = materials;
      const found = materials.find((material) => material.keyMaterialId === (keyMaterialId ?? only?.keyMaterialId));
      if (found !== undefined) this.loseMaterial(keyId, found.version);
    });
  rotateOnDemand = (keyId: string): Promise<void> =>
    this.act("rotateOnDemand", () => {
      const own = this.stored(keyId);
      if (own.facts.origin === "AWS_KMS") {
        if (own.facts.region !== (own.facts.primaryRegion ?? own.facts.region))
          throw new ByokError("BYOK_AWS_INVALID_STATE", "not a multi-Region primary");
        if (own.facts.state !== "Enabled") throw new ByokError("BYOK_AWS_INVALID_STATE", "not enabled");
        const made = createHash("sha256").update(String(own.facts.keyMaterialId)).digest("hex");
        for (const key of this.family(keyId)) key.facts = { ...key.facts, keyMaterialId: made };
        return;
      }
      const { facts, materials } = own;
      const pending = materials.find((material) => material.state === "PENDING_ROTATION");
      const isPrimary = facts.region === (facts.primaryRegion ?? facts.region);
      if (
        pending === undefined ||
        !isPrimary ||
        facts.state !== "Enabled" ||
        !this.isEverywhere(keyId, pending.version)
      )
        throw new ByokError("BYOK_AWS_INVALID_STATE", "nothing to rotate to");
      for (const key of this.family(keyId))
        key.materials = key.materials.map((material) =>
          material.version === pending.version
            ? { ...material, state: "CURRENT", rotatedOnDemand: true }
            : { ...material, state: "NON_CURRENT" },
        );
    });
  replicateKey = ({
    keyId,
    region: other,
    description,
    policy,
    tags,
  }: ReplicateKeyRequest): Promise<"made" | "found"> =>
    this.act("replicateKey", () => {
      const primary = this.stored(keyId);
      const there = this.in(other);
      if (there.keys.has(idOf(keyId))) return "found";
      if (primary.facts.primaryRegion !== this.place || primary.facts.state !== "Enabled")
        throw new ByokError("BYOK_AWS_INVALID_STATE", "not an enabled primary");
      const { replicaRegions: _, validTo: __, ...shared } = primary.facts;
      const arn = primary.facts.arn.replace(`:${this.place}:`, `:${other}:`);
      there.keys.set(idOf(keyId), {
        facts: {
          ...shared,
          arn,
          region: other,
          description,
          // AWS copies its own material, and no imported one.
          state: shared.origin === "AWS_KMS" ? "Enabled" : "PendingImport",
          expires: false,
          createdAt: this.root.now,
        },
        policy: policy ?? defaultKeyPolicy("aws", account),
        tags: { ...tags },
        grants: [],
        materials: primary.materials.flatMap(({ validTo: _gone, description: _text, ...material }) =>
          material.state === "PENDING_ROTATION" ? [] : [{ ...material, imported: false }],
        ),
        creating: 1,
      });
      this.set(keyId, { replicaRegions: [...(primary.facts.replicaRegions ?? []), other] });
      return "made";
    });
  /** What AWS does once the date of a key has come; of its last replica's, its primary's days begin. */
  deleteNow(keyId: string): void {
    const family = this.family(keyId);
    this.keys.delete(idOf(keyId));
    for (const key of family.filter(({ facts }) => facts.region !== this.place)) {
      const { pendingWindowInDays, replicaRegions = [], ...facts } = key.facts;
      const left = replicaRegions.filter((each) => each !== this.place);
      const begins = pendingWindowInDays !== undefined && left.length === 0;
      key.facts = {
        ...facts,
        ...(left.length === 0 ? {} : { replicaRegions: left }),
        ...(pendingWindowInDays === undefined || begins ? {} : { pendingWindowInDays }),
        ...(begins
          ? {
              state: "PendingDeletion" as const,
              deletionDate: new Date(this.root.now.getTime() + pendingWindowInDays * 86_400_000),
            }
          : {}),
      };
    }
  }
  expectKey = (): Promise<void> => Promise.resolve();
  updatePrimaryRegion = (keyId: string, other: string): Promise<void> =>
    this.act("updatePrimaryRegion", () => {
      const { facts } = this.stored(keyId);
      const target = this.in(other).keys.get(idOf(keyId));
      if (facts.primaryRegion !== this.place || facts.state !== "Enabled" || target?.facts.state !== "Enabled")
        throw new ByokError("BYOK_AWS_INVALID_STATE", "not an enabled primary, or not an enabled replica there");
      const regions = this.family(keyId).map((key) => key.facts.region);
      for (const key of this.family(keyId)) {
        const { replicaRegions: _, ...rest } = key.facts;
        const isPrimary = rest.region === other;
        key.facts = {
          ...rest,
          primaryRegion: other,
          ...(isPrimary ? { replicaRegions: regions.filter((each) => each !== other) } : {}),
        };
      }
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
    this.act("describeKey", () => {
      const key = this.keys.get(idOf(keyId));
      if (key?.creating === undefined || key.creating === 0) return key?.facts;
      key.creating -= 1;
      return { ...key.facts, state: "Creating" as const };
    });
  listAliases = (keyId: string): Promise<readonly string[]> =>
    this.act("listAliases", () =>
      [...this.aliases].filter(([, target]) => target === idOf(keyId)).map(([alias]) => alias),
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
      const deletionDate = new Date(this.root.now.getTime() + days * 86_400_000);
      const waits = (this.stored(keyId).facts.replicaRegions ?? []).length > 0;
      if (["PendingDeletion", "PendingReplicaDeletion"].includes(this.stored(keyId).facts.state))
        throw new ByokError("BYOK_AWS_INVALID_STATE", "the key is scheduled already");
      const waiting = { state: "PendingReplicaDeletion", pendingWindowInDays: days } as const;
      this.set(keyId, waits ? waiting : { state: "PendingDeletion", deletionDate });
      return deletionDate;
    });
  cancelDeletion = (keyId: string): Promise<void> =>
    this.act("cancelDeletion", () => {
      const key = this.stored(keyId);
      const { deletionDate: _, pendingWindowInDays: __, ...living } = key.facts;
      key.facts = { ...living, state: "Disabled" };
    });
}
