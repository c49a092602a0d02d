import { azureKey } from "../../provider/lifecycle/azure-key";
import { azureKeyVaultGroup } from "../../provider/lifecycle/azure-key-vault-group";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { ownershipTags } from "../../provider/model/owner";
import { tenantId, vaultUrl } from "./fake-key-vault";
import { sourceRecord, World, type EngineResource } from "./lifecycle-world";

const source: PlainRecord = {
  ...sourceRecord,
  name: "signing",
  spec: "RSA_3072",
  group: { ...sourceRecord.group, allowedTargets: [{ azure: { tenantId, vaults: [vaultUrl] } }] },
};
const group = (lifetime: "group" | "import"): PlainRecord => ({
  name: "vault",
  ...{ cloud: "public", tenantId, tier: "premium", kek: { size: 4096, lifetime }, vaultUrl },
});
const pinned = { id: `${vaultUrl}/keys/byok-kek-of-the-group/${"b".repeat(32)}`, publicKeySha256: "c".repeat(64) };
const program = (version: number, more: PlainRecord = {}): PlainRecord => ({
  group: group("group"),
  wrappingKey: pinned,
  material: { source: { ...source, version } },
  tags: { team: "ledger" },
  self: "urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:AzureKey::signing",
  organization: "acme",
  ...more,
});
/** Each import makes its wrapping key, and removes it. */
const own = { group: group("import"), wrappingKey: undefined };

let world: World;
let key: EngineResource;
function start(): void {
  world = new World();
  key = world.resource(azureKey, "signing");
}

/** Everything that can be seen of the outcome, without what differs from run to run. */
const outcome = (): unknown => ({
  record: [key.outputs["version"], key.outputs["keyState"], key.outputs["pending"], versionsIn(key.outputs)],
  keys: [...world.vault.keys].map(([name, versions]) => [
    name,
    versions.map(({ enabled, material, tags, expiresOn }) => [
      ...[enabled, material, expiresOn],
      { ...tags, [ownershipTags.lineage]: tags[ownershipTags.lineage] === key.id },
    ]),
  ]),
  deleted: [...world.vault.deleted.keys()].filter((name) => !name.startsWith("byok-kek-")),
  links: world.custodian.copies.map(({ version, arn, deletionDate }) => [version, arn, deletionDate]).sort(),
});
const versionsIn = ({ versions }: PlainRecord): unknown =>
  (versions as readonly PlainRecord[]).map(({ version, enabled, disabledBy, origin, provedAt }) => [
    ...[version, enabled, disabledBy, origin],
    provedAt === undefined,
  ]);

interface Act {
  readonly before: () => Promise<unknown>;
  readonly run: () => Promise<unknown>;
}
const up = (...wanted: readonly PlainRecord[]): (() => Promise<void>) => {
  return async () => {
    for (const each of wanted) await key.up(each);
  };
};
const destroy = async (): Promise<void> => {
  await key.destroy();
};

const acts: Readonly<Record<string, Act>> = {
  creating: { before: up(), run: up(program(1)) },
  "creating under a wrapping key of its own": { before: up(), run: up(program(1, own)) },
  "rotating and disabling the former version": {
    before: up(program(1)),
    run: up(program(2, { afterRotation: "disable" })),
  },
  "rotating under a wrapping key of its own": { before: up(program(1, own)), run: up(program(2, own)) },
  "disabling every version": { before: up(program(1), program(2)), run: up(program(2, { enabled: false })) },
  "enabling what was disabled": {
    before: up(program(1), program(2), program(2, { enabled: false })),
    run: up(program(2)),
  },
  "changing settings": {
    before: up(program(1)),
    run: up(program(1, { expiresOn: "2027-12-31", operations: ["sign", "verify"], tags: { team: "risk" } })),
  },
  "changing to material of Azure": {
    before: up(program(1)),
    run: up(program(1, { material: { native: true, spec: "RSA_3072" } })),
  },
  recovering: {
    before: async () => {
      await up(program(1), program(2))();
      await destroy();
    },
    run: up(program(2)),
  },
};

/** How a run ends at a call: by an error that it can still record, or with its process. */
const ends = [
  { after: false, dies: false },
  { after: true, dies: false },
  { after: false, dies: true },
  { after: true, dies: true },
];

