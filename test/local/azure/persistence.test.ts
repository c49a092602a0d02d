import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { LocalCloudError, RemoteAzureAdmin, startLocalAzure } from "../../../provider/local";
import { cryptographyClient, endAzure, keyClient, startAzure, temporaryFolder, vaultOf } from "./azure-fixture";
import { ClientSecretCredential } from "@azure/identity";
import { KeyClient } from "@azure/keyvault-keys";

const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }
  await endAzure();
});

describe("a data folder", () => {
  it("brings keys, tenant, secret, ports, authority and clock back", async () => {
    const dataDir = temporaryFolder();
    const first = await startAzure({ dataDir });
    const key = await keyClient(first, vaultOf(first, "premium")).createRsaKey("kept", { keySize: 2048 });
    const sealed = await cryptographyClient(first, key.id ?? "").encrypt({
      algorithm: "RSA-OAEP",
      plaintext: Buffer.from("kept"),
    });
    await first.admin.advanceClock({ days: 3 });
    await first.close();
    const second = await startAzure({ dataDir });
    expect([second.authority, second.tenants, second.subscriptions, second.caPem, second.vaults]).toEqual([
      first.authority,
      first.tenants,
      first.subscriptions,
      first.caPem,
      first.vaults,
    ]);
    expect((await second.admin.now()).getTime() - Date.now()).toBeGreaterThan(2.9 * 86_400_000);
    const opened = await cryptographyClient(second, key.id ?? "").decrypt({
      algorithm: "RSA-OAEP",
      ciphertext: sealed.result,
    });
    expect(Buffer.from(opened.result).toString()).toBe("kept");
  });

  it("belongs to one local Azure at a time, and is readable for its owner only", async () => {
    const dataDir = temporaryFolder();
    const azure = await startAzure({ dataDir });
    await keyClient(azure, vaultOf(azure, "premium")).createKey("x", "EC");
    await expect(startLocalAzure({ dataDir })).rejects.toThrow(LocalCloudError);
    const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const open = files.filter((entry) => (statSync(path.join(entry.parentPath, entry.name)).mode & 0o077) !== 0);
    expect(open.map((entry) => entry.name)).toEqual(["ca.pem"]);
  });
});

describe("options that cannot be met", () => {
  it.each([
    [{ vaults: [{ name: "x_y", tier: "premium" }] }, "no name of a vault"],
    [{ vaults: [{ name: "short", tier: "premium", retentionDays: 6 }] }, "7 to 90"],
    [{ vaults: [{ name: "lost", tier: "premium", subscriptionId: "none" }] }, "no subscription"],
    [
      {
        vaults: [
          { name: "twice", tier: "premium" },
          { name: "Twice", tier: "standard" },
        ],
      },
      "Two vaults",
    ],
    [{ tenants: [] }, "no tenant"],
    [{ tenants: [{ id: "x", clients: [] }] }, "no GUID"],
  ] as const)("%j are refused", async (options, words) => {
    await expect(startLocalAzure(options)).rejects.toThrow(words);
  });
});

const announcementSchema = z.object({
  azure: z.object({
    authority: z.string(),
    managedIdentity: z.string(),
    tenantId: z.string(),
    clientId: z.string(),
    endpointFile: z.string(),
    clientSecretFile: z.string(),
    vaults: z.array(z.object({ name: z.string(), tier: z.string(), url: z.string() })),
  }),
});

describe("both clouds in a process of their own", () => {
  async function launch(
    dataDir: string,
  ): Promise<{ child: ChildProcess; client: KeyClient; admin: RemoteAzureAdmin; announced: string }> {
    const child = spawn(
      process.execPath,
      ["--no-warnings", path.join(__dirname, "..", "serve-launcher.js"), dataDir, "azure"],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    children.push(child);
    const announced = String(await new Promise<unknown>((resolve) => child.stdout.once("data", resolve)));
    const { azure } = announcementSchema.parse(JSON.parse(announced));
    const options = {
      tlsOptions: { ca: readFileSync(path.join(dataDir, "ca.pem"), "utf8") },
      retryOptions: { maxRetries: 0 },
    };
    const secret = readFileSync(azure.clientSecretFile, "utf8");
    expect(announced).not.toContain(secret);
    expect(readFileSync(azure.endpointFile, "utf8")).not.toContain(secret);
    const identity = { authorityHost: azure.authority, disableInstanceDiscovery: true, ...options };
    const credential = new ClientSecretCredential(azure.tenantId, azure.clientId, secret, identity);
    const url = azure.vaults.find(({ tier }) => tier === "premium")?.url ?? "";
    const client = new KeyClient(url, credential, { disableChallengeResourceVerification: true, ...options });
    const { controlToken } = z
      .object({ controlToken: z.string() })
      .parse(JSON.parse(readFileSync(azure.endpointFile, "utf8")));
    return { child, client, admin: new RemoteAzureAdmin(azure.managedIdentity, controlToken), announced };
  }

  it("survive kill -9 with every key that they confirmed", async () => {
    const dataDir = temporaryFolder();
    const { child, client } = await launch(dataDir);
    const confirmed: string[] = [];
    const writing = (async () => {
      for (let index = 0; ; index++) confirmed.push((await client.createKey(`key-${String(index)}`, "EC")).name);
    })().catch(() => undefined);
    while (confirmed.length < 25) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill("SIGKILL");
    await writing;
    const again = await launch(dataDir);
    const found: string[] = [];
    for await (const { name } of again.client.listPropertiesOfKeys()) found.push(name);
    expect(found).toEqual(expect.arrayContaining(confirmed));
  });

  it("are steered over the control API", async () => {
    const { client, admin } = await launch(temporaryFolder());
    const key = await client.createKey("steered", "EC");
    const before = await admin.now();
    expect((await admin.advanceClock({ days: 2 })).getTime() - before.getTime()).toBeGreaterThanOrEqual(2 * 86_400_000);
    await admin.injectFault({
      operation: "GetKey",
      effect: { kind: "error", code: "InternalServerError", status: 500 },
    });
    await expect(client.getKey("steered")).rejects.toMatchObject({ statusCode: 500 });
    expect(await admin.counters()).toMatchObject({ CreateKey: 1, GetKey: 1 });
    expect((await admin.requestLog()).map(({ operation }) => operation)).toContain("CreateKey");
    expect(await admin.paddedImports()).toEqual([]);
    await admin.clearFaults();
    await admin.clearLog();
    await expect(admin.materialOf(key.id ?? "")).rejects.toThrow("exposeMaterial");
  });
});
