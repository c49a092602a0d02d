import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { openKeyVault } from "../../provider/azure/open-key-vault";
import { azureInventoryRecordSchema, type AzureInventoryRecord } from "../../provider/model/azure-inventory";
import { unpackAzureInventory } from "../../provider/model/packed-inventory";
import type { KeyVaultPort } from "../../provider/model/ports/key-vault";
import { createAzureLab, type AzureLab } from "./azure-lab";
import type { StackProject } from "./stack-project";

const listing = z.object({
  tenantId: z.string(),
  vaultUrl: z.string(),
  keys: z.array(azureInventoryRecordSchema),
  counts: z.object({ total: z.number(), gone: z.number(), managedBy: z.record(z.string(), z.number()) }),
});

let lab: AzureLab;
let vault: KeyVaultPort;
let vaultUrl: string;

beforeAll(async () => {
  lab = await createAzureLab();
  const { azure, project } = lab;
  const [tenant] = azure.tenants;
  vaultUrl = azure.vaults.find(({ tier }) => tier === "premium")?.url ?? "";
  vault = openKeyVault(
    {
      ...{ cloud: "public", tenantId: tenant?.id ?? "", vaultUrl, tier: "premium" },
      endpoint: { authority: azure.authority, resourceManager: azure.resourceManager },
      credentials: { clientId: tenant?.clients[0]?.id ?? "", clientSecret: "env:SECRET_OF_THE_LAB" },
      tls: { caFile: path.join(project.folder, "azure-ca.pem") },
    },
    { configValues: {}, env: { SECRET_OF_THE_LAB: tenant?.clients[0]?.secret ?? "" } },
  );
  const ec = { kty: "EC-HSM", curve: "P-256", operations: ["sign", "verify"], enabled: true } as const;
  await vault.createKey({
    ...ec,
    name: "stray",
    tags: { team: "ledger" },
    expiresOn: new Date("2031-01-01T00:00:00Z"),
  });
  await vault.createKey({ ...ec, name: "theirs", tags: { "byok:lineage": "0123" } });
  await vault.createKey({ ...ec, name: "leaving", tags: {} });
  await vault.deleteKey("leaving");
  await write("");
  await project.up();
});
afterAll(() => lab.dispose());

const write = async (body: string, imports = ""): Promise<void> => {
  await lab.project.program(`${lab.hsm()}
${lab.vault("premium", "premium", "kek: { size: 2048 },")}
const source = new byok.SourceKey("rsa-source", { group: hsm, spec: "RSA_2048" });
const letters = new byok.AzureKey("letters", { group: premium, material: { source }, tags: { team: "letters" } });
${imports}
${body}`);
};
const sync = (...more: readonly string[]): ReturnType<StackProject["byok"]> =>
  lab.project.byok(["sync", "azure", "--stack", lab.project.stack, "--group", "premium", ...more]);
const inFile = (name: string): Promise<string> => readFile(path.join(lab.project.folder, name), "utf8");
const writes = async (): Promise<readonly string[]> =>
  Object.keys(await lab.azure.admin.counters()).filter((name) => !/^(Get|List|Challenge|OpenId|Token)/.test(name));
const byName = (keys: readonly AzureInventoryRecord[], name: string): AzureInventoryRecord | undefined =>
  keys.find((key) => key.name === name);

describe("byok sync azure", () => {
  it("lists every key and version of a vault and who manages it, and only reads", async () => {
    await lab.azure.admin.clearLog();
    const { code, output } = await sync("--json", "--rotations");
    expect(code).toBe(0);
    const { keys, counts } = listing.parse(JSON.parse(output));
    expect(counts).toEqual({ total: 5, gone: 0, managedBy: { "this stack": 2, "another stack": 1, nobody: 2 } });
    expect(byName(keys, "letters")).toMatchObject({
      ...{ managedBy: "this stack", resource: "letters", kty: "RSA-HSM", bits: 2048, protection: "hsm" },
      versions: [{ number: 1, enabled: true }],
    });
    expect(byName(keys, "stray")).toMatchObject({ managedBy: "nobody", versions: [{ expiresOn: expect.any(String) }] });
    expect(byName(keys, "leaving")).toMatchObject({ state: "Deleted", scheduledPurgeDate: expect.any(String) });
    expect(keys.find(({ wrappingKey }) => wrappingKey === true)).toMatchObject({ resource: "premium" });
    expect(await writes()).toEqual([]);
  });

  it("keeps a list: new keys are appended, gone ones marked", async () => {
    expect((await sync("--out", "keys.json")).output).toContain("keys.json: 5 new, 0 gone");
    await vault.purgeKey("leaving");
    const { output } = await sync("--out", "keys.json");
    expect(output).toContain(`keys.json: 0 new, 1 gone since the list before. 4 keys in the vault ${vaultUrl}`);
  });

  it("writes a program that adopts: preview says so, up changes no key, and then nothing changes", async () => {
    const { code, text } = await sync("--adopt", "stray,theirs,letters", "--program", "adopted.ts");
    expect({ code, text }).toMatchObject({ code: 0, text: expect.stringContaining("adopted.ts is written") });
    expect(await inFile("adopted.ts")).toMatch(
      /\/\/ - \S*\/keys\/letters: this stack manages it already, as letters\./,
    );
    await writeFile(
      path.join(lab.project.folder, "adopted.js"),
      (await inFile("adopted.ts"))
        .replace('import * as byok from "pulumi-byok";', 'const byok = require("pulumi-byok");')
        .replace("export function adoptKeys(group: byok.AzureKeyVaultGroup)", "exports.adoptKeys = function (group)"),
    );
    await write("adoptKeys(premium);", 'const { adoptKeys } = require("./adopted.js");');
    const before = await vault.listVersions("stray");
    expect(await lab.project.preview()).toMatch(/adopts \S*\/keys\/stray\/\S*, changes nothing of it but its tags/);
    expect(await lab.project.up()).toContain("2 created");
    const [after] = await vault.listVersions("stray");
    expect(after).toMatchObject({ id: before[0]?.id, expiresOn: before[0]?.expiresOn, tags: { team: "ledger" } });
    expect(await lab.project.preview("--expect-no-changes")).toContain("unchanged");
  });
});

