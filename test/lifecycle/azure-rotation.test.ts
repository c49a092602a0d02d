import { azureKey } from "../../provider/lifecycle/azure-key";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { azureVersionsIn } from "../../provider/model/azure-key-versions";
import { ownershipTags } from "../../provider/model/owner";
import { tenantId, vaultUrl } from "./fake-key-vault";
import { sourceRecord, World, type EngineResource } from "./lifecycle-world";

const group: PlainRecord = {
  ...{ name: "vault", cloud: "public", tenantId, tier: "premium", vaultUrl },
  kek: { size: 4096, lifetime: "group" },
};
const rotation = { rotateAfter: "90d" };
const program = (more: PlainRecord = {}): PlainRecord => ({
  group,
  material: { native: true, spec: "EC_P256" },
  tags: { team: "ledger" },
  rotation,
  self: "urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:AzureKey::orders",
  organization: "acme",
  ...more,
});
const { rotation: _none, ...withoutPolicy } = program();

let world: World;
let key: EngineResource;
beforeEach(() => {
  world = new World();
  key = world.resource(azureKey, "orders");
});

const numbers = (): readonly (string | undefined)[] =>
  (world.vault.keys.get("orders") ?? []).map(({ tags }) => tags[ownershipTags.version]);
const versions = (): readonly number[] => azureVersionsIn(key.outputs).map(({ version }) => version);
const policyCalls = (): readonly string[] => world.vault.calls.filter((call) => /otationPolicy/.test(call));
const later = (days: number): void => {
  world.kms.now = new Date(world.kms.now.getTime() + days * 86_400_000);
};

describe("Azure's rotation policy", () => {
  it("is set with the key, told as the program writes it, and then left alone", async () => {
    await key.up(program({ rotation: { rotateAfter: "12mo", expiresAfter: "730d", notifyBefore: "30d" } }));
    expect(world.vault.policies.get("orders")).toEqual({
      ...{ rotateAfter: "P12M", expiresAfter: "P730D", notifyBefore: "P30D" },
    });
    expect(key.outputs).toMatchObject({ rotation: { rotateAfter: "12mo", expiresAfter: "730d" }, pending: [] });
    world.vault.policies.set("orders", { rotateAfter: "P1Y", expiresAfter: "P730D", notifyBefore: "P30D" });
    await key.refresh();
    expect(world.warnings).toEqual([]);
    const again = program({ rotation: { rotateAfter: "12mo", expiresAfter: "730d", notifyBefore: "30d" } });
    expect(await key.up(again)).toBe("same");
  });

  it("is never asked for where the program names none", async () => {
    await key.up(withoutPolicy);
    await key.refresh();
    await key.up({ ...withoutPolicy, tags: { team: "risk" } });
    expect(policyCalls()).toEqual([]);
    expect(key.outputs).not.toHaveProperty("rotation");
    expect(key.outputs).not.toHaveProperty("expiryByPolicy");
  });

  it("is taken away once the program names none any more, and only then", async () => {
    await key.up(program());
    expect(await key.up(withoutPolicy)).toBe("updated");
    expect(world.vault.policies.get("orders")).toEqual({});
    expect(key.outputs).not.toHaveProperty("rotation");
    world.vault.calls.length = 0;
    await key.refresh();
    expect(await key.up(withoutPolicy)).toBe("same");
    expect(policyCalls()).toEqual([]);
  });

  it.each([
    ["changed", { rotateAfter: "P30D" }, { rotateAfter: "30d" }],
    ["taken away", {}, undefined],
    ["turned to a date before expiry", { rotateBeforeExpiry: "P30D", expiresAfter: "P1Y" }, expect.anything()],
  ])("that somebody has %s is told as drift, and repaired", async (_how, policy, shown) => {
    await key.up(program());
    world.vault.policies.set("orders", policy);
    await key.refresh();
    expect(world.warnings.join()).toContain("drift: Azure's rotation policy of the key was changed.");
    expect(key.outputs["rotation"]).toEqual(shown);
    expect(await key.up(program())).toBe("updated");
    expect(world.vault.policies.get("orders")).toEqual({ rotateAfter: "P90D" });
    expect(await key.up(program())).toBe("same");
  });

  it("is set by the next run where one died before or after it", async () => {
    for (const after of [false, true]) {
      world = new World();
      key = world.resource(azureKey, "orders");
      await key.up(withoutPolicy);
      const reads = world.vault.calls.length;
      // Two looks with their reads, then the call that sets it.
      for (let call = 1; call < 12; call += 1) {
        world.vault.failAt = { call: reads + call, after };
        const ended = await key.up(program()).catch(() => "died");
        world.vault.failAt = undefined;
        if (ended !== "died") break;
        expect(await key.up(program())).toMatch(/updated|same/);
        expect(world.vault.policies.get("orders")).toEqual({ rotateAfter: "P90D" });
        await key.up(withoutPolicy);
        world.vault.calls.length = reads;
      }
      expect(numbers()).toEqual(["1"]);
    }
  });
});

