import { constants, createPublicKey, publicEncrypt, randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openKms } from "../../provider/aws/open-kms";
import { openKmsImport } from "../../provider/aws/open-kms-import";
import { startLocalAws, type LocalAws, type LocalAwsOptions } from "../../provider/local";
import type { AwsConnection } from "../../provider/model/aws-connection";
import type { CreateKeyRequest, KmsImportPort, KmsPort } from "../../provider/model/ports/kms";
import { saying } from "./saying";

jest.setTimeout(60_000);

const ACCOUNT = "111122223333";
const account = { id: ACCOUNT, accessKeyId: "AKIALOCAL", secretAccessKey: "local-secret" };
const folder = mkdtempSync(join(tmpdir(), "byok-local-"));
const started: LocalAws[] = [];

afterAll(async () => {
  await Promise.all(started.map((aws) => aws.close()));
  rmSync(folder, { recursive: true });
});

interface Setup {
  readonly aws: LocalAws;
  readonly connection: AwsConnection;
  readonly kms: KmsPort;
  readonly importing: KmsImportPort;
}

async function setUp(options: LocalAwsOptions = {}, more: Partial<AwsConnection> = {}): Promise<Setup> {
  const aws = await startLocalAws({ accounts: [account], ...options });
  started.push(aws);
  const caFile = join(folder, `ca-${String(started.length)}.pem`);
  writeFileSync(caFile, aws.caPem ?? "");
  const url = aws.httpsEndpoint;
  const connection: AwsConnection = {
    region: "eu-central-1",
    account: ACCOUNT,
    endpoint: { kms: url, sts: url, tagging: url },
    credentials: { accessKeyId: "config:test:id", secretAccessKey: "config:test:secret" },
    tls: { caFile },
    ...more,
  };
  const configValues = { "test:id": account.accessKeyId, "test:secret": account.secretAccessKey };
  return {
    aws,
    connection,
    kms: openKms(connection, { configValues }),
    importing: openKmsImport(connection, { configValues }),
  };
}

const request = (owner: string, more: Partial<CreateKeyRequest> = {}): CreateKeyRequest => ({
  spec: "SYMMETRIC_DEFAULT",
  usage: "ENCRYPT_DECRYPT",
  description: "of a test",
  multiRegion: false,
  tags: { "byok:owner": owner, "byok:version": "1" },
  ...more,
});

async function importInto(port: KmsImportPort, keyId: string, material: Buffer): Promise<string | undefined> {
  const { publicKey, importToken } = await port.getParametersForImport(keyId, "RSAES_OAEP_SHA_256", "RSA_2048");
  const key = createPublicKey({ key: publicKey, format: "der", type: "spki" });
  const encryptedKeyMaterial = publicEncrypt(
    { key, oaepHash: "sha256", padding: constants.RSA_PKCS1_OAEP_PADDING },
    material,
  );
  return (await port.importKeyMaterial({ keyId, importToken, encryptedKeyMaterial })).keyMaterialId;
}