describe("byok prove and byok keys", () => {
  it("show that a copy in Azure is its source, without a change, and which version it is", async () => {
    await lab.azure.admin.clearLog();
    const { code, text } = await lab.project.byok(["prove", "--stack", lab.project.stack]);
    expect({ code, text }).toMatchObject({ code: 0 });
    expect(text).toContain("letters  the same key as rsa-source version 1, by public key");
    expect(text).toContain("Keys in Azure are only asked");
    expect(text).not.toContain("ImportKeyMaterial");
    expect(await writes()).toEqual([]);
    const { versionId } = await lab.project.outputs("letters");
    const keys = await lab.project.byok(["keys", "--stack", lab.project.stack, "--group", "premium"]);
    expect(keys.output).toContain(String(versionId));
    for (const secret of lab.secrets) expect(text).not.toContain(secret);
  });
});

describe("an AzureKeyInventory", () => {
  it("lists once, later previews call no cloud, and a refresh lists again", async () => {
    const keys = async (): Promise<readonly AzureInventoryRecord[]> =>
      unpackAzureInventory((await lab.project.outputs("all"))["listing"]) ?? [];
    await write(
      'const all = new byok.AzureKeyInventory("all", { group: premium, managed: [letters, ...Object.values(adoptKeys(premium))] });',
      'const { adoptKeys } = require("./adopted.js");',
    );
    expect(await lab.project.up()).toContain("1 created");
    expect((await lab.project.outputs("all"))["counts"]).toEqual({ total: 4, gone: 0, managedBy: { "this stack": 4 } });
    await lab.azure.admin.clearLog();
    expect(await lab.project.preview("--expect-no-changes")).toContain("unchanged");
    expect(await lab.azure.admin.requestLog()).toEqual([]);
    await vault.createKey({ name: "late", kty: "EC", curve: "P-256", operations: ["sign"], enabled: true, tags: {} });
    await lab.project.expectSuccess("refresh", "--yes", "--skip-preview");
    expect(byName(await keys(), "late")).toMatchObject({ managedBy: "nobody" });
  });
});

describe("Azure's rotation policy", () => {
  const native = (more: string): Promise<void> =>
    write(
      `new byok.AzureKey("orders", { group: premium, material: { native: true, spec: "EC_P256" }, tags: { team: "orders" }, ${more} });`,
    );
  const rotated = 'rotation: { rotateAfter: "90d", expiresAfter: "12mo" },';
  const versions = async (): Promise<readonly unknown[]> =>
    z.array(z.object({ version: z.number() })).parse((await lab.project.outputs("orders"))["versions"]);

  it("makes a version that a preview does not mind, a refresh tells, and the next up marks as the key's second", async () => {
    await native(rotated);
    await lab.project.up();
    expect(await vault.rotationPolicy("orders")).toMatchObject({ rotateAfter: "P90D", expiresAfter: "P12M" });
    expect(await lab.project.preview("--expect-no-changes")).toContain("unchanged");
    await lab.azure.admin.advanceClock({ days: 91 });
    expect(await lab.project.preview("--expect-no-changes")).toContain("unchanged");
    expect(await versions()).toHaveLength(1);
    const refreshed = await lab.project.expectSuccess("refresh", "--yes", "--skip-preview");
    expect(refreshed).toContain("Azure made version 2 by its rotation policy");
    expect(refreshed).not.toContain("somebody else");
    await lab.project.up();
    expect(await versions()).toMatchObject([{ version: 1 }, { version: 2 }]);
    expect((await vault.listVersions("orders")).map(({ tags }) => tags["byok:version"]).sort()).toEqual(["1", "2"]);
    expect(await lab.project.preview("--expect-no-changes")).toContain("unchanged");
  });

  it("gives way to a rotation by hand, and is taken away with the line of the program", async () => {
    await native(`${rotated} rotationTrigger: "now",`);
    await lab.project.up();
    expect(await versions()).toMatchObject([{ version: 1 }, { version: 2 }, { version: 3 }]);
    await native('rotationTrigger: "now",');
    expect(await lab.project.up()).toContain("Azure's rotation policy is taken away");
    expect(await vault.rotationPolicy("orders")).not.toHaveProperty("rotateAfter");
    expect(await lab.project.preview("--expect-no-changes")).toContain("unchanged");
    await lab.project.expectSuccess("destroy", "--yes");
  });
});