describe("a version that Azure makes by its policy", () => {
  it.each([
    ["with the tags of the one before", undefined],
    ["without a tag of ours", {}],
  ])("%s is the key's next one: a refresh tells it, and the next up tags it", async (_how, tags) => {
    await key.up(program());
    later(90);
    const made = world.vault.rotateByPolicy("orders", tags);
    await key.refresh();
    expect(world.infos.join()).toContain("Azure made version 2 by its rotation policy");
    expect(key.outputs).toMatchObject({ version: 2, versionId: made.id });
    expect(versions()).toEqual([1, 2]);
    expect(await key.up(program())).toBe("updated");
    expect(numbers()).toEqual(["1", "2"]);
    expect(world.vault.version("orders", made.version).tags).toMatchObject({ team: "ledger" });
    expect(await key.up(program())).toBe("same");
    expect(world.warnings.filter((line) => line.includes("somebody else"))).toEqual([]);
    expect(world.vault.calls.filter((call) => call.startsWith("createKey"))).toHaveLength(1);
  });

  it("is taken up by an update that no refresh went before, which goes back to nothing and makes none", async () => {
    await key.up(program());
    later(90);
    const made = world.vault.rotateByPolicy("orders");
    expect(await key.up(program())).toBe("same");
    expect(await key.up(program({ tags: { team: "risk" } }))).toBe("updated");
    expect(key.outputs).toMatchObject({ version: 2, versionId: made.id, tags: { team: "risk" }, pending: [] });
    expect(numbers()).toEqual(["1", "2"]);
    // The inputs in the state are those of before.
    expect(await key.up(program({ tags: { team: "risk" } }))).toBe("same");
    later(90);
    world.vault.rotateByPolicy("orders");
    expect(await key.up(program({ tags: { team: "ops" } }))).toBe("updated");
    expect(numbers()).toEqual(["1", "2", "3"]);
  });

  it("leaves room for one by hand: after a refresh the trigger makes the next, before it nothing is lost", async () => {
    await key.up(program());
    later(90);
    world.vault.rotateByPolicy("orders");
    const byHand = program({ rotationTrigger: "2027" });
    await expect(key.up(byHand)).rejects.toMatchObject({ code: "BYOK_KEY_DRIFTED" });
    expect(numbers()).toEqual(["1", "1"]);
    await key.refresh();
    expect(await key.up(byHand)).toBe("updated");
    expect(numbers()).toEqual(["1", "2", "3"]);
    expect(await key.up(byHand)).toBe("same");
  });

  it("is not missed by a trigger either where an update has taken it up", async () => {
    await key.up(program());
    later(90);
    world.vault.rotateByPolicy("orders");
    await key.up(program({ tags: { team: "risk" } }));
    // An update that only remembers something forgets no version.
    const kept = { tags: { team: "risk" }, backup: { file: "./escrow/orders" } };
    expect(await key.up(program(kept))).toBe("updated");
    expect(key.outputs).toMatchObject({ version: 2 });
    const byHand = program({ ...kept, rotationTrigger: "2027" });
    await expect(key.up(byHand)).rejects.toMatchObject({ code: "BYOK_KEY_DRIFTED" });
    expect(world.warnings.join()).toContain("Run pulumi refresh, then pulumi up again.");
    await key.refresh();
    await key.up(byHand);
    expect(numbers()).toEqual(["1", "2", "3"]);
  });

  it("stays the key's newest also where the policy is taken away before any refresh", async () => {
    await key.up(program());
    later(90);
    world.vault.rotateByPolicy("orders");
    await key.up(withoutPolicy);
    expect(key.outputs).toMatchObject({ version: 2, pending: [] });
    expect(await key.up(withoutPolicy)).toBe("same");
    const risk = { ...withoutPolicy, tags: { team: "risk" } };
    expect(await key.up(risk)).toBe("updated");
    await expect(key.up({ ...risk, rotationTrigger: "2027" })).rejects.toMatchObject({ code: "BYOK_KEY_DRIFTED" });
    await key.refresh();
    await key.up({ ...risk, rotationTrigger: "2027" });
    expect(numbers()).toEqual(["1", "2", "3"]);
  });

  it("is disabled with its key's former ones where the program says so", async () => {
    const disabling = program({ afterRotation: "disable" });
    await key.up(disabling);
    later(90);
    world.vault.rotateByPolicy("orders");
    await key.refresh();
    await key.up(disabling);
    expect((world.vault.keys.get("orders") ?? []).map(({ enabled }) => enabled)).toEqual([false, true]);
  });

  it("is none of ours at a time when none was due, and then is told", async () => {
    await key.up(program());
    later(5);
    world.vault.rotateByPolicy("orders", {});
    await key.refresh();
    expect(versions()).toEqual([1]);
    expect(world.warnings.join()).toContain("was made by somebody else");
  });

  it("has the expiry of the policy, which is no drift, and no date that a program would have to keep", async () => {
    const expiring = program({ rotation: { rotateAfter: "90d", expiresAfter: "120d" } });
    await key.up(expiring);
    const [first] = azureVersionsIn(key.outputs);
    expect(first?.expiresOn).toBe(new Date(world.kms.now.getTime() + 120 * 86_400_000).toISOString());
    later(90);
    const made = world.vault.rotateByPolicy("orders");
    world.vault.change(made, { expiresOn: new Date(world.kms.now.getTime() + 120 * 86_400_000) });
    await key.refresh();
    await key.up(expiring);
    expect(await key.up(expiring)).toBe("same");
    expect(key.outputs).not.toHaveProperty("expiresOn");
    // Without the policy the date stays, and nobody is asked to name it.
    expect(await key.up(withoutPolicy)).toBe("updated");
    await key.refresh();
    expect(await key.up(withoutPolicy)).toBe("same");
  });
});

