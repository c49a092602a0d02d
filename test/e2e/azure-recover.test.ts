import { cp, mkdir, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { azureVersionsIn } from "../../provider/model/azure-key-versions";
import { createAzureLab, type AzureLab } from "./azure-lab";
import { findSecrets } from "./secret-search";
import type { StackProject } from "./stack-project";

let lab: AzureLab;
beforeAll(async () => {
  lab = await createAzureLab();
});
afterAll(() => lab.dispose());

const asked = async (operation: string): Promise<number> =>
  (await lab.azure.admin.requestLog()).filter(
    (request) => request.operation === operation && (request.status ?? 500) < 300,
  ).length;
const wordIn = (text: string): string => /\b[a-z]+-[0-9a-f]{8}\b/.exec(text.split("To go on:")[1] ?? "")?.[0] ?? "";

describe("the example azure-recover", () => {
  let project: StackProject;
  const set = async (settings: Readonly<Record<string, string>>): Promise<void> => {
    const pairs = Object.entries(settings).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
    await project.expectSuccess("config", "set-all", ...pairs);
  };
  const unset = (...names: readonly string[]): Promise<string> => project.expectSuccess("config", "rm-all", ...names);
  const versionIds = async (): Promise<readonly unknown[]> =>
    azureVersionsIn(await project.outputs("orders")).map(({ id }) => id);

  it("deletes by removal, recovers, purges with the word that names the backup, and restores from it", async () => {
    const copy = path.join(lab.project.folder, "azure-recover");
    await mkdir(copy);
    await cp(path.resolve(__dirname, "../../../examples/azure-recover"), copy, {
      recursive: true,
      filter: (file) => !file.includes("node_modules"),
    });
    await mkdir(path.join(copy, "escrow"), { mode: 0o700 });
    project = await lab.project.within("azure-recover", "examples-azure-recover");
    const { label, pin, environment } = lab.token.connection;
    await set({
      ...{ token: label ?? "", pin, softhsmConf: environment?.["SOFTHSM2_CONF"] ?? "" },
      ...lab.settings("premium", ".."),
    });
    expect(await project.up()).toContain("6 created");
    const made = await versionIds();
    const files = await readdir(path.join(copy, "escrow"));
    expect(files.sort()).toEqual(["orders.backup", "orders.backup.json"]);
    expect((await stat(path.join(copy, "escrow/orders.backup"))).mode & 0o777).toBe(0o600);
    await lab.azure.admin.clearLog();
    expect(await project.preview("--expect-no-changes")).toContain("6 unchanged");
    expect(await lab.azure.admin.requestLog()).toEqual([]);

    await set({ gone: "true" });
    expect(await project.up()).toContain("is soft-deleted; nobody can use it");
    await unset("gone");
    await set({ purge: "true" });
    expect(await project.up()).toContain("it is recovered");
    expect([await asked("ImportKey"), await versionIds()]).toEqual([0, made]);

    await set({ gone: "true" });
    const refusal = await project.failingUp();
    expect(refusal).toContain("from the backup ./escrow/orders.backup (1 version,");
    // The backup's own resource is gone from the state by now; the key still tells of the file.
    expect(await project.failingUp()).toContain("from the backup ./escrow/orders.backup (1 version,");
    const word = /BYOK_CONFIRM=(\S+)/.exec(refusal)?.[1] ?? "";
    const purged = await project.run(["up", "--yes", "--skip-preview"], { BYOK_CONFIRM: word });
    expect(purged.text).toContain("is purged");
    await unset("gone", "purge");
    expect(await project.preview()).toContain("it is restored from ./escrow/orders.backup");
    expect(await project.up()).toContain("is restored from ./escrow/orders.backup with 1 version");
    expect([await asked("ImportKey"), await asked("RestoreKey"), await versionIds()]).toEqual([0, 1, made]);
    expect(await project.outputs("orders")).toMatchObject({ keyState: "Enabled", proof: { method: "public-key" } });
  });

  it("deletes by a schedule with the word of its preview, and takes that back", async () => {
    await set({ retire: "ask" });
    const preview = await project.expectFailure("preview");
    expect(preview).toContain("in 30 days");
    expect(preview).toContain("from the backup ./escrow/orders.backup");
    await set({ retire: wordIn(preview) });
    await project.up();
    expect(await project.outputs("retire-orders")).toMatchObject({ keyState: "Deleted", pending: [] });
    expect(await project.expectSuccess("refresh", "--yes")).toContain("so no backup can be made");
    expect(await project.outputs("orders")).toMatchObject({ keyState: "Deleted" });
    expect(await project.preview("--expect-no-changes")).toContain("is soft-deleted, so nobody can use it");
    await unset("retire");
    await project.up();
    await project.expectSuccess("refresh", "--yes");
    expect(await project.outputs("orders")).toMatchObject({ keyState: "Enabled" });
    expect(await project.preview("--expect-no-changes")).toContain("unchanged");
  });

  it("goes as a whole, and is usable at no moment in between", async () => {
    await set({ retire: wordIn(await askFor()) });
    await project.up();
    await lab.azure.admin.clearLog();
    const plan = await project.byok(["plan", "--destroy", "--stack", project.stack]);
    expect(plan.output).toContain("It goes with its key");
    await project.expectSuccess("destroy", "--yes", "--skip-preview");
    expect([await asked("RecoverDeletedKey"), await asked("UpdateKey")]).toEqual([0, 0]);
  });
  const askFor = async (): Promise<string> => {
    await set({ retire: "ask" });
    return project.expectFailure("preview");
  };
});

describe("a backup as an output", () => {
  it("is a secret in state and terminal, follows the key, and is handed to a program", async () => {
    // A backup that a program was given as a text; its name is taken by then, so that nothing restores it.
    const given = "sealed backup of a key that is given to the program";
    const program = (rotation: string, more = ""): string => `${lab.hsm()}
${lab.vault("premium", "premium", "kek: { size: 2048 },")}
const ec = new byok.SourceKey("output-source", { group: hsm, spec: "EC_P256", rotationTrigger: "${rotation}" });
const key = new byok.AzureKey("output-key", { group: premium, material: { source: ec }, ${more} });
const backup = new byok.AzureKeyBackup("output-backup", { key, output: true });
exports.blob = backup.blob;
exports.covers = backup.covers;`;
    await lab.project.program(program("first"));
    const first = await lab.project.up("--diff");
    expect(first).toContain("[secret]");
    await lab.project.program(
      program("second", `backup: { blob: pulumi.secret(Buffer.from("${given}").toString("base64")) }`),
    );
    expect(await lab.project.preview("--diff")).toMatch(
      /version\s*: 1 => 2[\s\S]*version\s*: 1 => 2[\s\S]*version\s*: 1 => 2/,
    );
    const before = (await lab.project.expectSuccess("stack", "output", "blob", "--show-secrets")).trim();
    const second = await lab.project.up("--diff");
    const blob = (await lab.project.expectSuccess("stack", "output", "blob", "--show-secrets")).trim();
    expect([blob.length > 100, blob === before]).toEqual([true, false]);
    const covers: unknown = JSON.parse(await lab.project.expectSuccess("stack", "output", "covers", "--json"));
    expect(covers).toMatchObject([{ version: 1 }, { version: 2 }]);
    const refreshed = await lab.project.expectSuccess("refresh", "--yes", "--expect-no-changes");
    const secrets = [before, blob, Buffer.from(given).toString("base64")].map((text) => ({
      name: "the backup",
      bytes: Buffer.from(text.slice(0, 60)),
    }));
    const said = [first, second, refreshed].map((text, run) => ({
      name: `run ${String(run)}`,
      content: Buffer.from(text),
    }));
    expect(findSecrets(secrets, [...said, ...(await lab.project.files())])).toEqual([]);
    await lab.project.expectSuccess("destroy", "--yes", "--skip-preview");
  });
});
