import { azureAdoptionProgram, type AzureAdoption } from "../../provider/cli/azure-adoption-program";
import { azureList } from "../../provider/cli/azure-list";
import { KeyChoice } from "../../provider/cli/choose-keys";
import { azureAdoptionObstacle } from "../../provider/model/azure-adoptability";
import type { AzureInventoryRecord } from "../../provider/model/azure-inventory";

const vaultUrl = "https://payments.vault.azure.net";
const record = (name: string, more: Partial<AzureInventoryRecord> = {}): AzureInventoryRecord => ({
  ...{ name, keyId: `${vaultUrl}/keys/${name}`, state: "Enabled", managedBy: "nobody" },
  ...{ kty: "EC-HSM", curve: "P-256", protection: "hsm", operations: ["sign", "verify"] },
  versions: ["0", "1"].map((digit) => ({
    id: `${vaultUrl}/keys/${name}/${digit.repeat(32)}`,
    enabled: true,
    createdOn: "2026-01-02T03:04:05.000Z",
  })),
  ...more,
});
const program = (chosen: readonly AzureInventoryRecord[], more: Partial<AzureAdoption> = {}): string =>
  azureAdoptionProgram({
    ...{ group: "vault", vaultUrl, tier: "premium", chosen },
    ...{ sources: new Map(), taken: new Set(), module: "adopted-keys" },
    ...more,
  });
const rsa = (bits: number): Partial<AzureInventoryRecord> => ({ kty: "RSA", bits, protection: "software" });
const withoutCurve = ({ curve: _curve, ...rest }: AzureInventoryRecord): AzureInventoryRecord => rest;
const withoutType = ({ kty: _kty, ...rest }: AzureInventoryRecord): AzureInventoryRecord => rest;

describe("whether a key of a vault can be adopted", () => {
  it.each([
    ["a key of nobody", record("k"), undefined],
    ["a key of another stack", record("k", { managedBy: "another stack" }), undefined],
    ["a software key", withoutCurve(record("k", rsa(3072))), undefined],
    ["a key of this stack", record("k", { managedBy: "this stack", resource: "pay" }), "as pay."],
    ["a wrapping key", record("k", { managedBy: "another stack", wrappingKey: true }), "it is a wrapping key"],
    ["a key of a certificate", record("k", { managedBy: "a certificate" }), "made it for a certificate"],
    ["a soft-deleted key", record("k", { state: "Deleted", versions: [] }), "az keyvault key recover"],
    ["a key that is gone", record("k", { goneSince: "2026-02-01" }), "it is gone since 2026-02-01."],
    ["an RSA key of another length", withoutCurve(record("k", rsa(1024))), "of type RSA 1024"],
    ["an AES key outside a Managed HSM", withoutCurve(record("k", { kty: "oct-HSM" })), "only a Managed HSM holds"],
    ["a key with an operation of its own", record("k", { operations: ["import"] }), "it is for import"],
    ["a key with twelve tags", record("k", { tags: twelve() }), "its tags leave no room for ours"],
    ["a key that may not be read", withoutType(record("k", { denied: ["get"] })), "may not read it: get."],
  ])("is told of %s", (_name, key, obstacle) => {
    if (obstacle === undefined) expect(azureAdoptionObstacle(key, "premium")).toBeUndefined();
    else expect(azureAdoptionObstacle(key, "premium")).toContain(obstacle);
  });
});

function twelve(): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`t${String(index)}`, "x"]));
}

describe("the program that adopts keys of a vault", () => {
  it("adopts the newest version under the key's own name, with its type and protection", () => {
    const text = program([record("orders"), withoutCurve(record("letters", rsa(2048)))]);
    expect(text).toContain("export function adoptKeys(group: byok.AzureKeyVaultGroup) {");
    expect(text).toContain(`"orders": new byok.AzureKey("orders", {`);
    expect(text).toContain(`adopt: { id: "${vaultUrl}/keys/orders/${"1".repeat(32)}" },`);
    expect(text).toContain('material: { native: true, spec: "EC_P256" },');
    expect(text).toMatch(/spec: "RSA_2048" \},\n\s*protection: "software",/);
  });

  it("takes the source that the token remembers", () => {
    const known = new Map([[`${vaultUrl}/keys/orders`, { source: "orders-source", version: 2 }]]);
    const text = program([record("orders")], { sources: known });
    expect(text).toContain('readonly "orders-source": byok.SourceKey;');
    expect(text).toContain('material: { source: sources["orders-source"] },');
    expect(text).not.toContain("native");
  });

  it("names the key where the resource is called otherwise, because the stack has one of that name", () => {
    const text = program([record("orders")], { taken: new Set(["orders"]) });
    expect(text).toMatch(/new byok\.AzureKey\("orders-2", \{\n\s*group,\n\s*name: "orders",/);
  });

  it("says of each key that it does not adopt why, in a comment that ends with its line", () => {
    const text = program([record("web", { managedBy: "a certificate" })]);
    expect(text).toMatch(/export \{\};\n\n\/\/ Not adopted:\n\/\/ - https:\S*\/keys\/web: Key Vault made it/);
    const evil = program([record("k", { managedBy: "this stack", resource: "x\nevil();" })]);
    expect(evil.split("\n").filter((line) => line.includes("evil"))).toEqual([expect.stringMatching(/^\/\/ - /)]);
  });
});

describe("choosing keys of a vault", () => {
  const keys = [
    record("a"),
    record("b", { managedBy: "this stack" }),
    record("c", { managedBy: "another stack", wrappingKey: true }),
    record("d", { state: "Deleted", versions: [] }),
  ];
  const chosen = (...names: readonly string[]): readonly string[] => {
    const choice = new KeyChoice(names, azureList({ tenantId: "", vaultUrl }));
    for (const key of keys) choice.offer(key);
    choice.requireFound();
    return choice.chosen.map(({ name }) => name);
  };

  it("takes names, ids, and ids of the newest version; all leaves out what is of no use", () => {
    expect(chosen("b", `${vaultUrl}/keys/a`)).toEqual(["a", "b"]);
    expect(chosen(`${vaultUrl}/keys/a/${"1".repeat(32)}`)).toEqual(["a"]);
    expect(chosen("all")).toEqual(["a"]);
    expect(() => chosen("nothing")).toThrow(`there is no key nothing in the vault ${vaultUrl}.`);
  });
});
