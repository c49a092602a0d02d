import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  type KMSClient,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
  paginateListKeys,
} from "@aws-sdk/client-kms";
import { GetResourcesCommand, ResourceGroupsTaggingAPIClient } from "@aws-sdk/client-resource-groups-tagging-api";
import type { LocalAws } from "../../provider/local";
import { endClouds, startCloud, targetOf } from "./cloud-fixture";
import { createExternal, createKey, kmsClient, refusalOf } from "./kms-client";

let cloud: LocalAws;
let kms: KMSClient;

beforeEach(async () => {
  cloud = await startCloud();
  kms = kmsClient(targetOf(cloud));
});
afterEach(endClouds);

const create = (AliasName: string, TargetKeyId: string): CreateAliasCommand =>
  new CreateAliasCommand({ AliasName, TargetKeyId });
const update = (AliasName: string, TargetKeyId: string): UpdateAliasCommand =>
  new UpdateAliasCommand({ AliasName, TargetKeyId });

describe("an alias", () => {
  it("moves between keys of one type and usage only", async () => {
    const symmetric = await createKey(kms);
    const mac = await createKey(kms, { KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" });
    const signing = await createKey(kms, { KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" });
    const rsaSigning = await createExternal(kms, "RSA_2048");
    await kms.send(create("alias/a", symmetric.KeyId));
    expect((await refusalOf(kms.send(update("alias/a", mac.KeyId)))).name).toBe("ValidationException");
    expect((await refusalOf(kms.send(update("alias/a", signing.KeyId)))).name).toBe("ValidationException");
    await kms.send(create("alias/b", signing.KeyId));
    await kms.send(update("alias/b", rsaSigning.KeyId));
  });

  it("leaves a key that is pending deletion and does not go to one", async () => {
    const [leaving, staying] = [await createKey(kms), await createKey(kms)];
    await kms.send(create("alias/a", leaving.KeyId));
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId: leaving.KeyId }));
    await kms.send(update("alias/a", staying.KeyId));
    expect((await refusalOf(kms.send(update("alias/a", leaving.KeyId)))).name).toBe("KMSInvalidStateException");
  });

  it("goes with its key when that is deleted", async () => {
    const key = await createKey(kms);
    await kms.send(create("alias/a", key.KeyId));
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId: key.KeyId, PendingWindowInDays: 7 }));
    await cloud.admin.advanceClock({ days: 8 });
    expect((await kms.send(new ListAliasesCommand({}))).Aliases).toEqual([]);
  });

  it("is one of at most 50 of a key", async () => {
    const key = await createKey(kms);
    for (let index = 0; index < 50; index++) await kms.send(create(`alias/n${String(index)}`, key.KeyId));
    expect((await refusalOf(kms.send(create("alias/n50", key.KeyId)))).name).toBe("LimitExceededException");
  });

  it("has a name that AWS allows", async () => {
    const key = await createKey(kms);
    for (const [name, error] of [
      ["alias/with space", "ValidationException"],
      ["alias/", "InvalidAliasNameException"],
      ["alias/a:b", "InvalidAliasNameException"],
      ["alias/aws/mine", "NotAuthorizedException"],
      [`alias/${"x".repeat(251)}`, "ValidationException"],
    ] as const) {
      expect((await refusalOf(kms.send(create(name, key.KeyId)))).name).toBe(error);
    }
    await kms.send(create(`alias/${"x".repeat(250)}`, key.KeyId));
  });

  it("belongs to one Region", async () => {
    const key = await createKey(kms);
    const ireland = kmsClient(targetOf(cloud), "eu-west-1");
    expect((await refusalOf(ireland.send(create("alias/a", key.KeyId)))).name).toBe("NotFoundException");
    expect((await refusalOf(ireland.send(create("alias/a", key.Arn)))).message).toBe("Invalid arn eu-central-1");
  });

  it("that nobody made is not found", async () => {
    const text = "Alias arn:aws:kms:eu-central-1:111122223333:alias/none is not found.";
    expect((await refusalOf(kms.send(new DeleteAliasCommand({ AliasName: "alias/none" })))).message).toBe(text);
    expect((await refusalOf(kms.send(new DescribeKeyCommand({ KeyId: "alias/none" })))).message).toBe(text);
  });

  it("does not stand for a key in operations that change one", async () => {
    const key = await createKey(kms);
    await kms.send(create("alias/a", key.KeyId));
    expect(await refusalOf(kms.send(new DisableKeyCommand({ KeyId: "alias/a" })))).toMatchObject({
      name: "NotFoundException",
      message: "Invalid keyId 'alias/a'",
    });
  });
});

