import type { OutputOf } from "../../provider/aws/aws-calls";
import { inOrder } from "../../provider/network/in-order";
import { kmsInventoryPort } from "../../provider/aws/open-kms-inventory";
import type { ListedKey, ListingOptions } from "../../provider/model/ports/kms-inventory";
import { arnOf, awsError, FakeAws, metadata, tagList } from "./fake-aws";

const denied = awsError("AccessDeniedException");
const notFound = awsError("NotFoundException");
const keys = (...ids: readonly string[]): OutputOf<"ListKeys"> => ({
  Keys: ids.map((id) => ({ KeyId: id, KeyArn: arnOf(id) })),
  Truncated: false,
});
const noAliases: OutputOf<"ListAliases"> = { Aliases: [], Truncated: false };

type Answers = ConstructorParameters<typeof FakeAws>[0];
const account = (answers: Answers): FakeAws =>
  new FakeAws({
    ListKeys: [keys("one")],
    ListAliases: [noAliases],
    DescribeKey: (input) => ({ KeyMetadata: metadata(String(input.KeyId)) }),
    ListResourceTags: [tagList({})],
    ...answers,
  });

async function listed(aws: FakeAws, options: ListingOptions = {}): Promise<readonly ListedKey[]> {
  const all = async (): Promise<readonly ListedKey[]> => {
    const found: ListedKey[] = [];
    for await (const key of kmsInventoryPort(aws.caller()).keys(options)) found.push(key);
    return found;
  };
  return aws.time.run(all());
}

