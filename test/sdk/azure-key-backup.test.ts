import * as byok from "../../sdk";
import { mockEngine, program, settle } from "./fixtures";

jest.setTimeout(60_000);

const tenantId = "01234567-89ab-cdef-0123-456789abcdef";

describe("a backup", () => {
  it("carries its key as one text of what a preview knows", async () => {
    const registered = await mockEngine();
    const { master } = program();
    const vault = new byok.AzureKeyVaultGroup("vault", {
      tenantId,
      vault: "https://p.vault.azure.net",
      tier: "premium",
    });
    const orders = new byok.AzureKey("orders", {
      group: vault,
      material: { source: master },
      deletion: { purge: true },
    });
    await settle(new byok.AzureKeyBackup("orders-backup", { key: orders, file: "./escrow/orders.backup" }));
    const backup = registered.find(({ name }) => name === "orders-backup");
    expect(backup?.inputs["__provider"]).toContain('load("AzureKeyBackup")');
    expect(backup?.inputs["file"]).toBe("./escrow/orders.backup");
    expect(JSON.parse(String(backup?.inputs["key"]))).toMatchObject({
      name: "orders",
      lineage: "orders-id",
      deletion: { purge: true },
      source: { name: "master", owner: "0".repeat(32) },
    });
  });

  it("and a schedule tell the cloud of their key, also while a preview knows nothing else", async () => {
    const registered = await mockEngine(true);
    const { key, master } = program();
    const vault = new byok.AzureKeyVaultGroup("vault", {
      tenantId,
      vault: "https://p.vault.azure.net",
      tier: "premium",
    });
    const orders = new byok.AzureKey("orders", { group: vault, material: { source: master } });
    await settle(
      new byok.DeletionSchedule("retire-orders", { key: orders }),
      new byok.DeletionSchedule("retire-payments", { key }),
    );
    const inputsOf = (name: string): Record<string, unknown> =>
      registered.find((resource) => resource.name === name)?.inputs ?? {};
    expect(inputsOf("retire-orders")["cloud"]).toBe("azure");
    expect(inputsOf("retire-payments")).not.toHaveProperty("cloud");
  });

  it("is told what it takes", async () => {
    await mockEngine();
    const { key, master } = program();
    await settle(key, master);
    expect(() => void Reflect.construct(byok.AzureKeyBackup, ["b", { key, output: true }])).toThrow(
      "key must be a resource of class AzureKey, and it is a AwsKmsKey",
    );
    expect(() => void Reflect.construct(byok.AzureKeyBackup, ["b", { key, blob: "x" }])).toThrow();
  });
});
