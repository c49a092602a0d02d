import { ByokError } from "../../provider/model/errors";
import { awsError, FakeAws, metadata, networkError } from "./fake-aws";

const described = { KeyMetadata: metadata("key-1") };

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ByokError) return error.code;
    throw error;
  }
  return "no error";
}

describe("a call", () => {
  it.each([
    ["throttled by KMS", awsError("ThrottlingException")],
    ["throttled by status", awsError("Whatever", "", 429)],
    ["met by an internal fault", awsError("KMSInternalException", "", 500)],
    ["met by a bare 503", awsError("Unknown", "", 503)],
    ["not finished in time", awsError("DependencyTimeoutException", "", 503)],
    ["cut off", networkError("ECONNRESET")],
    ["refused a connection once", networkError("ECONNREFUSED")],
  ])("is repeated when it was %s", async (_name, error) => {
    const aws = new FakeAws({ DescribeKey: [error, error, described] });
    const call = aws.caller().call("DescribeKey", { KeyId: "key-1" });
    expect(await aws.time.run(call)).toBe(described);
    expect(aws.count("DescribeKey")).toBe(3);
  });

  it.each([
    awsError("AccessDeniedException"),
    awsError("ValidationException"),
    awsError("NotFoundException"),
    networkError("SELF_SIGNED_CERT_IN_CHAIN"),
    networkError("ERR_TLS_CERT_ALTNAME_INVALID"),
  ])("is not repeated after %s", async (error) => {
    const aws = new FakeAws({ DescribeKey: [error] });
    await expect(aws.time.run(aws.caller().call("DescribeKey", { KeyId: "key-1" }))).rejects.toThrow(ByokError);
    expect(aws.count("DescribeKey")).toBe(1);
  });

  it("that was answered late keeps the next one back for as much longer, since it may have arrived late", async () => {
    const lasts = [20, 520, 20];
    const aws: FakeAws = new FakeAws({
      DisableKey: () => {
        aws.time.pass(lasts[aws.count("DisableKey") - 1] ?? 0);
        return {};
      },
    });
    const caller = aws.caller({ quotas: { DisableKey: 0.25 } });
    for (let calls = 0; calls < lasts.length; calls += 1)
      await aws.time.run(caller.call("DisableKey", { KeyId: "key-1" }));
    const starts = aws.log.filter(({ api }) => api === "DisableKey").map(({ at }) => at);
    expect(starts).toEqual([0, 4050, 8550]);
  });

  it("gives up soon when nobody listens, and after minutes when AWS keeps throttling", async () => {
    const refused = new FakeAws({ DescribeKey: [networkError("ECONNREFUSED")] });
    expect(await codeOf(refused.time.run(refused.caller().call("DescribeKey", { KeyId: "k" })))).toBe(
      "BYOK_AWS_UNREACHABLE",
    );
    expect(refused.time.now()).toBeLessThan(10_000);
    const throttled = new FakeAws({ DescribeKey: [awsError("ThrottlingException")] });
    expect(await codeOf(throttled.time.run(throttled.caller().call("DescribeKey", { KeyId: "k" })))).toBe(
      "BYOK_AWS_THROTTLED",
    );
    expect(throttled.time.now()).toBeGreaterThan(60_000);
  });

  it("waits for any time up to a limit that doubles", async () => {
    const fault = awsError("KMSInternalException", "", 500);
    const aws = new FakeAws({ DescribeKey: [fault, fault, fault, described] });
    await aws.time.run(aws.caller().call("DescribeKey", { KeyId: "key-1" }));
    // The fake's chance always answers one half.
    expect(aws.time.sleeps.slice(0, 3)).toEqual([50, 100, 200]);
  });

  it("that could do something twice is not repeated once its answer is lost, but is when it was throttled", async () => {
    const input = { KeySpec: "SYMMETRIC_DEFAULT" } as const;
    for (const error of [
      networkError("ECONNRESET"),
      awsError("KMSInternalException", "", 500),
      networkError("ETIMEDOUT"),
    ]) {
      const aws = new FakeAws({ CreateKey: [error] });
      const call = aws.time.run(aws.caller().call("CreateKey", input, { repeatable: false }));
      await expect(call).rejects.toMatchObject({ retryable: true });
      expect(aws.count("CreateKey")).toBe(1);
    }
    const throttled = new FakeAws({
      CreateKey: [awsError("ThrottlingException"), networkError("ECONNREFUSED"), described],
    });
    await throttled.time.run(throttled.caller().call("CreateKey", input, { repeatable: false }));
    expect(throttled.count("CreateKey")).toBe(3);
  });

  it("renews credentials that have expired, once", async () => {
    const expired = awsError("ExpiredTokenException");
    const renewed = new FakeAws({ DescribeKey: [expired, described] });
    renewed.renewable = true;
    expect(await renewed.time.run(renewed.caller().call("DescribeKey", { KeyId: "key-1" }))).toBe(described);
    const same = new FakeAws({ DescribeKey: [expired] });
    expect(await codeOf(same.time.run(same.caller().call("DescribeKey", { KeyId: "key-1" })))).toBe(
      "BYOK_AWS_CREDENTIALS",
    );
    expect([same.renewals, same.count("DescribeKey")]).toEqual([1, 1]);
    const again = new FakeAws({ DescribeKey: [expired] });
    again.renewable = true;
    expect(await codeOf(again.time.run(again.caller().call("DescribeKey", { KeyId: "key-1" })))).toBe(
      "BYOK_AWS_CREDENTIALS",
    );
    expect(again.count("DescribeKey")).toBe(2);
  });

  it("is made only as the connection's own account, which is asked once", async () => {
    const aws = new FakeAws({ DescribeKey: [described] });
    const right = aws.caller();
    await aws.time.run(Promise.all([1, 2, 3].map(() => right.call("DescribeKey", { KeyId: "key-1" }))));
    expect(aws.count("GetCallerIdentity")).toBe(1);
    const wrong = new FakeAws({ DescribeKey: [described] });
    const call = wrong.time.run(wrong.caller({ account: "999988887777" }).call("DescribeKey", { KeyId: "key-1" }));
    expect(await codeOf(call)).toBe("BYOK_AWS_WRONG_ACCOUNT");
    expect(wrong.count("DescribeKey")).toBe(0);
  });

  it("asks again who it is after a failure and after credentials were renewed", async () => {
    const identity = { Account: "111122223333", Arn: "arn:aws:iam::111122223333:user/test" };
    const aws = new FakeAws({ GetCallerIdentity: [awsError("AccessDenied"), identity] });
    const caller = aws.caller();
    expect(await codeOf(aws.time.run(caller.callerIdentity()))).toBe("BYOK_AWS_ACCESS_DENIED");
    await aws.time.run(caller.callerIdentity());
    await aws.time.run(caller.callerIdentity());
    expect(aws.count("GetCallerIdentity")).toBe(2);
    aws.generation += 1;
    await aws.time.run(caller.callerIdentity());
    expect(aws.count("GetCallerIdentity")).toBe(3);
  });

  it("is spaced with the calls of other ports to the same account and Region, and with those only", async () => {
    const aws = new FakeAws({ EnableKey: [{}] });
    const [one, other] = [aws.caller(), aws.caller()];
    const elsewhere = aws.caller({ region: "eu-west-1" });
    const calls = [one, other, one, elsewhere].map((caller) => caller.call("EnableKey", { KeyId: "key-1" }));
    await aws.time.run(Promise.all(calls));
    expect(aws.log.filter(({ api }) => api === "EnableKey").map(({ at }) => at)).toEqual([0, 0, 206, 412]);
  });

  it("follows the quotas that the connection names", async () => {
    const aws = new FakeAws({ EnableKey: [{}] });
    const caller = aws.caller({ quotas: { EnableKey: 1 } });
    await aws.time.run(Promise.all([1, 2].map(() => caller.call("EnableKey", { KeyId: "key-1" }))));
    expect(aws.time.now()).toBe(1030);
  });

  it("may wait in the queue longer than it may fail", async () => {
    const fault = awsError("KMSInternalException", "", 500);
    let calls = 0;
    const aws = new FakeAws({ EnableKey: () => ((calls += 1) % 2 === 1 ? fault : {}) });
    const caller = aws.caller({ quotas: { EnableKey: 0.01 } });
    await aws.time.run(Promise.all([1, 2, 3].map(() => caller.call("EnableKey", { KeyId: "key-1" }))));
    expect(aws.time.now()).toBeGreaterThan(300_000);
  });

  it("ends at once when it is stopped, with the reason that was given", async () => {
    const stop = new AbortController();
    const aws = new FakeAws({ EnableKey: [{}] });
    const caller = aws.caller({ quotas: { EnableKey: 0.01 } }, { signal: stop.signal });
    await aws.time.run(caller.call("EnableKey", { KeyId: "key-1" }));
    const second = caller.call("EnableKey", { KeyId: "key-1" });
    setImmediate(() => {
      stop.abort(new ByokError("BYOK_ENGINE_LOST", "The engine is gone."));
    });
    expect(await codeOf(second)).toBe("BYOK_ENGINE_LOST");
    expect(aws.count("EnableKey")).toBe(1);
  });
});