describe("listing an account and Region", () => {
  it("follows every page, in the order of ListKeys, and lists the aliases of all keys together", async () => {
    const aws = account({
      ListKeys: [{ ...keys("one", "two"), Truncated: true, NextMarker: "m" }, keys("three")],
      ListAliases: [
        { Aliases: [{ AliasName: "alias/a", TargetKeyId: "two" }], Truncated: true, NextMarker: "m" },
        { Aliases: [{ AliasName: "alias/b", TargetKeyId: "two" }, { AliasName: "alias/aws/s3" }], Truncated: false },
      ],
      ListResourceTags: (input) => tagList({ name: String(input.KeyId) }),
    });
    expect((await listed(aws)).map(({ keyId, aliases, tags }) => ({ keyId, aliases, tags }))).toEqual([
      { keyId: "one", aliases: [], tags: { name: "one" } },
      { keyId: "two", aliases: ["alias/a", "alias/b"], tags: { name: "two" } },
      { keyId: "three", aliases: [], tags: { name: "three" } },
    ]);
    expect([aws.count("ListAliases"), aws.count("DescribeKey"), aws.count("ListResourceTags")]).toEqual([2, 3, 3]);
  });

  it("lists every key of thousands, and never more calls a second than the quota", async () => {
    const ids = Array.from({ length: 5000 }, (_, index) => `key-${index}`);
    const aws = account({
      ListKeys: (input) => {
        const start = Number(input.Marker ?? 0);
        return {
          ...keys(...ids.slice(start, start + 1000)),
          Truncated: start < 4000,
          NextMarker: String(start + 1000),
        };
      },
    });
    expect((await listed(aws)).map(({ keyId }) => keyId)).toEqual(ids);
    const began = aws.log.filter(({ api }) => api === "DescribeKey").map(({ at }) => at);
    const [first = 0, last = 0] = [began[0], began.at(-1)];
    expect(last - first).toBeGreaterThan(2400);
    expect(last - first).toBeLessThan(2500 * 1.1);
  });

  it("tells the place of a multi-Region key among its relatives", async () => {
    const relative = (Region: string): { Arn: string; Region: string } => ({ Arn: `arn:${Region}`, Region });
    const MultiRegionConfiguration = {
      MultiRegionKeyType: "REPLICA",
      PrimaryKey: relative("eu-west-1"),
      ReplicaKeys: [relative("eu-central-1"), relative("us-east-1")],
    } as const;
    const KeyMetadata = metadata("one", {
      MultiRegion: true,
      MultiRegionConfiguration: { ...MultiRegionConfiguration, ReplicaKeys: [...MultiRegionConfiguration.ReplicaKeys] },
    });
    const [key] = await listed(account({ DescribeKey: [{ KeyMetadata }] }));
    expect(key?.multiRegion).toEqual({
      role: "REPLICA",
      primary: "arn:eu-west-1",
      replicas: ["arn:eu-central-1", "arn:us-east-1"],
    });
  });

  it("asks AWS's own keys neither for tags nor for their rotation", async () => {
    const aws = account({
      DescribeKey: [{ KeyMetadata: metadata("one", { KeyManager: "AWS", Origin: "AWS_KMS" }) }],
    });
    expect(await listed(aws, { rotations: true })).toMatchObject([{ tags: {}, rotation: { automatic: "AWS" } }]);
    expect(aws.count("ListResourceTags") + aws.count("ListKeyRotations")).toBe(0);
  });

  it("asks for automatic rotation only where there can be one", async () => {
    const at = new Date(1_800_000_000_000);
    const aws = account({
      ListKeys: [keys("imported", "rsa", "native", "off")],
      DescribeKey: ({ KeyId }) => ({
        KeyMetadata: metadata(String(KeyId), {
          Origin: KeyId === "imported" ? "EXTERNAL" : "AWS_KMS",
          KeySpec: KeyId === "rsa" ? "RSA_2048" : "SYMMETRIC_DEFAULT",
        }),
      }),
      GetKeyRotationStatus: ({ KeyId }) =>
        KeyId === "off"
          ? { KeyRotationEnabled: false }
          : { KeyRotationEnabled: true, RotationPeriodInDays: 90, NextRotationDate: at },
    });
    expect((await listed(aws)).map(({ rotation }) => rotation)).toEqual([
      { automatic: "not possible" },
      { automatic: "not possible" },
      { automatic: "on", periodInDays: 90, nextAt: at },
      { automatic: "off" },
    ]);
    expect(aws.count("GetKeyRotationStatus")).toBe(2);
    expect(aws.count("ListKeyRotations")).toBe(0);
  });

  it("counts the rotations so far of symmetric keys where that is asked for", async () => {
    const [early, late] = [new Date(1_700_000_000_000), new Date(1_800_000_000_000)];
    const aws = account({
      ListKeyRotations: [
        {
          Rotations: [
            { RotationDate: late, RotationType: "ON_DEMAND" },
            { RotationDate: early, RotationType: "AUTOMATIC" },
          ],
          Truncated: false,
        },
      ],
    });
    expect(await listed(aws, { rotations: true })).toMatchObject([
      { rotation: { automatic: "not possible", done: { count: 2, onDemand: 1, latestAt: late } } },
    ]);
  });

  it("lists a key of which something may not be read, and says what", async () => {
    const aws = account({
      ListKeys: [keys("closed", "untold", "open")],
      DescribeKey: ({ KeyId }) => (KeyId === "closed" ? denied : { KeyMetadata: metadata(String(KeyId)) }),
      ListResourceTags: ({ KeyId }) => (KeyId === "open" ? tagList({}) : denied),
    });
    const found = await listed(aws);
    expect(found.map((key) => key.denied)).toEqual([
      ["kms:DescribeKey", "kms:ListResourceTags"],
      ["kms:ListResourceTags"],
      [],
    ]);
    expect(found[0]).not.toHaveProperty("facts");
    expect(found[1]).not.toHaveProperty("tags");
  });

  it("leaves out a key that is gone by the time it is read", async () => {
    const aws = account({
      ListKeys: [keys("one", "two")],
      DescribeKey: ({ KeyId }) => (KeyId === "one" ? notFound : { KeyMetadata: metadata(String(KeyId)) }),
    });
    expect((await listed(aws)).map(({ keyId }) => keyId)).toEqual(["two"]);
  });

  it.each(["ListKeys", "ListAliases"] as const)("fails without kms:%s, whose list has no replacement", async (api) => {
    await expect(listed(account({ [api]: [denied] }))).rejects.toMatchObject({ code: "BYOK_AWS_ACCESS_DENIED" });
    await expect(listed(account({ ListKeys: [keys()], [api]: [denied] }))).rejects.toMatchObject({
      code: "BYOK_AWS_ACCESS_DENIED",
    });
  });

  it("goes on after a throttled answer", async () => {
    const aws = account({ ListResourceTags: [awsError("ThrottlingException"), tagList({ a: "b" })] });
    expect(await listed(aws)).toMatchObject([{ tags: { a: "b" } }]);
  });
});

describe("work on a long list", () => {
  async function* pages(count: number): AsyncGenerator<readonly number[], void, undefined> {
    for (let page = 0; page < count; page += 10)
      yield await Promise.resolve(Array.from({ length: 10 }, (_, index) => page + index));
  }

  it("is done a few at a time, and no further ahead of whoever takes the results", async () => {
    let begun = 0;
    const results = inOrder(pages(100), 7, (item) => {
      begun += 1;
      return Promise.resolve(item);
    });
    let taken = 0;
    for await (const item of results) {
      expect(item).toBe(taken);
      taken += 1;
      expect(begun - taken).toBeLessThan(7);
    }
    expect(taken).toBe(100);
  });

  it("ends with the first failure, also where later items failed before", async () => {
    const results = inOrder(pages(20), 5, (item) =>
      item < 3 ? Promise.resolve(item) : Promise.reject(new Error(`item ${item}`)),
    );
    const taken: number[] = [];
    const take = async (): Promise<void> => {
      for await (const item of results) taken.push(item);
    };
    await expect(take()).rejects.toThrow("item 3");
    expect(taken).toEqual([0, 1, 2]);
  });
});