describe("a rotation policy that cannot be", () => {
  const copied: PlainRecord = {
    ...{ ...sourceRecord, name: "signing", spec: "RSA_3072" },
    group: { ...sourceRecord.group, allowedTargets: [{ azure: { tenantId, vaults: [vaultUrl] } }] },
  };
  it.each([
    ["of a copy", { material: { source: copied } }, "A copy is rotated with its source: set rotation on signing."],
    ["of nothing", { rotation: {} }, "names neither rotateAfter nor expiresAfter."],
    ["of no period", { rotation: { rotateAfter: "P90D" } }, 'rotation.rotateAfter: "P90D" is no period.'],
    ["of days too few", { rotation: { rotateAfter: "6d" } }, "rotation.rotateAfter: must be at least 7 days"],
    [
      "of an expiry too near",
      { rotation: { expiresAfter: "27d" } },
      "rotation.expiresAfter: must be at least 28 days.",
    ],
    [
      "of an expiry before the rotation",
      { rotation: { rotateAfter: "90d", expiresAfter: "3mo" } },
      "must be at least 7 days shorter than expiresAfter",
    ],
    ["of a notice of nothing", { rotation: { ...rotation, notifyBefore: "30d" } }, "needs expiresAfter"],
    [
      "beside a fixed date",
      { rotation: { expiresAfter: "90d" }, expiresOn: "2031-01-01" },
      "expiresOn: is one date for every version",
    ],
    [
      "of a Managed HSM with a notice",
      {
        ...{ group: { ...group, tier: "managed-hsm" }, protection: "hsm" },
        rotation: { rotateAfter: "27d", expiresAfter: "90d", notifyBefore: "30d" },
      },
      "rotation.notifyBefore: is not there on a Managed HSM",
    ],
  ])("%s is refused with the remedy", async (_what, more, complaint) => {
    expect((await key.complaints(program(more))).join("\n")).toContain(complaint);
    expect(world.vault.calls).toEqual([]);
  });

  it("comes from the template to keys that Azure makes, and to no copy", async () => {
    const templated = { ...group, template: { rotation } };
    expect((await key.check({ ...withoutPolicy, group: templated })).inputs).toMatchObject({ rotation });
    const { failures, inputs } = await key.check({
      ...{ ...withoutPolicy, group: templated, material: { source: copied } },
      wrappingKey: { id: `${vaultUrl}/keys/kek/${"b".repeat(32)}`, publicKeySha256: "c".repeat(64) },
    });
    expect(failures).toEqual([]);
    expect(inputs).not.toHaveProperty("rotation");
  });
});