describe("a key that is pending deletion", () => {
  it("can only be taken back, and is then disabled", async () => {
    const key = await createKey(kms);
    const { KeyId } = key;
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    const refused: readonly Promise<unknown>[] = [
      kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 8 })),
      kms.send(new EnableKeyCommand({ KeyId })),
      kms.send(new DisableKeyCommand({ KeyId })),
      kms.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: "a", TagValue: "b" }] })),
      kms.send(new UpdateKeyDescriptionCommand({ KeyId, Description: "x" })),
      kms.send(create("alias/x", KeyId)),
    ];
    for (const refusal of await Promise.all(refused.map(refusalOf))) {
      expect(refusal).toMatchObject({ name: "KMSInvalidStateException", message: `${key.Arn} is pending deletion.` });
    }
    const Policy = JSON.stringify({ Statement: [{ Effect: "Allow", Principal: "*", Action: "kms:*", Resource: "*" }] });
    await kms.send(new PutKeyPolicyCommand({ KeyId, Policy }));
    expect(await kms.send(new CancelKeyDeletionCommand({ KeyId }))).toMatchObject({ KeyId: key.Arn });
    expect((await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata).toMatchObject({
      KeyState: "Disabled",
      Enabled: false,
    });
    expect((await refusalOf(kms.send(new CancelKeyDeletionCommand({ KeyId })))).message).toBe(
      `${key.Arn} is not pending deletion.`,
    );
  });

  it.each([6, 31])("cannot have a window of %i days", async (PendingWindowInDays) => {
    const { KeyId } = await createKey(kms);
    expect((await refusalOf(kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays })))).name).toBe(
      "ValidationException",
    );
  });
});

describe("a list", () => {
  it("comes in pages that join to the whole", async () => {
    const made = await Promise.all(Array.from({ length: 7 }, () => createKey(kms)));
    const seen: (string | undefined)[] = [];
    for await (const page of paginateListKeys({ client: kms, pageSize: 3 }, {})) {
      expect(page.Keys?.length).toBeLessThanOrEqual(3);
      expect(page.Truncated).toBe(page.NextMarker !== undefined);
      seen.push(...(page.Keys ?? []).map((key) => key.KeyId));
    }
    expect(seen.sort()).toEqual(made.map((key) => key.KeyId).sort());
  });

  it("goes on at the right place when the last item seen is gone", async () => {
    const key = await createKey(kms);
    for (const name of ["alias/a", "alias/b", "alias/c"]) await kms.send(create(name, key.KeyId));
    const { NextMarker } = await kms.send(new ListAliasesCommand({ Limit: 2 }));
    await kms.send(new DeleteAliasCommand({ AliasName: "alias/b" }));
    const rest = await kms.send(new ListAliasesCommand({ Limit: 2, Marker: NextMarker }));
    expect(rest.Aliases?.map((alias) => alias.AliasName)).toEqual(["alias/c"]);
  });

  it("refuses a marker that it did not give, and a limit out of range", async () => {
    expect((await refusalOf(kms.send(new ListKeysCommand({ Marker: "nonsense" })))).name).toBe(
      "InvalidMarkerException",
    );
    expect((await refusalOf(kms.send(new ListKeysCommand({ Limit: 1001 })))).name).toBe("ValidationException");
  });
});

describe("the tagging API", () => {
  it("finds tagged keys of the account and Region by tag, in pages", async () => {
    const tagged = await Promise.all(
      ["1", "2", "3"].map((TagValue) => createKey(kms, { Tags: [{ TagKey: "byok:version", TagValue }] })),
    );
    await createKey(kms);
    await createKey(kmsClient(targetOf(cloud), "eu-west-1"), { Tags: [{ TagKey: "byok:version", TagValue: "1" }] });
    const tagging = new ResourceGroupsTaggingAPIClient({ region: "eu-central-1", ...targetOf(cloud), maxAttempts: 1 });
    const ResourceTypeFilters = ["kms:key"];
    const first = await tagging.send(new GetResourcesCommand({ ResourceTypeFilters, ResourcesPerPage: 2 }));
    const { PaginationToken } = first;
    const second = await tagging.send(
      new GetResourcesCommand({ ResourceTypeFilters, ResourcesPerPage: 2, PaginationToken }),
    );
    const arns = [...(first.ResourceTagMappingList ?? []), ...(second.ResourceTagMappingList ?? [])].map(
      (entry) => entry.ResourceARN,
    );
    expect(arns.sort()).toEqual(tagged.map((key) => key.Arn).sort());
    expect(second.PaginationToken).toBe("");
    const TagFilters = [{ Key: "byok:version", Values: ["2"] }];
    const found = await tagging.send(new GetResourcesCommand({ ResourceTypeFilters, TagFilters }));
    expect(found.ResourceTagMappingList).toEqual([
      { ResourceARN: tagged[1]?.Arn, Tags: [{ Key: "byok:version", Value: "2" }] },
    ]);
    tagging.destroy();
  });
});

describe("with eventual consistency", () => {
  it("reads see the state of before for as long as asked", async () => {
    let now = Date.now();
    const slow = await startCloud({ eventualConsistencyMs: 2000, clock: () => now });
    const client = kmsClient(targetOf(slow));
    const { KeyId } = await createKey(client, { Tags: [{ TagKey: "a", TagValue: "1" }] });
    expect((await refusalOf(client.send(new DescribeKeyCommand({ KeyId })))).name).toBe("NotFoundException");
    expect((await client.send(new ListKeysCommand({}))).Keys).toEqual([]);
    now += 2000;
    expect((await client.send(new ListKeysCommand({}))).Keys).toHaveLength(1);
    await client.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: "a", TagValue: "2" }] }));
    const tag = async (): Promise<string | undefined> =>
      (await client.send(new ListResourceTagsCommand({ KeyId }))).Tags?.[0]?.TagValue;
    expect(await tag()).toBe("1");
    now += 1999;
    expect(await tag()).toBe("1");
    now += 1;
    expect(await tag()).toBe("2");
  });
});
