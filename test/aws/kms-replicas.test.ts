import { kmsPort } from "../../provider/aws/open-kms";
import { defaultKeyPolicy } from "../../provider/model/key-policy";
import { ACCOUNT, awsError, FakeAws, metadata, networkError } from "./fake-aws";

const KEY = "mrk-11111111222233334444555555555555";
const request = { keyId: KEY, region: "eu-west-1", description: "far", tags: { a: "b" } } as const;
const made = { ReplicaKeyMetadata: metadata(KEY) };
const taken = awsError("AlreadyExistsException");
const own = JSON.stringify({ Version: "2012-10-17", Statement: [] });
const member = (Region: string): { readonly Arn: string; readonly Region: string } => ({
  Arn: `arn:aws:kms:${Region}:${ACCOUNT}:key/${KEY}`,
  Region,
});
const described = (primary: string): { readonly KeyMetadata: ReturnType<typeof metadata> } => ({
  KeyMetadata: metadata(KEY, {
    Arn: member("eu-central-1").Arn,
    MultiRegion: true,
    MultiRegionConfiguration: {
      MultiRegionKeyType: primary === "eu-central-1" ? "PRIMARY" : "REPLICA",
      PrimaryKey: member(primary),
      ReplicaKeys: ["eu-central-1", "eu-west-1"].filter((each) => each !== primary).map(member),
    },
  }),
});

describe("ReplicateKey", () => {
  it("is told apart from a replica that was there, also after a lost answer", async () => {
    const answers = { first: [made], second: [taken], third: [networkError("ECONNRESET"), taken] };
    for (const [list, outcome] of [
      [answers.first, "made"],
      [answers.second, "found"],
      [answers.third, "found"],
    ] as const) {
      const aws = new FakeAws({ ReplicateKey: list });
      expect(await aws.time.run(kmsPort(aws.caller()).replicateKey(request))).toBe(outcome);
    }
  });

  it("fails with anything else that AWS says", async () => {
    const aws = new FakeAws({ ReplicateKey: [awsError("DisabledException")] });
    await expect(aws.time.run(kmsPort(aws.caller()).replicateKey(request))).rejects.toMatchObject({
      code: "BYOK_AWS_INVALID_STATE",
    });
  });

  it("takes a policy of one's own along, and leaves the default one to AWS", async () => {
    for (const [policy, sent] of [
      [own, own],
      [defaultKeyPolicy("aws", ACCOUNT), undefined],
      [undefined, undefined],
    ] as const) {
      const aws = new FakeAws({ ReplicateKey: [made] });
      await aws.time.run(
        kmsPort(aws.caller()).replicateKey({ ...request, ...(policy === undefined ? {} : { policy }) }),
      );
      const input = aws.log.find(({ api }) => api === "ReplicateKey")?.input as { Policy?: string };
      expect(input).toMatchObject({ KeyId: KEY, ReplicaRegion: "eu-west-1", Tags: [{ TagKey: "a", TagValue: "b" }] });
      expect(input.Policy).toBe(sent);
    }
  });
});

describe("a replica that another Region's call has made", () => {
  it("is waited for once it is expected", async () => {
    const notFound = awsError("NotFoundException");
    const aws = new FakeAws({ DescribeKey: [notFound, notFound, notFound, described("eu-west-1")] });
    const port = kmsPort(aws.caller());
    await aws.time.run(port.expectKey(KEY));
    expect(await aws.time.run(port.describeKey(KEY))).toMatchObject({ keyId: KEY, primaryRegion: "eu-west-1" });
  });
});

describe("the primary of a multi-Region key", () => {
  it("is known to each member, and its replicas to the primary alone", async () => {
    for (const [primary, replicas] of [
      ["eu-central-1", ["eu-west-1"]],
      ["eu-west-1", undefined],
    ] as const) {
      const aws = new FakeAws({ DescribeKey: [described(primary)] });
      const facts = await aws.time.run(kmsPort(aws.caller()).describeKey(KEY));
      expect([facts?.primaryRegion, facts?.replicaRegions]).toEqual([primary, replicas]);
    }
  });

  it("that moved although the answer was lost is not asked to move again", async () => {
    const refused = awsError("UnsupportedOperationException");
    const aws = new FakeAws({
      UpdatePrimaryRegion: [networkError("ECONNRESET"), refused],
      DescribeKey: [described("eu-west-1")],
    });
    await aws.time.run(kmsPort(aws.caller()).updatePrimaryRegion(KEY, "eu-west-1"));
    const not = new FakeAws({
      UpdatePrimaryRegion: [networkError("ECONNRESET"), refused],
      DescribeKey: [described("eu-central-1")],
    });
    await expect(not.time.run(kmsPort(not.caller()).updatePrimaryRegion(KEY, "eu-west-1"))).rejects.toThrow();
  });
});
