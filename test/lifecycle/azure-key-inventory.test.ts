import { azureKeyInventory } from "../../provider/lifecycle/azure-key-inventory";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { ByokError } from "../../provider/model/errors";
import { unpackAzureInventory } from "../../provider/model/packed-inventory";
import { tenantId, vaultUrl, type NewVersion } from "./fake-key-vault";
import { World, type EngineResource } from "./lifecycle-world";

const group = {
  name: "vault",
  cloud: "public",
  tenantId,
  tier: "premium",
  kek: { size: 4096, lifetime: "group" },
  vaultUrl,
};

let world: World;
let inventory: EngineResource;
beforeEach(() => {
  world = new World();
  inventory = world.resource(azureKeyInventory, "vault-keys");
});
const program = (more: PlainRecord = {}): PlainRecord => ({ group, ...more });
const put = (name: string, more: Partial<NewVersion> = {}): string =>
  world.vault.store({
    ...{ name, kty: "EC", curve: "P-256", operations: ["sign", "verify"], enabled: true, tags: {}, material: name },
    ...more,
  }).id;
const records = (): NonNullable<ReturnType<typeof unpackAzureInventory>> =>
  unpackAzureInventory(inventory.outputs["listing"]) ?? [];
const listed = (): readonly string[] =>
  records().map(({ name, state, managedBy, resource, goneSince }) =>
    goneSince === undefined ? [name, state, managedBy, resource].filter(Boolean).join(" ") : `${name} gone`,
  );

