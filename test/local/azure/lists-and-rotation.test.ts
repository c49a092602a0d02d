import type { LocalAzure } from "../../../provider/local";
import { endAzure, keyClient, startAzure, vaultOf } from "./azure-fixture";
import { ask } from "./raw-request";

let azure: LocalAzure;

beforeEach(async () => {
  azure = await startAzure();
});

afterEach(endAzure);

const day = 86_400_000;

describe("lists", () => {
  it("come in pages of 25 whose links a client can follow", async () => {
    const vault = vaultOf(azure, "premium");
    const client = keyClient(azure, vault);
    const names = Array.from({ length: 60 }, (_, index) => `key-${String(index).padStart(2, "0")}`);
    await client.createKey("key-00", "EC");
    await Promise.all(names.slice(1).map((name) => client.createKey(name, "EC")));
    const sizes: number[] = [];
    const seen: string[] = [];
    for await (const page of client.listPropertiesOfKeys().byPage()) {
      sizes.push(page.length);
      seen.push(...page.map(({ name }) => name));
    }
    expect(sizes).toEqual([25, 25, 10]);
    expect(seen).toEqual(names);
    expect((await ask(azure, vault, "GET", "/keys?maxresults=26")).status).toBe(400);
    const first = await ask(azure, vault, "GET", "/keys?maxresults=2");
    expect(first.body.nextLink).toContain(`${vault.url}/keys?`);
    await Promise.all(names.slice(0, 30).map((name) => ask(azure, vault, "DELETE", `/keys/${name}`)));
    const deleted: string[] = [];
    for await (const { name } of client.listDeletedKeys()) deleted.push(name);
    expect(deleted).toEqual(names.slice(0, 30));
  });
});

describe("rotation", () => {
  it("on demand makes a version of the same kind; the policy sets its expiry", async () => {
    const client = keyClient(azure, vaultOf(azure, "premium"));
    const first = await client.createKey("rotated", "EC", { curve: "P-384", tags: { a: "1" }, keyOps: ["sign"] });
    await client.updateKeyRotationPolicy("rotated", { lifetimeActions: [], expiresIn: "P90D" });
    const second = await client.rotateKey("rotated");
    expect(second.properties.version).not.toBe(first.properties.version);
    expect([second.key?.crv, second.keyOperations, second.properties.tags]).toEqual(["P-384", ["sign"], { a: "1" }]);
    const expected = (await azure.admin.now()).getTime() + 90 * day;
    expect(Math.abs((second.properties.expiresOn?.getTime() ?? 0) - expected)).toBeLessThan(60_000);
  });

  it("by policy happens by itself, each at its time, and its action's name is compared without regard to case", async () => {
    const vault = vaultOf(azure, "premium");
    const client = keyClient(azure, vault);
    await client.createKey("auto", "EC");
    const policy = (type: string, trigger: object, attributes: object = {}): object => ({
      lifetimeActions: [{ trigger, action: { type } }],
      attributes,
    });
    const path = "/keys/auto/rotationpolicy";
    const set = await ask(azure, vault, "PUT", path, policy("ROTATE", { timeAfterCreate: "P30D" }));
    expect([set.status, set.body.lifetimeActions]).toEqual([
      200,
      [{ trigger: { timeAfterCreate: "P30D" }, action: { type: "Rotate" } }],
    ]);
    await azure.admin.advanceClock({ days: 61 });
    const created: number[] = [];
    for await (const { createdOn } of client.listPropertiesOfKeyVersions("auto"))
      created.push(createdOn?.getTime() ?? 0);
    created.sort((a, b) => a - b);
    expect(created.map((time) => Math.round((time - (created[0] ?? 0)) / day))).toEqual([0, 30, 60]);
  });

  it("has a policy from the beginning, and refuses what the service refuses", async () => {
    const vault = vaultOf(azure, "premium");
    await keyClient(azure, vault).createKey("policy", "EC");
    const path = "/keys/policy/rotationpolicy";
    expect((await ask(azure, vault, "GET", path)).body.lifetimeActions).toEqual([
      { trigger: { timeBeforeExpiry: "P30D" }, action: { type: "Notify" } },
    ]);
    const rotate = (trigger: object): object => ({ trigger, action: { type: "Rotate" } });
    const refused = [
      { attributes: { expiryTime: "P27D" } },
      { attributes: { expiryTime: "soon" } },
      { lifetimeActions: [rotate({ timeAfterCreate: "P6D" })] },
      { lifetimeActions: [rotate({ timeBeforeExpiry: "P30D" })] },
      { lifetimeActions: [rotate({})] },
      { lifetimeActions: [rotate({ timeAfterCreate: "P30D" }), rotate({ timeAfterCreate: "P60D" })] },
      { lifetimeActions: [{ trigger: { timeAfterCreate: "P30D" }, action: { type: "Explode" } }] },
    ];
    for (const body of refused)
      expect([body, (await ask(azure, vault, "PUT", path, body)).status]).toEqual([body, 400]);
  });

  it("comes every 28 days at the most in a managed HSM", async () => {
    const vault = vaultOf(azure, "managed-hsm");
    await keyClient(azure, vault).createKey("slow", "EC-HSM");
    const every = (timeAfterCreate: string): object => ({
      lifetimeActions: [{ trigger: { timeAfterCreate }, action: { type: "Rotate" } }],
    });
    expect((await ask(azure, vault, "PUT", "/keys/slow/rotationpolicy", every("P27D"))).status).toBe(400);
    expect((await ask(azure, vault, "PUT", "/keys/slow/rotationpolicy", every("P28D"))).status).toBe(200);
  });
});