describe.each(Object.entries(acts))("%s", (_name, { before, run }) => {
  async function begin(): Promise<EngineState> {
    start();
    await before();
    world.vault.calls.length = 0;
    world.custodian.calls.length = 0;
    return { id: key.id, inputs: key.inputs, outputs: key.outputs };
  }
  type EngineState = Pick<EngineResource, "id" | "inputs" | "outputs">;

  it("ends the same wherever a call of the vault fails, or is the last that arrives", async () => {
    await begin();
    await run();
    const calls = [...world.vault.calls];
    const expected = outcome();
    for (const [index, name] of calls.entries()) {
      for (const { after, dies } of ends) {
        const saved = await begin();
        world.vault.failAt = { call: index + 1, after, dies };
        const failed = await run().then(
          () => false,
          () => true,
        );
        if (dies) Object.assign(key, saved);
        world.vault.failAt = undefined;
        world.vault.dead = false;
        if (failed) await run();
        const found = outcome();
        expect({ call: `${String(index)} ${name}`, after, dies, found }).toEqual({
          ...{ call: `${String(index)} ${name}`, after, dies },
          found: expected,
        });
      }
    }
  });

  it("ends the same wherever it dies beside a call of the custodian", async () => {
    await begin();
    await run();
    const calls = [...world.custodian.calls];
    const expected = outcome();
    for (const [index, name] of calls.entries()) {
      for (const after of [false, true]) {
        const saved = await begin();
        world.custodian.dieAt = { call: index + 1, after };
        await run().catch(() => undefined);
        Object.assign(key, saved);
        world.custodian.dieAt = undefined;
        world.vault.dead = false;
        await run();
        expect({ call: `${String(index)} ${name}`, after, found: outcome() }).toEqual({
          ...{ call: `${String(index)} ${name}`, after },
          found: expected,
        });
      }
    }
  });
});

describe("a removal", () => {
  it.each([
    ["soft-deletes", {}],
    ["purges", { deletion: { purge: true } }],
  ])("that %s ends the same wherever it dies, and the token knows when the copy goes", async (_what, more) => {
    const begin = async (): Promise<void> => {
      start();
      world.vault.purgeProtection = false;
      await key.up(program(1, { ...own, ...more }));
      const word = /BYOK_CONFIRM=(\S+)/.exec(
        await key.destroy().then(
          () => "",
          (error: unknown) => String(error instanceof Error && "hint" in error ? error.hint : ""),
        ),
      )?.[1];
      if (word === undefined) {
        start();
        await key.up(program(1, own));
      }
      world.environment = { BYOK_CONFIRM: word ?? "" };
      world.vault.calls.length = 0;
      world.custodian.calls.length = 0;
    };
    const end = (): unknown => ({
      keys: [...world.vault.keys.keys()],
      deleted: [...world.vault.deleted.keys()].filter((name) => !name.startsWith("byok-kek-")),
      links: world.custodian.copies.map(({ version, deletionDate }) => [version, deletionDate]),
    });
    await begin();
    await key.destroy();
    const [vaultCalls, tokenCalls] = [[...world.vault.calls], [...world.custodian.calls]];
    const expected = end();
    for (const after of [false, true]) {
      for (const call of vaultCalls.keys()) {
        await begin();
        world.vault.failAt = { call: call + 1, after, dies: true };
        await key.destroy().catch(() => undefined);
        world.vault.failAt = undefined;
        world.vault.dead = false;
        await key.destroy();
        expect({ name: vaultCalls[call], after, end: end() }).toEqual({ name: vaultCalls[call], after, end: expected });
      }
      for (const call of tokenCalls.keys()) {
        await begin();
        const saved = { id: key.id };
        world.custodian.dieAt = { call: call + 1, after };
        await key.destroy().catch(() => undefined);
        Object.assign(key, saved);
        world.custodian.dieAt = undefined;
        world.vault.dead = false;
        await key.destroy();
        expect({ name: tokenCalls[call], after, end: end() }).toEqual({ name: tokenCalls[call], after, end: expected });
      }
    }
  });

  it("takes along the wrapping key that an import left when it was cut off", async () => {
    start();
    await key.up(program(1, own));
    world.vault.calls.length = 0;
    await key.up(program(2, own));
    const made = world.vault.calls.indexOf("makeWrappingKey") + 1;
    start();
    await key.up(program(1, own));
    world.vault.failAt = { call: world.vault.calls.length + made, after: true, dies: true };
    const saved = { id: key.id, inputs: key.inputs, outputs: key.outputs };
    await key.up(program(2, own)).catch(() => undefined);
    Object.assign(key, saved);
    world.vault.failAt = undefined;
    world.vault.dead = false;
    expect([...world.vault.keys.keys()].some((name) => name.startsWith("byok-kek-"))).toBe(true);
    await key.destroy();
    expect([...world.vault.keys.keys()]).toEqual([]);
  });
});