describe("the list of a vault's keys", () => {
  it("tells every version, and is read once: a second preview and up call no cloud", async () => {
    const first = put("ledger", { tags: { "byok:version": "1" } });
    const second = put("ledger", { enabled: false, expiresOn: new Date("2031-01-01T00:00:00Z") });
    expect((await inventory.check(program())).failures).toEqual([]);
    expect(world.vaultInventory.listings).toEqual([]);
    expect(await inventory.up(program())).toBe("created");
    expect(records()).toMatchObject([
      {
        ...{ name: "ledger", keyId: `${vaultUrl}/keys/ledger`, state: "Disabled", managedBy: "nobody" },
        ...{ kty: "EC", curve: "P-256", protection: "software", operations: ["sign", "verify"] },
        versions: [
          { id: first, enabled: true, number: 1 },
          { id: second, enabled: false, expiresOn: "2031-01-01T00:00:00.000Z" },
        ],
      },
    ]);
    expect(inventory.outputs).toMatchObject({ counts: { total: 1, gone: 0 }, tenantId, vaultUrl });
    expect(await inventory.up(program())).toBe("same");
    expect(world.vaultInventory.listings).toHaveLength(1);
  });

  it("tells who manages each key, and which are wrapping keys", async () => {
    put("mine", { tags: { "byok:lineage": "l1", "byok:owner": "o" } });
    put("theirs", { tags: { "byok:lineage": "l2" } });
    put("stray");
    put("byok-kek-ours", { kty: "RSA-HSM", tags: { "byok:kek": "o1" } });
    put("byok-kek-theirs", { kty: "RSA-HSM", tags: { "byok:kek": "o2" } });
    put("web");
    world.vaultInventory.ofCertificates.add("web");
    await inventory.up(program());
    expect(listed()).toEqual([
      ...["mine Enabled a stack", "theirs Enabled a stack", "stray Enabled nobody"],
      ...["byok-kek-ours Enabled a stack", "byok-kek-theirs Enabled a stack", "web Enabled a certificate"],
    ]);
    const managed = { l1: "payments", [`${vaultUrl}/keys/byok-kek-ours`]: "vault" };
    expect(await inventory.up(program({ managed }))).toBe("updated");
    expect(listed()).toEqual([
      ...["mine Enabled this stack payments", "theirs Enabled another stack", "stray Enabled nobody"],
      ...["byok-kek-ours Enabled this stack vault", "byok-kek-theirs Enabled another stack"],
      "web Enabled a certificate",
    ]);
    expect(records().filter(({ wrappingKey }) => wrappingKey === true)).toHaveLength(2);
  });

  it("shows soft-deleted keys with their purge date, and marks them gone once they are purged", async () => {
    put("one");
    put("two");
    await inventory.up(program());
    await world.vault.deleteKey("one");
    await inventory.refresh();
    expect(listed()).toEqual(["one Deleted nobody", "two Enabled nobody"]);
    expect(records()[0]?.scheduledPurgeDate).toBe(new Date(world.kms.now.getTime() + 90 * 86_400_000).toISOString());
    world.vault.deleted.clear();
    put("three");
    await inventory.refresh();
    expect(listed()).toEqual(["one gone", "two Enabled nobody", "three Enabled nobody"]);
    expect(await inventory.up(program())).toBe("same");
  });

  it("goes without what the credentials may not read, and says so", async () => {
    put("one");
    world.vaultInventory.denied = ["get"];
    world.vaultInventory.deletedAreDenied = true;
    await inventory.up(program());
    expect(records()[0]).toMatchObject({ name: "one", denied: ["get"] });
    expect(records()[0]).not.toHaveProperty("kty");
    expect(world.warnings.join()).toContain("soft-deleted keys are not in this list");
  });

  it("asks for rotation policies only where that is wanted", async () => {
    put("one");
    await inventory.up(program());
    await inventory.up(program({ rotations: true }));
    expect(world.vaultInventory.listings).toEqual([{ rotations: false }, { rotations: true }]);
  });

  it("holds only what is included, and does not call gone what is not", async () => {
    put("one");
    put("Ledger-two", { kty: "EC-HSM" });
    await inventory.up(program());
    await inventory.up(program({ include: { protection: "hsm" } }));
    expect(listed()).toEqual(["Ledger-two Enabled nobody"]);
    await inventory.up(program({ include: { namePrefix: "ledger-", managedBy: ["nobody"] } }));
    expect(listed()).toEqual(["Ledger-two Enabled nobody"]);
  });

  it("begins anew for another vault, and is no matter of what the group says of its keys", async () => {
    put("one");
    await inventory.up(program());
    expect(await inventory.up(program({ group: { ...group, requiredTags: ["team"] } }))).toBe("same");
    world.vault.keys.clear();
    put("two");
    await inventory.up(program({ group: { ...group, vaultUrl: "https://other.vault.azure.net" } }));
    expect(listed()).toEqual(["two Enabled nobody"]);
  });

  it("keeps the list before where a listing fails, and refuses credentials of another tenant", async () => {
    put("one");
    await inventory.up(program());
    world.vaultInventory.failure = new ByokError("BYOK_AZURE_ACCESS_DENIED", "No.");
    await expect(inventory.refresh()).rejects.toThrow("No.");
    expect(listed()).toEqual(["one Enabled nobody"]);
    world.vault.tenant = "99999999-89ab-cdef-0123-456789abcdef";
    await expect(inventory.refresh()).rejects.toMatchObject({ code: "BYOK_AZURE_WRONG_TENANT" });
  });

  it("writes nothing to the vault, and its removal does not either", async () => {
    put("one");
    await inventory.up(program({ rotations: true }));
    await inventory.destroy();
    expect(world.vault.calls).toEqual(["rotationPolicy one"]);
  });

  it.each([
    ["an unknown filter", { include: { state: "Enabled" } }, "include.state: there is no such property."],
    ["a manager that is none", { include: { managedBy: ["AWS"] } }, "include.managedBy[0]: "],
    ["a prefix that opens no name", { include: { namePrefix: "a_b" } }, '"a_b" opens no name of a key'],
  ])("refuses %s", async (_name, more, complaint) => {
    expect((await inventory.complaints(program(more))).join()).toContain(complaint);
  });
});
