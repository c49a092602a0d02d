import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { startLocalAzure, type LocalAzure, type LocalVaultTier } from "../../provider/local";
import { account, createLab, type Lab } from "./lab";
import type { StackProject } from "./stack-project";

const examples = path.resolve(__dirname, "../../../examples");

let lab: Lab;
let azure: LocalAzure;
beforeAll(async () => {
  lab = await createLab();
  azure = await startLocalAzure();
  await writeFile(path.join(lab.project.folder, "azure-ca.pem"), azure.caPem);
  const secret = azure.tenants[0]?.clients[0]?.secret ?? "";
  await writeFile(path.join(lab.project.folder, "azure-secret"), secret, { mode: 0o600 });
});
afterAll(async () => {
  await azure.close();
  await lab.dispose();
});

async function copyOf(name: string, stack = `examples-${name}`): Promise<StackProject> {
  const copy = path.join(lab.project.folder, name);
  await mkdir(copy);
  await cp(path.join(examples, name), copy, { recursive: true, filter: (file) => !file.includes("node_modules") });
  return lab.project.within(name, stack);
}

async function configure(project: StackProject, settings: Readonly<Record<string, string>>): Promise<void> {
  const pairs = Object.entries(settings).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
  await project.expectSuccess("config", "set-all", ...pairs);
}

/** What every example is told about token and clouds. */
function settingsFor(tier: LocalVaultTier): Readonly<Record<string, string>> {
  const { label, pin, environment } = lab.token.connection;
  const [tenant] = azure.tenants;
  return {
    ...{ token: label ?? "", pin, softhsmConf: environment?.["SOFTHSM2_CONF"] ?? "" },
    ...{ tenant: tenant?.id ?? "", vault: azure.vaults.find((vault) => vault.tier === tier)?.url ?? "" },
    ...{ authority: azure.authority, resourceManager: azure.resourceManager, azureCaFile: "../azure-ca.pem" },
    ...{ clientId: tenant?.clients[0]?.id ?? "", clientSecret: "file:../azure-secret" },
  };
}

const fingerprint: unknown = expect.stringMatching(/^spki:[0-9a-f]{64}$/);
const kms = (): Readonly<Record<string, string>> => ({
  account,
  ...{ endpoint: lab.cloud.httpsEndpoint ?? "", caFile: "../ca.pem", credentials: `file:../aws-${account}.csv` },
});

const tree = z.array(
  z.object({
    name: z.string(),
    versions: z.array(
      z.object({
        version: z.number(),
        fingerprint: z.string(),
        copies: z.array(
          z.object({ arn: z.string(), proof: z.object({ fingerprint: z.string(), method: z.string() }).optional() }),
        ),
      }),
    ),
  }),
);

/** Each version of each source in two Regions of AWS and in Azure, and each copy with a proof that it is that very key. */
async function expectOneLineage(project: StackProject, stack: string): Promise<void> {
  const sources = tree.parse(JSON.parse((await project.byok(["tree", stack, "--json"])).output));
  expect(sources.map(({ name }) => name).sort()).toEqual(["two-clouds-ec", "two-clouds-rsa"]);
  for (const { versions } of sources) {
    expect(versions.map(({ version }) => version)).toEqual([1, 2]);
    for (const { fingerprint: wanted, copies } of versions) {
      expect(copies.map(({ arn }) => arn.replace(/^(arn:aws:kms:[^:]+|https).*$/, "$1")).sort()).toEqual([
        "arn:aws:kms:eu-central-1",
        "arn:aws:kms:eu-west-1",
        "https",
      ]);
      expect(copies.map(({ proof }) => proof?.fingerprint)).toEqual([wanted, wanted, wanted]);
    }
  }
}

describe("an example", () => {
  it.each([
    ["azure-byok-kek", "premium", 7, { proofs: [{ method: "public-key" }, { method: "public-key" }] }],
    ["azure-managed-hsm", "managed-hsm", 5, { proof: { method: "challenge" } }],
    [
      ...(["azure-standard", "standard", 6] as const),
      {
        versions: [{ version: 1, origin: "AZURE", enabled: true }],
        proof: { method: "public-key" },
        wrapping: { algorithm: "none", inClear: true },
      },
    ],
    ["two-clouds-one-source", "premium", 13, { sameKey: [fingerprint, fingerprint], versions: [1, 1, 1, 1, 1, 1] }],
  ] as const)("%s makes its keys, rotates them, and takes them away", async (name, tier, resources, outputs) => {
    const project = await copyOf(name);
    await configure(project, { ...settingsFor(tier), ...(name === "two-clouds-one-source" ? kms() : {}) });
    expect(await project.up()).toContain(`${String(resources)} created`);
    expect(JSON.parse(await project.expectSuccess("stack", "output", "--json"))).toMatchObject(outputs);
    await azure.admin.clearLog();
    expect(await project.preview("--expect-no-changes")).toContain(`${String(resources)} unchanged`);
    expect(await azure.admin.requestLog()).toEqual([]);
    if (name !== "azure-managed-hsm") {
      await configure(project, { rotate: "2027" });
      await project.up();
      const keys = (await project.state()).filter(({ type }) => type.endsWith("byok:AzureKey"));
      const versions = keys.map(({ outputs: key }) => key?.["version"]);
      expect(versions).toContain(2);
      if (name === "two-clouds-one-source") {
        expect(versions).toEqual([2, 2]);
        const { text } = await project.byok(["tree", "examples-two-clouds-one-source"]);
        for (const { outputs: key } of keys) expect(text).toContain(String(key?.["versionId"]));
        await expectOneLineage(project, "examples-two-clouds-one-source");
      }
    }
    expect(await project.expectSuccess("destroy", "--yes", "--skip-preview")).toContain(`${String(resources)} deleted`);
    await rm(project.folder, { recursive: true });
  });

  it("azure-standard takes over a key that exists, also a soft-deleted one", async () => {
    const project = await copyOf("azure-standard", "examples-adopt");
    await configure(project, settingsFor("standard"));
    const program = path.join(project.folder, "index.ts");
    const text = await readFile(program, "utf8");
    // The names of the example itself are taken: another stack soft-deleted such keys, and its source key stayed in the token.
    const named = (name: string): Promise<void> =>
      writeFile(
        program,
        text
          .replace("std-sessions", name)
          .replace("std-webhooks", `${name}-hooks`)
          .replace("std-portable", "std-adopt-portable"),
      );
    await named("std-kept");
    await project.up();
    const kept = String((await project.outputs("std-kept"))["versionId"]);
    await project.expectSuccess("destroy", "--yes", "--skip-preview");
    await configure(project, { existing: kept, recover: "true" });
    // Its own key of that name would come back by itself; here another resource asks for it.
    await named("std-other");
    expect(await project.preview()).toContain("and recovers it");
    await project.up();
    expect(await project.outputs("std-existing")).toMatchObject({ keyState: "Enabled", versionId: kept });
    expect(await project.preview("--expect-no-changes")).toContain("unchanged");
    await project.expectSuccess("destroy", "--yes", "--skip-preview");
  });
});
