import { kmsPort } from "../../provider/aws/open-kms";
import { keyIdOf } from "../../provider/aws/recent-writes";
import { ACCOUNT, arnOf, awsError, FakeAws, metadata, networkError, tagList } from "./fake-aws";
import { saying } from "./saying";

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `key-${String(index)}`);

const entries = (names: readonly string[]): { KeyId: string; KeyArn: string }[] =>
  names.map((KeyId) => ({ KeyId, KeyArn: arnOf(KeyId) }));

/** An account in which key-N belongs to owner-N. */
const populated = (names: readonly string[], more: ConstructorParameters<typeof FakeAws>[0] = {}): FakeAws =>
  new FakeAws({
    ListKeys: () => ({ Keys: entries(names) }),
    ListResourceTags: (input) => tagList({ "byok:owner": String(input.KeyId).replace("key", "owner") }),
    ...more,
  });

describe("looking for the keys of an owner", () => {
  it("reads each page of the account once, however many keys are looked for", async () => {
    const names = ids(2500);
    const aws = populated(names, {
      ListKeys: (input) => {
        const from = Number(input.Marker ?? 0);
        const Keys = entries(names.slice(from, from + 1000));
        return from + 1000 < names.length ? { Keys, Truncated: true, NextMarker: String(from + 1000) } : { Keys };
      },
    });
    const port = kmsPort(aws.caller());
    const wanted = Array.from({ length: 300 }, (_, index) => `new-${String(index)}`);
    const found = await aws.time.run(Promise.all([...wanted, "owner-2499"].map((owner) => port.findByOwner(owner))));
    expect(found.slice(0, 300).every((keys) => keys.length === 0)).toBe(true);
    expect(found[300]).toEqual([{ keyId: "key-2499", arn: arnOf("key-2499"), tags: { "byok:owner": "owner-2499" } }]);
    expect(aws.count("ListKeys")).toBe(3);
    // One read for each key, and one more to confirm the hit.
    expect(aws.count("ListResourceTags")).toBe(2501);
    expect(aws.count("GetResources")).toBe(1);
  });

  it("knows what this process has made, tagged and untagged since", async () => {
    const aws = populated([], {
      CreateKey: () => ({ KeyMetadata: metadata("fresh") }),
      ListResourceTags: () => awsError("NotFoundException"),
    });
    const port = kmsPort(aws.caller());
    expect(await aws.time.run(port.findByOwner("me"))).toEqual([]);
    const request = {
      spec: "SYMMETRIC_DEFAULT",
      usage: "ENCRYPT_DECRYPT",
      description: "",
      multiRegion: false,
    } as const;
    await aws.time.run(port.createKey({ ...request, tags: { "byok:owner": "me" } }));
    expect(await aws.time.run(port.findByOwner("me"))).toMatchObject([{ keyId: "fresh" }]);
    await aws.time.run(port.tag(arnOf("fresh"), { "byok:owner": "other" }));
    expect(await aws.time.run(port.findByOwner("me"))).toEqual([]);
    expect(await aws.time.run(port.findByOwner("other"))).toMatchObject([{ keyId: "fresh" }]);
    await aws.time.run(port.untag("fresh", ["byok:owner"]));
    expect(await aws.time.run(port.findByOwner("other"))).toEqual([]);
    expect(aws.count("ListKeys")).toBe(1);
  });

  it("believes the key's own tags, not what was read before", async () => {
    let owner = "me";
    const aws = populated(["key-0"], { ListResourceTags: () => tagList({ "byok:owner": owner }) });
    const port = kmsPort(aws.caller());
    expect(await aws.time.run(port.findByOwner("me"))).toHaveLength(1);
    owner = "taken over";
    expect(await aws.time.run(port.findByOwner("me"))).toEqual([]);
  });

  it("returns every candidate, because a guess between two would be wrong", async () => {
    const aws = populated(["key-b", "key-a"], { ListResourceTags: () => tagList({ "byok:owner": "me" }) });
    const found = await aws.time.run(kmsPort(aws.caller()).findByOwner("me"));
    expect(found.map(({ keyId }) => keyId)).toEqual(["key-a", "key-b"]);
  });

  it("learns after a while of keys that another process made", async () => {
    const names = ["key-0"];
    const aws = populated(names);
    const port = kmsPort(aws.caller());
    expect(await aws.time.run(port.findByOwner("owner-1"))).toEqual([]);
    names.push("key-1");
    aws.time.pass(61_000);
    expect(await aws.time.run(port.findByOwner("owner-1"))).toHaveLength(1);
    expect(aws.log.filter(({ api, input }) => api === "ListResourceTags" && keyIn(input) === "key-0")).toHaveLength(1);
  });

  it("finds the key whose creation lost its answer, even if it is listed late", async () => {
    const names: string[] = [];
    const aws = populated(names, { CreateKey: [networkError("ECONNRESET")] });
    const port = kmsPort(aws.caller());
    expect(await aws.time.run(port.findByOwner("owner-7"))).toEqual([]);
    const request = {
      spec: "SYMMETRIC_DEFAULT",
      usage: "ENCRYPT_DECRYPT",
      description: "",
      multiRegion: false,
    } as const;
    const lost = aws.time.run(port.createKey({ ...request, tags: { "byok:owner": "owner-7" } }));
    await expect(lost).rejects.toMatchObject({ retryable: true });
    const listings = aws.count("ListKeys");
    const found = port.findByOwner("owner-7");
    const appear = aws.time.sleep(2500).then(() => void names.push("key-7"));
    expect(await aws.time.run(found)).toMatchObject([{ keyId: "key-7" }]);
    await appear;
    expect(aws.count("ListKeys")).toBeGreaterThan(listings + 1);
    expect(aws.count("CreateKey")).toBe(1);
  });

  it("skips keys whose tags may not be read, and says how many", async () => {
    const aws = populated(["key-0", "key-1", "key-2"], {
      ListResourceTags: (input) =>
        input.KeyId === "key-1" ? tagList({ "byok:owner": "owner-1" }) : awsError("AccessDeniedException"),
    });
    const port = kmsPort(aws.caller());
    expect(await aws.time.run(port.findByOwner("owner-1"))).toHaveLength(1);
    expect(await aws.time.run(port.findByOwner("owner-2"))).toEqual([]);
    expect(aws.notices).toHaveLength(1);
    expect(aws.notices[0]).toContain("The tags of 2 keys");
  });

  it("takes from the Tagging API what cannot be read key by key", async () => {
    const aws = populated(["key-0"], {
      ListResourceTags: () => awsError("AccessDeniedException"),
      GetResources: [
        { ResourceTagMappingList: [{ ResourceARN: arnOf("key-0"), Tags: [{ Key: "byok:owner", Value: "me" }] }] },
      ],
    });
    expect(await aws.time.run(kmsPort(aws.caller()).findByOwner("me"))).toMatchObject([{ keyId: "key-0" }]);
    expect(aws.notices).toEqual([]);
  });

  it("does without the Tagging API where it is denied, unreachable or not there", async () => {
    for (const answer of [
      awsError("AccessDeniedException"),
      networkError("ENOTFOUND"),
      awsError("UnknownOperationException"),
    ]) {
      const aws = populated(["key-1"], { GetResources: [answer] });
      expect(await aws.time.run(kmsPort(aws.caller()).findByOwner("owner-1"))).toHaveLength(1);
    }
    const without = populated(["key-1"]);
    without.hasTagging = false;
    expect(await without.time.run(kmsPort(without.caller()).findByOwner("owner-1"))).toHaveLength(1);
    expect(without.count("GetResources")).toBe(0);
  });

  it("does not take a miss in the Tagging API for the truth where listing is denied", async () => {
    const aws = new FakeAws({
      ListKeys: [awsError("AccessDeniedException")],
      ListResourceTags: () => tagList({ "byok:owner": "me" }),
      GetResources: [
        { ResourceTagMappingList: [{ ResourceARN: arnOf("key-0"), Tags: [{ Key: "byok:owner", Value: "me" }] }] },
      ],
    });
    const port = kmsPort(aws.caller());
    expect(await aws.time.run(port.findByOwner("me"))).toHaveLength(1);
    await expect(aws.time.run(port.findByOwner("other"))).rejects.toMatchObject({
      code: "BYOK_AWS_ACCESS_DENIED",
      message: saying("kms:ListKeys"),
    });
  });

  it("tries again after a failed reading instead of remembering it", async () => {
    let broken = true;
    const aws = populated(["key-1"], {
      ListKeys: () => (broken ? awsError("ValidationException") : { Keys: entries(["key-1"]) }),
    });
    const port = kmsPort(aws.caller());
    await expect(aws.time.run(port.findByOwner("owner-1"))).rejects.toThrow();
    broken = false;
    expect(await aws.time.run(port.findByOwner("owner-1"))).toHaveLength(1);
  });

  it("keeps accounts and Regions apart", async () => {
    const aws = populated(["key-1"]);
    await aws.time.run(kmsPort(aws.caller()).findByOwner("owner-1"));
    await aws.time.run(kmsPort(aws.caller({ region: "eu-west-1" })).findByOwner("owner-1"));
    await aws.time.run(kmsPort(aws.caller({ account: ACCOUNT })).findByOwner("owner-1"));
    expect(aws.count("ListKeys")).toBe(2);
  });
});

const keyIn = (input: unknown): string =>
  typeof input === "object" && input !== null && "KeyId" in input ? keyIdOf(String(input.KeyId)) : "";
