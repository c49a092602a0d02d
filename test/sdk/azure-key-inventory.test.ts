import type { AzureInventoryRecord } from "../../provider/model/azure-inventory";
import { packInventory } from "../../provider/model/packed-inventory";
import * as byok from "../../sdk";
import { unpackedAzureKeys } from "../../sdk/unpacked-keys";
import { mockEngine, program, settle, valueOf } from "./fixtures";

jest.setTimeout(60_000);

const vaultUrl = "https://payments.vault.azure.net";
const make = (): { readonly vault: byok.AzureKeyVaultGroup; readonly key: byok.AzureKey } => {
  const vault = new byok.AzureKeyVaultGroup("vault", {
    ...{ tenantId: "01234567-89ab-cdef-0123-456789abcdef", vault: vaultUrl, tier: "premium" },
  });
  const key = new byok.AzureKey("orders", { group: vault, material: { native: true, spec: "EC_P256" } });
  return { vault, key };
};
const record: AzureInventoryRecord = {
  ...{ name: "one", keyId: `${vaultUrl}/keys/one`, state: "Enabled", managedBy: "nobody", versions: [] },
};

describe("an AzureKeyInventory", () => {
  it("reaches the provider with its group and its own keys as one text each", async () => {
    const registered = await mockEngine();
    const { vault, key } = make();
    await settle(new byok.AzureKeyInventory("all", { group: vault, managed: [key] }));
    const inputs = registered.find(({ name }) => name === "all")?.inputs ?? {};
    expect(JSON.parse(String(inputs["managed"]))).toMatchObject({ "orders-id": "orders" });
    expect(JSON.parse(String(inputs["group"]))).toMatchObject({ name: "vault", tier: "premium" });
  });

  it("tells nothing of own keys where the program names none, and does not know its keys in the preview that makes it", async () => {
    const registered = await mockEngine(true);
    const { vault } = make();
    const inventory = new byok.AzureKeyInventory("all", { group: vault });
    await settle(inventory);
    expect(registered.find(({ name }) => name === "all")?.inputs).not.toHaveProperty("managed");
    expect(await valueOf(inventory.keys)).toBe("unknown");
  });

  it("unpacks its keys for the program", () => {
    expect(unpackedAzureKeys(packInventory([record]))).toEqual([record]);
    expect(() => unpackedAzureKeys("nonsense")).toThrow("The list of an AzureKeyInventory");
  });

  it("refuses what is no group and no key in one sentence", async () => {
    await mockEngine();
    const { frankfurt, key: inAws } = program();
    const { vault, key } = make();
    const wrong = (args: unknown) => (): unknown => Reflect.construct(byok.AzureKeyInventory, ["all", args]);
    expect(wrong({ group: frankfurt })).toThrow("group must be a resource of class AzureKeyVaultGroup");
    expect(wrong({ group: vault, managed: [key, inAws] })).toThrow("managed[1] must be a resource of class AzureKey");
    await settle(vault, key, inAws);
  });
});
