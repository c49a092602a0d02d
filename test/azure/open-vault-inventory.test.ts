import { openKeyVault } from "../../provider/azure/open-key-vault";
import { openVaultInventory } from "../../provider/azure/open-vault-inventory";
import type { KeyVaultPort } from "../../provider/model/ports/key-vault";
import type {
  ListedVaultKey,
  VaultInventoryPort,
  VaultListingOptions,
} from "../../provider/model/ports/vault-inventory";
import { azureBench, secretOf, type AzureBench } from "./local-vault";

jest.setTimeout(120_000);

let bench: AzureBench;
let vault: KeyVaultPort;
let inventory: VaultInventoryPort;

beforeAll(async () => {
  bench = await azureBench();
  const deps = { configValues: {}, env: { TEST_AZURE_SECRET: secretOf(bench) } };
  vault = openKeyVault(bench.connection("premium"), deps);
  inventory = openVaultInventory(bench.connection("premium"), deps);
});
afterAll(() => bench.dispose());

const ec = { kty: "EC", curve: "P-256", operations: ["sign", "verify"], enabled: true, tags: {} } as const;
const all = async (port = inventory, options: VaultListingOptions = {}): Promise<readonly ListedVaultKey[]> => {
  const keys: ListedVaultKey[] = [];
  for await (const key of port.keys(options)) keys.push(key);
  return keys;
};

describe("the listing of a vault", () => {
  it("reads every key over pages of 25, and every version of each over pages of 25", async () => {
    const names = Array.from({ length: 30 }, (_, index) => `listed-${String(index).padStart(2, "0")}`);
    await Promise.all(names.map((name) => vault.createKey({ ...ec, name, tags: { at: name } })));
    for (let made = 1; made < 27; made += 1) await vault.createKey({ ...ec, name: "listed-07" });
    const newest = await vault.getKey("listed-07");
    await bench.azure.admin.clearLog();
    const keys = await all();
    expect(keys.map(({ name }) => name).sort()).toEqual(names);
    const many = keys.find(({ name }) => name === "listed-07");
    expect(many?.versions).toHaveLength(27);
    expect(many?.versions.at(-1)?.id).toBe(newest?.id);
    expect(keys.find(({ name }) => name === "listed-03")).toMatchObject({
      ...{ ofCertificate: false, enabled: true, tags: { at: "listed-03" }, denied: [] },
      type: { kty: "EC", curve: "P-256", operations: ["sign", "verify"] },
    });
    const asked = (await bench.azure.admin.requestLog()).map(({ operation }) => operation);
    expect([...new Set(asked)].sort()).toEqual(["Challenge", "GetKey", "GetKeyVersions", "GetKeys"]);
  });

  it("waits where Azure throttles, and goes on", async () => {
    await bench.azure.admin.injectFault({
      operation: "GetKeyVersions",
      effect: { kind: "status", status: 429 },
      times: 3,
    });
    expect(await all()).toHaveLength(30);
  });

  it("tells rotation policies where they are asked for, in the durations that Azure keeps", async () => {
    await vault.setRotationPolicy("listed-01", { rotateAfter: "P90D", expiresAfter: "P1Y", notifyBefore: "P30D" });
    const keys = await all(inventory, { rotations: true });
    expect(keys.find(({ name }) => name === "listed-01")?.rotation).toEqual({
      ...{ rotateAfter: "P90D", expiresAfter: "P1Y", notifyBefore: "P30D" },
    });
    await vault.setRotationPolicy("listed-01", {});
    expect(await vault.rotationPolicy("listed-01")).toEqual({});
  });

  it("tells soft-deleted keys apart, with the date of their purge", async () => {
    await vault.deleteKey("listed-02");
    expect((await all()).map(({ name }) => name)).not.toContain("listed-02");
    const deleted = [];
    for await (const key of inventory.deletedKeys()) deleted.push(key);
    expect(deleted).toMatchObject([{ name: "listed-02", tags: { at: "listed-02" } }]);
    expect(deleted[0]?.scheduledPurgeDate.getTime()).toBeGreaterThan(Date.now());
  });

  it("goes without what the credentials may not read, and names the permission", async () => {
    const id = "99999999-2222-3333-4444-555555555555";
    const clientId = "11111111-2222-3333-4444-555555555555";
    const clients = [
      { id: clientId, secret: "lists", permissions: ["list", "create"] as const },
      { id: clientId.replace(/^1/, "2"), secret: "blind", permissions: ["get"] as const },
    ].map(({ permissions, ...client }) => ({ ...client, permissions: [...permissions] }));
    const limited = await azureBench({ tenants: [{ id, clients }] });
    try {
      const connection = limited.connection("premium");
      const deps = (secret: string): { configValues: Record<string, string>; env: { TEST_AZURE_SECRET: string } } => ({
        configValues: {},
        env: { TEST_AZURE_SECRET: secret },
      });
      await openKeyVault(connection, deps("lists")).createKey({ ...ec, name: "one" });
      const keys = await all(openVaultInventory(connection, deps("lists")), { rotations: true });
      expect(keys).toMatchObject([{ name: "one", denied: ["get", "getrotationpolicy"] }]);
      expect(keys[0]).not.toHaveProperty("type");
      expect(keys[0]?.versions).toHaveLength(1);
      const blind = {
        ...connection,
        credentials: { clientId: clients[1]?.id ?? "", clientSecret: "env:TEST_AZURE_SECRET" },
      };
      await expect(all(openVaultInventory(blind, deps("blind")))).rejects.toMatchObject({
        code: "BYOK_AZURE_ACCESS_DENIED",
      });
    } finally {
      await limited.dispose();
    }
  });
});