describe("two versions under one number", () => {
  const stored = (): readonly boolean[] => (world.vault.keys.get("signing") ?? []).map(({ enabled }) => enabled);
  async function twin(): Promise<void> {
    start();
    await key.up(program(1));
    const [first] = world.vault.keys.get("signing") ?? [];
    if (first !== undefined)
      world.vault.store({ ...first, operations: ["sign", "verify"], name: "signing", material: first.material });
    await key.refresh();
    await key.up(program(1));
  }

  it("are one key: the newer one is proven and used, and both are enabled and disabled together", async () => {
    await twin();
    expect(key.outputs).toMatchObject({ versionId: world.vault.keys.get("signing")?.[1]?.id, pending: [] });
    expect((key.outputs["versions"] as readonly PlainRecord[]).map(({ version }) => version)).toEqual([1, 1]);
    expect(await key.up(program(1))).toBe("same");
    await key.up(program(1, { enabled: false }));
    expect(stored()).toEqual([false, false]);
    await key.up(program(1));
    expect(stored()).toEqual([true, true]);
    await key.up(program(2, { afterRotation: "disable" }));
    expect(stored()).toEqual([false, false, true]);
  });

  it("are never two where the second one holds another key: it is refused, and the first stays", async () => {
    start();
    await key.up(program(1));
    const [first] = world.vault.keys.get("signing") ?? [];
    if (first !== undefined)
      world.vault.store({ ...first, operations: ["sign", "verify"], name: "signing", material: "planted" });
    await key.refresh();
    await expect(key.up(program(1))).rejects.toThrow("holds another key");
    expect(stored()).toEqual([true, true]);
  });
});

describe("a group", () => {
  const vault: PlainRecord = {
    ...{ tenantId, vault: vaultUrl, tier: "premium", organization: "acme" },
    self: "urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:AzureKeyVaultGroup::vault",
  };
  const wrappingKeys = (): readonly string[] => [...world.vault.keys.keys()];

  it("that is replaced in its own vault keeps the wrapping key of the new one", async () => {
    world = new World();
    const [former, next] = [world.resource(azureKeyVaultGroup, "vault"), world.resource(azureKeyVaultGroup, "vault")];
    await former.up(vault);
    await next.up(vault);
    await former.destroy();
    const { id } = next.outputs["wrappingKey"] as { readonly id: string };
    expect(wrappingKeys().map((name) => id.startsWith(`${vaultUrl}/keys/${name}/`))).toEqual([true]);
  });

  it("removes one that it did not trust any more, also where it goes right after the refresh that found it", async () => {
    world = new World();
    const group = world.resource(azureKeyVaultGroup, "vault");
    await group.up(vault);
    const [version] = [...world.vault.keys.values()].flat();
    if (version !== undefined) world.vault.change(version, { operations: ["import", "wrapKey"] });
    await group.refresh();
    expect(group.outputs).not.toHaveProperty("wrappingKey");
    await group.destroy();
    expect(wrappingKeys()).toEqual([]);
  });

  it("leaves a key alone that somebody marked as its wrapping key", async () => {
    world = new World();
    const group = world.resource(azureKeyVaultGroup, "vault");
    await group.up(vault);
    const [wrappingKey] = [...world.vault.keys.values()].flat();
    world.vault.store({
      ...{ name: "payroll", kty: "RSA-HSM", operations: ["sign"], enabled: true, material: "payroll" },
      tags: wrappingKey?.tags ?? {},
    });
    await group.up({ ...vault, kek: { size: 3072 } });
    await group.destroy();
    expect(wrappingKeys()).toEqual(["payroll"]);
  });

  it.each([
    ["changing its wrapping key", { kek: { size: 3072 } }],
    ["letting it go", { kek: { lifetime: "import" } }],
  ])("that dies %s leaves none over", async (_what, change) => {
    const begin = async (): Promise<EngineResource> => {
      world = new World();
      const group = world.resource(azureKeyVaultGroup, "vault");
      await group.up(vault);
      world.vault.calls.length = 0;
      return group;
    };
    let group = await begin();
    await group.up({ ...vault, ...change });
    const [calls, left] = [world.vault.calls.length, wrappingKeys().length];
    for (let call = 1; call <= calls; call += 1) {
      for (const after of [false, true]) {
        group = await begin();
        const saved = { id: group.id, inputs: group.inputs, outputs: group.outputs };
        world.vault.failAt = { call, after, dies: true };
        await group.up({ ...vault, ...change }).catch(() => undefined);
        Object.assign(group, saved);
        world.vault.failAt = undefined;
        world.vault.dead = false;
        await group.up({ ...vault, ...change });
        expect([call, after, wrappingKeys().length]).toEqual([call, after, left]);
        await group.destroy();
        expect([call, after, wrappingKeys()]).toEqual([call, after, []]);
      }
    }
  });
});