describe("over HTTPS, with the real SDK", () => {
  it("a key lives from its creation to its deletion", async () => {
    const { aws, kms, importing } = await setUp();
    const { arn, keyId, state } = await kms.createKey(request("me"));
    expect(state).toBe("PendingImport");
    const material = randomBytes(32);
    const keyMaterialId = await importInto(importing, arn, material);
    expect(keyMaterialId).toMatch(/^[0-9a-f]{64}$/);
    expect(await importInto(importing, arn, material)).toBe(keyMaterialId);
    expect(await kms.describeKey(keyId)).toMatchObject({ state: "Enabled", keyMaterialId, account: ACCOUNT });
    await kms.createAlias("alias/a", keyId);
    await kms.createAlias("alias/a", arn);
    expect(await kms.listAliases(arn)).toEqual(["alias/a"]);
    expect(await kms.aliasTarget("alias/a")).toBe(keyId);
    const other = await kms.createKey(request("other"));
    await importInto(importing, other.arn, randomBytes(32));
    await expect(kms.createAlias("alias/a", other.keyId)).rejects.toMatchObject({ code: "BYOK_AWS_ALREADY_EXISTS" });
    await kms.updateAlias("alias/a", other.keyId);
    expect(await kms.aliasTarget("alias/a")).toBe(other.keyId);
    expect(await kms.listAliases(keyId)).toEqual([]);
    await kms.tag(keyId, { team: "ledger" });
    await kms.untag(keyId, ["byok:version"]);
    expect(await kms.listTags(keyId)).toEqual({ "byok:owner": "me", team: "ledger" });
    await kms.setDescription(keyId, "renamed");
    await kms.disable(keyId);
    expect(await kms.describeKey(keyId)).toMatchObject({ state: "Disabled", description: "renamed" });
    await kms.enable(keyId);
    expect(JSON.parse(await kms.getPolicy(keyId))).toHaveProperty("Statement");
    await expect(kms.putPolicy(keyId, "{}")).rejects.toMatchObject({ code: "BYOK_AWS_POLICY_REFUSED" });
    expect(await kms.listGrants(keyId)).toEqual([]);
    expect(await kms.findByOwner("me")).toMatchObject([{ keyId, arn }]);
    expect(await kms.findByOwner("nobody")).toEqual([]);
    const date = await kms.scheduleDeletion(keyId, 7);
    expect((await kms.describeKey(keyId))?.deletionDate).toEqual(date);
    await kms.cancelDeletion(keyId);
    await kms.cancelDeletion(keyId);
    await kms.deleteAlias("alias/a");
    await kms.deleteAlias("alias/a");
    expect(await kms.aliasTarget("alias/a")).toBeUndefined();
    expect((await aws.admin.counters())["GetCallerIdentity"]).toBe(1);
  });

  it("other material, a foreign token and a garbled blob are told apart", async () => {
    const { kms, importing } = await setUp();
    const [one, other] = await Promise.all([kms.createKey(request("1")), kms.createKey(request("2"))]);
    await importInto(importing, one.arn, randomBytes(32));
    await expect(importInto(importing, one.arn, randomBytes(32))).rejects.toMatchObject({
      code: "BYOK_AWS_MATERIAL_REJECTED",
      message: saying("takes no other"),
    });
    const { importToken } = await importing.getParametersForImport(other.arn, "RSAES_OAEP_SHA_256", "RSA_2048");
    const blob = { importToken, encryptedKeyMaterial: randomBytes(256) };
    await expect(importing.importKeyMaterial({ keyId: one.arn, ...blob })).rejects.toMatchObject({
      code: "BYOK_AWS_IMPORT_TOKEN_EXPIRED",
    });
    await expect(importing.importKeyMaterial({ keyId: other.arn, ...blob })).rejects.toMatchObject({
      code: "BYOK_AWS_MATERIAL_REJECTED",
      message: saying("could not unwrap"),
    });
  });

  it("a key whose creation lost its answer is not made twice, and is found by its owner", async () => {
    const { aws, kms } = await setUp();
    await aws.admin.injectFault({ operation: "CreateKey", effect: { kind: "drop", when: "after" } });
    await expect(kms.createKey(request("lost"))).rejects.toMatchObject({ retryable: true });
    expect(await kms.findByOwner("lost")).toHaveLength(1);
    expect((await aws.admin.counters())["CreateKey"]).toBe(1);
  });

  it("other calls whose answers are lost succeed all the same", async () => {
    const { aws, kms, importing } = await setUp();
    const { arn, keyId } = await kms.createKey(request("me"));
    const lose = (operation: string): Promise<string> =>
      aws.admin.injectFault({ operation, effect: { kind: "drop", when: "after" } });
    await lose("ImportKeyMaterial");
    await importInto(importing, arn, randomBytes(32));
    await lose("CreateAlias");
    await kms.createAlias("alias/a", keyId);
    await lose("TagResource");
    await kms.tag(keyId, { a: "b" });
    await lose("DeleteAlias");
    await kms.deleteAlias("alias/a");
    await lose("ScheduleKeyDeletion");
    const date = await kms.scheduleDeletion(keyId, 30);
    expect((await kms.describeKey(keyId))?.deletionDate).toEqual(date);
    await lose("CancelKeyDeletion");
    await kms.cancelDeletion(keyId);
    expect((await kms.describeKey(keyId))?.state).toBe("Disabled");
  });

  it("faults of AWS and bare statuses of something in between are outlived", async () => {
    const { aws, kms } = await setUp();
    const { keyId } = await kms.createKey(request("me"));
    await aws.admin.injectFault({ effect: { kind: "error", code: "KMSInternalException", status: 500 }, times: 2 });
    await aws.admin.injectFault({ effect: { kind: "status", status: 502 } });
    await aws.admin.injectFault({ effect: { kind: "drop", when: "before" } });
    await aws.admin.injectFault({ effect: { kind: "error", code: "ThrottlingException" } });
    await expect(kms.describeKey(keyId)).resolves.toMatchObject({ keyId });
  });

  it("AWS's quotas are never exceeded, whatever is asked at once", async () => {
    // The tight quota is raised, so that the test does not take minutes.
    const quotas = {
      CreateKey: 5,
      CreateAlias: 5,
      GetParametersForImport: 2,
      ImportKeyMaterial: 5,
      TagResource: 10,
      DescribeKey: 2000,
    };
    const { aws, kms, importing } = await setUp({ quotas }, { quotas: { GetParametersForImport: 2 } });
    const began = performance.now();
    const life = async (number: number): Promise<void> => {
      expect(await kms.findByOwner(`owner-${String(number)}`)).toEqual([]);
      const { arn, keyId } = await kms.createKey(request(`owner-${String(number)}`));
      await importInto(importing, arn, randomBytes(32));
      await kms.createAlias(`alias/key-${String(number)}`, keyId);
      await Promise.all(Array.from({ length: 20 }, () => kms.describeKey(keyId)));
    };
    await Promise.all(Array.from({ length: 12 }, (_, number) => life(number)));
    const seconds = (performance.now() - began) / 1000;
    const errors = (await aws.admin.requestLog()).filter(({ error }) => error !== null);
    expect(errors).toEqual([]);
    expect(seconds).toBeGreaterThan(5.5);
    expect(seconds).toBeLessThan(9);
    expect((await aws.admin.counters())["ListKeys"]).toBe(1);
  });

  it("readers that see the past are not believed about what was just written", async () => {
    const { kms, importing } = await setUp({ eventualConsistencyMs: 1500 });
    const { arn, keyId } = await kms.createKey(request("me"));
    expect(await kms.describeKey(keyId)).toMatchObject({ keyId });
    expect(await kms.listTags(keyId)).toMatchObject({ "byok:owner": "me" });
    await kms.createAlias("alias/a", keyId);
    expect(await kms.aliasTarget("alias/a")).toBe(keyId);
    expect(await kms.listAliases(keyId)).toEqual(["alias/a"]);
    await importInto(importing, arn, randomBytes(32));
  });
});

