import {
  CreateAliasCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GetKeyPolicyCommand,
  ImportKeyMaterialCommand,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  ReplicateKeyCommand,
} from "@aws-sdk/client-kms";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { LocalCloudError, RemoteAdmin, serveLocal, startLocalAws } from "../../provider/local";
import { RecordFolder } from "../../provider/local/store/folder";
import { awsRecords } from "../../provider/local/store/records";
import type { AliasRecord } from "../../provider/local/store/records";
import { alice, endClouds, startCloud, targetOf, temporaryFolder } from "./cloud-fixture";
import { createExternal, createKey, importMaterial, kmsClient, parametersFor } from "./kms-client";
import { wrapMaterial } from "./wrap-material";

const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }
  await endClouds();
});

describe("a data folder", () => {
  it("brings everything back: keys, material, aliases, tags, policies, tokens, ports and the clock", async () => {
    const dataDir = temporaryFolder();
    const first = await startCloud({ dataDir });
    const kms = kmsClient(targetOf(first));
    const key = await createExternal(kms, "SYMMETRIC_DEFAULT", { Tags: [{ TagKey: "a", TagValue: "1" }] });
    const material = randomBytes(32);
    const id = await importMaterial(kms, key.KeyId, material);
    await kms.send(new CreateAliasCommand({ AliasName: "alias/kept", TargetKeyId: key.KeyId }));
    const { CiphertextBlob } = await kms.send(
      new EncryptCommand({ KeyId: "alias/kept", Plaintext: Buffer.from("kept") }),
    );
    const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId: key.KeyId }));
    const parameters = await parametersFor(kms, key.KeyId);
    await first.admin.advanceClock({ hours: 5 });
    await first.close();

    const second = await startCloud({ dataDir });
    expect(second.endpoint).toBe(first.endpoint);
    expect((await second.admin.now()).getTime() - Date.now()).toBeGreaterThan(4.9 * 3_600_000);
    const again = kmsClient(targetOf(second));
    const { Plaintext } = await again.send(new DecryptCommand({ CiphertextBlob }));
    expect(Buffer.from(Plaintext ?? []).toString()).toBe("kept");
    expect((await again.send(new GetKeyPolicyCommand({ KeyId: key.KeyId }))).Policy).toBe(Policy);
    expect((await again.send(new ListResourceTagsCommand({ KeyId: key.KeyId }))).Tags).toEqual([
      { TagKey: "a", TagValue: "1" },
    ]);
    expect((await again.send(new ListAliasesCommand({}))).Aliases).toMatchObject([{ AliasName: "alias/kept" }]);
    const answer = await again.send(
      new ImportKeyMaterialCommand({
        KeyId: key.KeyId,
        ImportToken: parameters.token,
        EncryptedKeyMaterial: wrapMaterial(parameters.publicKey, "RSAES_OAEP_SHA_256", material),
        ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE",
      }),
    );
    expect(answer.KeyMaterialId).toBe(id);
  });

  it("is readable for its owner only", async () => {
    const dataDir = temporaryFolder();
    const cloud = await startCloud({ dataDir, https: true });
    const kms = kmsClient(targetOf(cloud));
    await importMaterial(kms, (await createExternal(kms)).KeyId, randomBytes(32));
    const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const open = files.filter((entry) => (statSync(path.join(entry.parentPath, entry.name)).mode & 0o077) !== 0);
    expect(open.map((entry) => entry.name)).toEqual(["ca.pem"]);
  });

  it("belongs to one process at a time, and to nobody once that process is gone", async () => {
    const dataDir = temporaryFolder();
    const cloud = await startCloud({ dataDir });
    await expect(startLocalAws({ dataDir })).rejects.toThrow(LocalCloudError);
    await cloud.close();
    writeFileSync(path.join(dataDir, "lock"), "999999999");
    await startCloud({ dataDir });
  });

  it("finishes at the next start what a killed process had begun", () => {
    const dataDir = temporaryFolder();
    const alias = (name: string): AliasRecord => ({
      kind: "alias",
      account: alice.id,
      region: "eu-central-1",
      name,
      targetKeyId: "x",
      createdAt: 0,
      updatedAt: 0,
    });
    const folder = new RecordFolder(dataDir, awsRecords);
    folder.write([{ address: "alias:a", record: alias("alias/a") }]);
    const journal = [
      { address: "alias:a", record: null },
      { address: "alias:b", record: alias("alias/b") },
    ];
    writeFileSync(path.join(dataDir, "journal.json"), JSON.stringify(journal));
    expect(new RecordFolder(dataDir, awsRecords).load()).toEqual([alias("alias/b")]);
    expect(readdirSync(dataDir)).not.toContain("journal.json");
  });

  it("writes two related keys together", async () => {
    const dataDir = temporaryFolder();
    const cloud = await startCloud({ dataDir });
    const key = await createKey(kmsClient(targetOf(cloud)), { MultiRegion: true });
    await kmsClient(targetOf(cloud)).send(new ReplicateKeyCommand({ KeyId: key.KeyId, ReplicaRegion: "eu-west-1" }));
    await cloud.close();
    const again = await startCloud({ dataDir });
    const replica = await kmsClient(targetOf(again), "eu-west-1").send(new DescribeKeyCommand({ KeyId: key.KeyId }));
    expect(replica.KeyMetadata?.MultiRegionConfiguration?.PrimaryKey?.Region).toBe("eu-central-1");
  });
});

