import { DescribeKeyCommand, GetParametersForImportCommand, KMSClient, ListKeysCommand } from "@aws-sdk/client-kms";
import type { LocalAws } from "../../provider/local";
import { QuotaKeeper, awsQuotas } from "../../provider/local/http/quotas";
import { endClouds, startCloud, targetOf } from "./cloud-fixture";
import { createExternal, createKey, kmsClient, refusalOf } from "./kms-client";

let cloud: LocalAws;
let kms: KMSClient;

beforeEach(async () => {
  cloud = await startCloud();
  kms = kmsClient(targetOf(cloud));
});
afterEach(endClouds);

describe("a fault", () => {
  it("hits the next request of its operation, once", async () => {
    await cloud.admin.injectFault({
      operation: "CreateKey",
      effect: { kind: "error", code: "ThrottlingException", message: "Rate exceeded" },
    });
    await kms.send(new ListKeysCommand({}));
    expect(await refusalOf(createKey(kms))).toEqual({
      name: "ThrottlingException",
      message: "Rate exceeded",
      status: 400,
    });
    await createKey(kms);
  });

  it("hits as often as asked, after as many as asked have passed", async () => {
    await cloud.admin.injectFault({
      operation: "ListKeys",
      skip: 1,
      times: 2,
      effect: { kind: "status", status: 503 },
    });
    for (let count = 0; count < 4; count++) await kms.send(new ListKeysCommand({})).catch(() => undefined);
    const outcomes = (await cloud.admin.requestLog()).map((entry) => entry.status);
    expect(outcomes).toEqual([200, 503, 503, 200]);
  });

  it("is retried away by the SDK as the real one is", async () => {
    await cloud.admin.injectFault({
      operation: "ListKeys",
      times: 2,
      effect: { kind: "error", code: "KMSInternalException", status: 500 },
    });
    const patient = new KMSClient({ region: "eu-central-1", ...targetOf(cloud), maxAttempts: 3 });
    expect((await patient.send(new ListKeysCommand({}))).$metadata.attempts).toBe(3);
    patient.destroy();
  });

  it("can be for one key, named by id, ARN or alias", async () => {
    const [hit, spared] = [await createKey(kms), await createKey(kms)];
    await cloud.admin.injectFault({
      keyId: hit.KeyId,
      times: "always",
      effect: { kind: "error", code: "KMSInternalException", status: 500 },
    });
    await kms.send(new DescribeKeyCommand({ KeyId: spared.KeyId }));
    for (const KeyId of [hit.KeyId, hit.Arn]) {
      expect((await refusalOf(kms.send(new DescribeKeyCommand({ KeyId })))).status).toBe(500);
    }
    await cloud.admin.clearFaults();
    await kms.send(new DescribeKeyCommand({ KeyId: hit.KeyId }));
  });

  it.each([
    ["before", 0],
    ["after", 1],
  ] as const)("drops the connection %s the operation: %i keys are there", async (when, count) => {
    await cloud.admin.injectFault({ operation: "CreateKey", effect: { kind: "drop", when } });
    const refusal = await refusalOf(createKey(kms));
    expect(refusal.status).toBeUndefined();
    expect((await kms.send(new ListKeysCommand({}))).Keys).toHaveLength(count);
    expect(await cloud.admin.requestLog()).toContainEqual(
      expect.objectContaining({ operation: "CreateKey", status: null }),
    );
  });

  it("makes an answer late", async () => {
    await cloud.admin.injectFault({ operation: "ListKeys", effect: { kind: "slow", milliseconds: 300 } });
    const before = performance.now();
    await kms.send(new ListKeysCommand({}));
    expect(performance.now() - before).toBeGreaterThan(290);
  });

  it("keeps a client waiting until it gives up", async () => {
    await cloud.admin.injectFault({ operation: "ListKeys", effect: { kind: "hang", when: "before" } });
    const signal = AbortSignal.timeout(200);
    const refusal = await refusalOf(kms.send(new ListKeysCommand({}), { abortSignal: signal }));
    expect(refusal.name).toBe("AbortError");
  });

  it("that makes no sense is refused", async () => {
    const senseless = { effect: { kind: "status", status: 200 } } as const;
    await expect(async () => cloud.admin.injectFault(senseless)).rejects.toThrow();
  });
});

describe("the request log", () => {
  it("tells operation, account, Region, key, status and error, and never a body", async () => {
    const key = await createKey(kms, { Description: "a secret description" });
    await refusalOf(kms.send(new DescribeKeyCommand({ KeyId: "nothing" })));
    const log = await cloud.admin.requestLog();
    expect(log).toMatchObject([
      {
        service: "kms",
        operation: "CreateKey",
        account: "111122223333",
        region: "eu-central-1",
        keyId: key.KeyId,
        status: 200,
        error: null,
      },
      { operation: "DescribeKey", keyId: "nothing", status: 400, error: "NotFoundException" },
    ]);
    expect(JSON.stringify(log)).not.toContain("a secret description");
    expect(await cloud.admin.counters()).toEqual({ CreateKey: 1, DescribeKey: 1 });
    await cloud.admin.clearLog();
    expect(await cloud.admin.counters()).toEqual({});
  });
});

describe("quotas", () => {
  it("throttle a client that is faster than AWS allows, per account and Region", async () => {
    const limited = await startCloud({ quotas: "aws" });
    const client = kmsClient(targetOf(limited));
    const key = await createExternal(client);
    const parameters = new GetParametersForImportCommand({
      KeyId: key.KeyId,
      WrappingAlgorithm: "RSAES_OAEP_SHA_256",
      WrappingKeySpec: "RSA_2048",
    });
    await client.send(parameters);
    expect(await refusalOf(client.send(parameters))).toMatchObject({ name: "ThrottlingException", status: 400 });
    const elsewhere = kmsClient(targetOf(limited), "eu-west-1");
    expect((await refusalOf(elsewhere.send(parameters))).name).toBe("NotFoundException");
  });

  it("let a client through that keeps to the rate, and hold the mean rate against one that is always early", () => {
    let now = 0;
    const keeper = new QuotaKeeper(awsQuotas, () => now);
    const refusedAt = (distance: number): number => {
      let refused = 0;
      for (let count = 0; count < 40; count++) {
        if (!keeper.take("a/r", "GetParametersForImport")) refused += 1;
        now += distance;
      }
      return refused;
    };
    expect(refusedAt(4000)).toBe(0);
    expect(refusedAt(3910)).toBeGreaterThan(0);
  });

  it("leave alone what they do not name", () => {
    const keeper = new QuotaKeeper({ CreateKey: 1 }, () => 0);
    for (let count = 0; count < 1000; count++) expect(keeper.take("a/r", "Encrypt")).toBe(true);
    expect(keeper.take("a/r", "CreateKey")).toBe(true);
    expect(keeper.take("a/r", "CreateKey")).toBe(false);
    expect(keeper.take("a/other", "CreateKey")).toBe(true);
  });
});
