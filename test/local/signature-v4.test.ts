import { KMSClient, ListKeysCommand } from "@aws-sdk/client-kms";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { alice, bob, endClouds, startCloud, targetOf } from "./cloud-fixture";
import { createKey, kmsClient, refusalOf } from "./kms-client";

afterEach(endClouds);

function sts(endpoint: string, credentials: { accessKeyId: string; secretAccessKey: string }, more = {}): STSClient {
  return new STSClient({ region: "eu-central-1", endpoint, credentials, maxAttempts: 1, ...more });
}

describe("a signature", () => {
  it("is verified against the secret of its access key", async () => {
    const cloud = await startCloud();
    const { endpoint } = targetOf(cloud);
    const credentials = { accessKeyId: alice.accessKeyId, secretAccessKey: "another secret" };
    expect(await refusalOf(kmsClient({ endpoint, credentials }).send(new ListKeysCommand({})))).toMatchObject({
      name: "InvalidSignatureException",
      status: 400,
    });
    expect(await refusalOf(sts(endpoint, credentials).send(new GetCallerIdentityCommand({})))).toMatchObject({
      name: "SignatureDoesNotMatch",
      status: 403,
    });
  });

  it("of an unknown access key is refused under the service's own name", async () => {
    const { endpoint } = await startCloud();
    const credentials = { accessKeyId: "AKIANOBODY", secretAccessKey: "x" };
    expect(await refusalOf(kmsClient({ endpoint, credentials }).send(new ListKeysCommand({})))).toEqual({
      name: "UnrecognizedClientException",
      message: "The security token included in the request is invalid.",
      status: 400,
    });
    expect(await refusalOf(sts(endpoint, credentials).send(new GetCallerIdentityCommand({})))).toMatchObject({
      name: "InvalidClientTokenId",
      status: 403,
    });
  });

  it("is for one Region, which has to exist", async () => {
    const cloud = await startCloud();
    const refusal = await refusalOf(kmsClient(targetOf(cloud), "eu-nowhere-1").send(new ListKeysCommand({})));
    expect(refusal).toMatchObject({ name: "InvalidSignatureException", status: 400 });
    expect(refusal.message).toContain("Credential should be scoped to a valid region");
  });

  it("expires with real time, also when the cloud's clock runs ahead", async () => {
    const cloud = await startCloud();
    await cloud.admin.advanceClock({ days: 400 });
    await createKey(kmsClient(targetOf(cloud)));
    const late = new KMSClient({
      region: "eu-central-1",
      ...targetOf(cloud),
      maxAttempts: 1,
      systemClockOffset: -360_000,
    });
    const refusal = await refusalOf(late.send(new ListKeysCommand({})));
    expect(refusal.name).toBe("InvalidSignatureException");
    expect(refusal.message).toMatch(/^Signature expired: \d{8}T\d{6}Z is now earlier than/);
  });

  it("covers the body", async () => {
    const cloud = await startCloud();
    const client = new KMSClient({ region: "eu-central-1", ...targetOf(cloud), maxAttempts: 1 });
    client.middlewareStack.add(
      (next) => (args) => {
        if (typeof args.request === "object" && args.request !== null && "body" in args.request)
          args.request.body = '{"Limit":3}';
        return next(args);
      },
      { step: "finalizeRequest", priority: "low", name: "tamper" },
    );
    expect((await refusalOf(client.send(new ListKeysCommand({ Limit: 2 })))).name).toBe("InvalidSignatureException");
  });

  it("is asked for", async () => {
    const { endpoint } = await startCloud();
    const response = await fetch(endpoint, {
      method: "POST",
      headers: { "x-amz-target": "TrentService.ListKeys" },
      body: "{}",
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: "MissingAuthenticationTokenException" });
  });

  it("that misses a part is incomplete", async () => {
    const { endpoint } = await startCloud();
    const headers = {
      "x-amz-target": "TrentService.ListKeys",
      authorization: "AWS4-HMAC-SHA256 Credential=AKIA/20260101",
    };
    const response = await fetch(endpoint, { method: "POST", headers, body: "{}" });
    expect(await response.json()).toMatchObject({ __type: "IncompleteSignatureException" });
  });

  it("of temporary credentials needs their session token", async () => {
    const temporary = { ...alice, sessionToken: "session", arn: "arn:aws:sts::111122223333:assumed-role/deploy/ci" };
    const cloud = await startCloud({ accounts: [temporary] });
    const { endpoint } = cloud;
    const { accessKeyId, secretAccessKey } = alice;
    const client = sts(endpoint, targetOf(cloud, temporary).credentials);
    expect((await client.send(new GetCallerIdentityCommand({}))).Arn).toBe(temporary.arn);
    expect(
      (await refusalOf(sts(endpoint, { accessKeyId, secretAccessKey }).send(new GetCallerIdentityCommand({})))).name,
    ).toBe("InvalidClientTokenId");
  });

  it("tells the accounts apart: each sees its own keys only", async () => {
    const cloud = await startCloud();
    const key = await createKey(kmsClient(targetOf(cloud, alice)));
    const [ofAlice, ofBob] = await Promise.all(
      [alice, bob].map((account) => kmsClient(targetOf(cloud, account)).send(new ListKeysCommand({}))),
    );
    expect(ofAlice?.Keys?.map((entry) => entry.KeyId)).toEqual([key.KeyId]);
    expect(ofBob?.Keys).toEqual([]);
  });
});

describe("a request that is no AWS request", () => {
  it("for an operation that does not exist is refused", async () => {
    const cloud = await startCloud();
    const client = kmsClient(targetOf(cloud));
    client.middlewareStack.add(
      (next) => (args) => {
        const { request } = args;
        if (typeof request === "object" && request !== null && "headers" in request) {
          Object.assign(Object(request.headers), { "x-amz-target": "TrentService.FlyToTheMoon" });
        }
        return next(args);
      },
      { step: "build", priority: "low", name: "retarget" },
    );
    expect((await refusalOf(client.send(new ListKeysCommand({})))).name).toBe("UnknownOperationException");
  });
});