describe("who calls", () => {
  it("is refused as another account than the connection names, before anything is asked of KMS", async () => {
    const { aws, connection } = await setUp();
    const configValues = { "test:id": account.accessKeyId, "test:secret": account.secretAccessKey };
    const wrong = openKms({ ...connection, account: "999988887777" }, { configValues });
    await expect(wrong.createKey(request("me"))).rejects.toMatchObject({ code: "BYOK_AWS_WRONG_ACCOUNT" });
    expect((await aws.admin.counters())["CreateKey"]).toBeUndefined();
  });

  it("learns which permission is missing", async () => {
    const iamPolicy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: ["kms:List*", "kms:Describe*"], Resource: "*" }],
    });
    const { kms } = await setUp({ accounts: [{ ...account, iamPolicy }] });
    await expect(kms.createKey(request("me"))).rejects.toMatchObject({
      code: "BYOK_AWS_ACCESS_DENIED",
      message: saying("no permission kms:CreateKey"),
    });
    await expect(kms.describeKey("11111111-2222-3333-4444-555555555555")).resolves.toBeUndefined();
  });

  it("goes on with rotated credentials, and is told when they are wrong", async () => {
    const csv = join(folder, "rotated.csv");
    const write = (id: string, secret: string): void => {
      writeFileSync(csv, `Access key ID,Secret access key\r\n${id},${secret}\r\n`);
      chmodSync(csv, 0o600);
    };
    const { connection } = await setUp();
    const port = openKms({ ...connection, credentials: { csv: `file:${csv}` } }, { configValues: {} });
    write("AKIAUNKNOWN", "local-secret");
    await expect(port.callerIdentity()).rejects.toMatchObject({ code: "BYOK_AWS_CREDENTIALS" });
    write(account.accessKeyId, account.secretAccessKey);
    await expect(port.callerIdentity()).resolves.toMatchObject({ account: ACCOUNT });
    const mistyped = openKms(connection, {
      configValues: { "test:id": account.accessKeyId, "test:secret": "mistyped" },
    });
    const error: unknown = await mistyped.callerIdentity().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "BYOK_AWS_CREDENTIALS", message: saying("does not fit") });
    expect(JSON.stringify(error)).not.toContain("mistyped");
  });
});

describe("client certificates", () => {
  it("are shown where they are asked for, and missed with a hint where not", async () => {
    const { aws, connection, kms } = await setUp({ clientCertificates: true });
    await expect(kms.callerIdentity()).rejects.toMatchObject({ code: saying("BYOK_AWS_") });
    const { certificate, key } = await aws.issueClientCertificate("me");
    const clientCertFile = join(folder, "client.pem");
    const clientKeyFile = join(folder, "client-key.pem");
    writeFileSync(clientCertFile, certificate);
    writeFileSync(clientKeyFile, key);
    const port = openKms(
      { ...connection, tls: { ...connection.tls, clientCertFile, clientKeyFile } },
      { configValues: { "test:id": account.accessKeyId, "test:secret": account.secretAccessKey } },
    );
    await expect(port.callerIdentity()).resolves.toMatchObject({ account: ACCOUNT });
  });
});

describe("a target that does not answer", () => {
  it("is told with its host, soon", async () => {
    const { aws, kms } = await setUp();
    await aws.close();
    const began = performance.now();
    await expect(kms.callerIdentity()).rejects.toMatchObject({
      code: "BYOK_AWS_UNREACHABLE",
      message: saying("127.0.0.1"),
    });
    expect(performance.now() - began).toBeLessThan(8000);
  });
});
