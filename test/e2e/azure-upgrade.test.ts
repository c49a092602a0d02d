import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { createAzureLab, type AzureLab } from "./azure-lab";
import { bindingsOf, essence, withPlaceholders, withValues, type Bindings } from "./recorded-state";

const fixtures = path.resolve(__dirname, "../../../test/fixtures/states");

/** As in upgrade.test.ts: a version's state is recorded once, when it is released. */
const recording = process.env["BYOK_RECORD_STATE"];

/** Never changes: the recorded states are of it. */
const program = (lab: AzureLab, tags = ""): string => `${lab.hsm()}
${lab.vault("premium", "premium", 'kek: { size: 2048 }, template: { namePrefix: "ledger-", tags: { owner: "ledger" } },')}
${lab.vault("pool", "managed-hsm", 'kek: { size: 2048, lifetime: "import" },')}
${lab.vault("plain", "standard")}
const ec = new byok.SourceKey("ec", { group: hsm, spec: "EC_P256" });
const aes = new byok.SourceKey("aes", { group: hsm, spec: "AES_256" });
const signing = new byok.AzureKey("signing", { group: premium, material: { source: ec }, expiresOn: "2037-12-31", ${tags} });
new byok.AzureKey("wrapping", { group: pool, material: { source: aes }, operations: ["wrapKey", "unwrapKey"], enabled: false });
new byok.AzureKey("native", { group: plain, material: { native: true, spec: "EC_P384" }, protection: "software" });
exports.id = signing.keyId;`;

let lab: AzureLab;
beforeAll(async () => {
  // Whole ids of everything that the local Azure would make up.
  lab = await createAzureLab({ subscriptions: [{ id: "0c0b0a09-1111-2222-3333-444455556666" }] });
  await lab.project.program(program(lab));
  await lab.project.up();
});
afterAll(() => lab.dispose());

async function bindings(): Promise<Bindings> {
  const urls = Object.fromEntries(lab.azure.vaults.map(({ tier, url }) => [`VAULT_${tier}`, url]));
  const { authority, resourceManager } = lab.azure;
  const places = { TOKEN_FOLDER: lab.token.folder, AUTHORITY: authority, RESOURCE_MANAGER: resourceManager, ...urls };
  return bindingsOf(places, await lab.project.state());
}

(recording === undefined ? it.skip : it)("records what the installed version leaves of keys in Azure", async () => {
  const state = essence(await lab.project.expectSuccess("stack", "export"));
  await writeFile(path.join(fixtures, `${recording ?? ""}-azure.json`), withPlaceholders(state, await bindings()));
});

describe("the state of keys in Azure of every released version", () => {
  const released = ["0.1.0"];
  it.each(released)("%s is unchanged, can be refreshed, updated and destroyed", async (version) => {
    const recorded = await readFile(path.join(fixtures, `${version}-azure.json`), "utf8");
    for (const secret of lab.secrets) expect(recorded).not.toContain(secret);
    const bound = await bindings();
    const file = path.join(lab.project.folder, "recorded.json");
    await writeFile(file, withValues(recorded, bound));
    await lab.project.expectSuccess("stack", "import", "--file", file);
    expect((await lab.project.resource("signing")).id).toBe(bound["signing.lineage"]);

    await lab.azure.admin.clearLog();
    expect(await lab.project.preview("--expect-no-changes", "--diff")).toContain("10 unchanged");
    expect(await lab.azure.admin.requestLog()).toEqual([]);

    const refreshed = await lab.project.expectSuccess("refresh", "--yes", "--expect-no-changes");
    expect(refreshed).toContain("10 unchanged");
    expect(refreshed).not.toContain("drift");

    await lab.project.program(program(lab, 'tags: { owner: "risk" },'));
    expect(await lab.project.up()).toContain("1 updated");
    expect(await lab.project.outputs("signing")).toMatchObject({ tags: { owner: "risk" }, pending: [] });
    expect(await lab.project.expectSuccess("destroy", "--yes", "--skip-preview")).toContain("10 deleted");
    expect([await lab.living("premium"), await lab.living("managed-hsm"), await lab.living("standard")]).toEqual([
      {},
      {},
      {},
    ]);
  });
});