describe("a cloud in a process of its own", () => {
  const launcher = path.join(__dirname, "serve-launcher.js");

  async function launch(dataDir: string): Promise<{ child: ChildProcess; endpoint: string; token: string }> {
    const child = spawn(process.execPath, ["--no-warnings", launcher, dataDir], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    const line = await new Promise<unknown>((resolve) => child.stdout.once("data", resolve));
    const { endpoint } = z.object({ endpoint: z.string() }).parse(JSON.parse(String(line)));
    const file = readFileSync(path.join(dataDir, "endpoint.json"), "utf8");
    const { controlToken } = z.object({ controlToken: z.string() }).parse(JSON.parse(file));
    return { child, endpoint, token: controlToken };
  }

  function credentials(dataDir: string): { accessKeyId: string; secretAccessKey: string } {
    const [header, row] = readFileSync(path.join(dataDir, "aws.csv"), "utf8").split("\r\n");
    expect(header).toBe("Access key ID,Secret access key");
    const [accessKeyId = "", secretAccessKey = ""] = (row ?? "").split(",");
    return { accessKeyId, secretAccessKey };
  }

  it("survives kill -9 at any moment with every key that it confirmed", async () => {
    const dataDir = temporaryFolder();
    const { child, endpoint } = await launch(dataDir);
    const kms = kmsClient({ endpoint, credentials: credentials(dataDir) });
    const confirmed: string[] = [];
    const writing = (async () => {
      for (;;) confirmed.push((await createKey(kms)).KeyId);
    })().catch(() => undefined);
    while (confirmed.length < 25) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill("SIGKILL");
    await writing;
    const second = await launch(dataDir);
    expect(second.endpoint).toBe(endpoint);
    const { Keys } = await kmsClient({ endpoint, credentials: credentials(dataDir) }).send(
      new ListKeysCommand({ Limit: 1000 }),
    );
    expect(Keys?.map((key) => key.KeyId)).toEqual(expect.arrayContaining(confirmed));
  });

  it("ends on SIGTERM and is steered over its control API", async () => {
    const dataDir = temporaryFolder();
    const { child, endpoint, token } = await launch(dataDir);
    const admin = new RemoteAdmin(endpoint, token);
    const kms = kmsClient({ endpoint, credentials: credentials(dataDir) });
    const key = await createExternal(kms, "ECC_NIST_P256");
    const before = await admin.now();
    expect((await admin.advanceClock({ days: 2 })).getTime() - before.getTime()).toBeGreaterThanOrEqual(2 * 86_400_000);
    await admin.injectFault({
      operation: "ListKeys",
      effect: { kind: "error", code: "KMSInternalException", status: 500 },
    });
    await expect(kms.send(new ListKeysCommand({}))).rejects.toThrow();
    expect(await admin.counters()).toEqual({ CreateKey: 1, ListKeys: 1 });
    expect((await admin.requestLog()).map((entry) => entry.keyId)).toEqual([key.KeyId, null]);
    expect(await admin.paddedImports()).toEqual([]);
    await admin.clearFaults();
    await admin.clearLog();
    await expect(admin.materialOf(key.KeyId)).rejects.toThrow("exposeMaterial");
    await expect(new RemoteAdmin(endpoint, "wrong").now()).rejects.toThrow("bearer token");
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(readdirSync(dataDir)).not.toContain("lock");
  });

  it("tells people where it is", async () => {
    const dataDir = temporaryFolder();
    const stop = new AbortController();
    let text = "";
    const served = serveLocal({
      dataDir,
      accounts: [alice],
      prepareWrappingKeys: false,
      signal: stop.signal,
      write: (line) => {
        text += line;
        stop.abort();
      },
    });
    await served;
    expect(text).toMatch(/^Local AWS KMS is ready\. .*\n {2}endpoint {5}https:\/\/127\.0\.0\.1:\d+\n/);
    expect(text).not.toContain(alice.secretAccessKey);
  });
});
