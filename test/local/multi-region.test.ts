import {
  CancelKeyDeletionCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  type KMSClient,
  type KeyMetadata,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
  UpdatePrimaryRegionCommand,
} from "@aws-sdk/client-kms";
import { randomBytes } from "node:crypto";
import { type LocalAws } from "../../provider/local";
import { endClouds, startCloud, targetOf } from "./cloud-fixture";
import { createExternal, createKey, importMaterial, kmsClient, refusalOf } from "./kms-client";

let cloud: LocalAws;
let frankfurt: KMSClient;
let ireland: KMSClient;

beforeEach(async () => {
  cloud = await startCloud();
  frankfurt = kmsClient(targetOf(cloud), "eu-central-1");
  ireland = kmsClient(targetOf(cloud), "eu-west-1");
});
afterEach(endClouds);

async function describeKey(client: KMSClient, KeyId: string): Promise<KeyMetadata | undefined> {
  return (await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata;
}

const toIreland = (KeyId: string): ReplicateKeyCommand =>
  new ReplicateKeyCommand({ KeyId, ReplicaRegion: "eu-west-1" });

describe("a replica", () => {
  it("shares id and material id with its primary and waits for its own import", async () => {
    const material = randomBytes(32);
    const key = await createExternal(frankfurt, "SYMMETRIC_DEFAULT", { MultiRegion: true });
    expect(key.KeyId).toMatch(/^mrk-[0-9a-f]{32}$/);
    const id = await importMaterial(frankfurt, key.KeyId, material);
    const { ReplicaKeyMetadata: made } = await frankfurt.send(toIreland(key.KeyId));
    expect(made).toMatchObject({ KeyId: key.KeyId, KeyState: "Creating", Enabled: false });
    expect(await describeKey(ireland, key.KeyId)).toMatchObject({
      KeyState: "PendingImport",
      CurrentKeyMaterialId: id,
    });
    expect((await refusalOf(importMaterial(ireland, key.KeyId, randomBytes(32)))).name).toBe(
      "IncorrectKeyMaterialException",
    );
    expect(await importMaterial(ireland, key.KeyId, material)).toBe(id);
    const { CiphertextBlob } = await frankfurt.send(
      new EncryptCommand({ KeyId: key.KeyId, Plaintext: Buffer.from("far") }),
    );
    const { Plaintext } = await ireland.send(new DecryptCommand({ CiphertextBlob }));
    expect(Buffer.from(Plaintext ?? []).toString()).toBe("far");
  });

  it("is known to every member of its set", async () => {
    const key = await createKey(frankfurt, { MultiRegion: true });
    await frankfurt.send(toIreland(key.KeyId));
    const replicaArn = key.Arn.replace("eu-central-1", "eu-west-1");
    const shape = {
      PrimaryKey: { Arn: key.Arn, Region: "eu-central-1" },
      ReplicaKeys: [{ Arn: replicaArn, Region: "eu-west-1" }],
    };
    expect((await describeKey(frankfurt, key.KeyId))?.MultiRegionConfiguration).toEqual({
      MultiRegionKeyType: "PRIMARY",
      ...shape,
    });
    expect((await describeKey(ireland, key.KeyId))?.MultiRegionConfiguration).toEqual({
      MultiRegionKeyType: "REPLICA",
      ...shape,
    });
  });

  it("has its own description, tags and policy", async () => {
    const key = await createKey(frankfurt, { MultiRegion: true, Description: "primary" });
    const answer = await frankfurt.send(
      new ReplicateKeyCommand({
        KeyId: key.KeyId,
        ReplicaRegion: "eu-west-1",
        Description: "replica",
        Tags: [{ TagKey: "where", TagValue: "ireland" }],
      }),
    );
    expect(answer.ReplicaTags).toEqual([{ TagKey: "where", TagValue: "ireland" }]);
    expect(JSON.parse(answer.ReplicaPolicy ?? "")).toMatchObject({ Id: "key-default-1" });
    expect((await describeKey(ireland, key.KeyId))?.Description).toBe("replica");
  });

  it("cannot be made twice in a Region, of a replica, of a single-Region key or without material", async () => {
    const key = await createKey(frankfurt, { MultiRegion: true });
    await frankfurt.send(toIreland(key.KeyId));
    expect((await refusalOf(frankfurt.send(toIreland(key.KeyId)))).name).toBe("AlreadyExistsException");
    const again = new ReplicateKeyCommand({ KeyId: key.KeyId, ReplicaRegion: "us-east-1" });
    expect(await refusalOf(ireland.send(again))).toMatchObject({
      name: "UnsupportedOperationException",
      message: `${key.Arn.replace("eu-central-1", "eu-west-1")} is not a multi-region primary key.`,
    });
    expect((await refusalOf(frankfurt.send(toIreland((await createKey(frankfurt)).KeyId)))).name).toBe(
      "UnsupportedOperationException",
    );
    const empty = await createExternal(frankfurt, "SYMMETRIC_DEFAULT", { MultiRegion: true });
    expect((await refusalOf(frankfurt.send(toIreland(empty.KeyId)))).name).toBe("KMSInvalidStateException");
  });

  it("is Creating for the time that transitions take", async () => {
    const slow = await startCloud({ transitionMs: 5000 });
    const [here, there] = [kmsClient(targetOf(slow)), kmsClient(targetOf(slow), "eu-west-1")];
    const key = await createKey(here, { MultiRegion: true });
    await here.send(toIreland(key.KeyId));
    expect((await describeKey(there, key.KeyId))?.KeyState).toBe("Creating");
    const encrypt = new EncryptCommand({ KeyId: key.KeyId, Plaintext: Buffer.from("x") });
    expect((await refusalOf(there.send(encrypt))).name).toBe("KMSInvalidStateException");
    await slow.admin.advanceClock({ seconds: 5 });
    expect((await describeKey(there, key.KeyId))?.KeyState).toBe("Enabled");
  });
});

describe("deleting a multi-Region key", () => {
  it("keeps the primary until its last replica is gone, and starts its window only then", async () => {
    const key = await createKey(frankfurt, { MultiRegion: true });
    await frankfurt.send(toIreland(key.KeyId));
    const answer = await frankfurt.send(new ScheduleKeyDeletionCommand({ KeyId: key.KeyId, PendingWindowInDays: 7 }));
    expect(answer).toMatchObject({ KeyState: "PendingReplicaDeletion", PendingWindowInDays: 7 });
    expect(answer).not.toHaveProperty("DeletionDate");
    await cloud.admin.advanceClock({ days: 40 });
    const waiting = await describeKey(frankfurt, key.KeyId);
    expect(waiting).toMatchObject({ KeyState: "PendingReplicaDeletion", PendingDeletionWindowInDays: 7 });
    await ireland.send(new ScheduleKeyDeletionCommand({ KeyId: key.KeyId, PendingWindowInDays: 10 }));
    await cloud.admin.advanceClock({ days: 11 });
    expect((await refusalOf(describeKey(ireland, key.KeyId))).name).toBe("NotFoundException");
    const last = await describeKey(frankfurt, key.KeyId);
    expect(last?.KeyState).toBe("PendingDeletion");
    expect((last?.DeletionDate?.getTime() ?? 0) - (await cloud.admin.now()).getTime()).toBeLessThan(6.1 * 86_400_000);
    await cloud.admin.advanceClock({ days: 7 });
    expect((await refusalOf(describeKey(frankfurt, key.KeyId))).name).toBe("NotFoundException");
  });

  it("gives the same when the clock jumps over both windows at once", async () => {
    const key = await createKey(frankfurt, { MultiRegion: true });
    await frankfurt.send(toIreland(key.KeyId));
    await frankfurt.send(new ScheduleKeyDeletionCommand({ KeyId: key.KeyId, PendingWindowInDays: 7 }));
    await ireland.send(new ScheduleKeyDeletionCommand({ KeyId: key.KeyId, PendingWindowInDays: 10 }));
    await cloud.admin.advanceClock({ days: 16 });
    expect((await describeKey(frankfurt, key.KeyId))?.KeyState).toBe("PendingDeletion");
    await cloud.admin.advanceClock({ days: 1 });
    expect((await refusalOf(describeKey(frankfurt, key.KeyId))).name).toBe("NotFoundException");
  });

  it("counts the window from the replica that goes last, also when the clock jumps over both", async () => {
    const virginia = kmsClient(targetOf(cloud), "us-east-1");
    const { KeyId } = await createKey(frankfurt, { MultiRegion: true });
    await frankfurt.send(toIreland(KeyId));
    await frankfurt.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: "us-east-1" }));
    await frankfurt.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    await ireland.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 20 }));
    await virginia.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 10 }));
    await cloud.admin.advanceClock({ days: 26 });
    expect((await describeKey(frankfurt, KeyId))?.KeyState).toBe("PendingDeletion");
    await cloud.admin.advanceClock({ days: 1 });
    expect((await refusalOf(describeKey(frankfurt, KeyId))).name).toBe("NotFoundException");
  });

  it("can be taken back while the primary waits", async () => {
    const key = await createKey(frankfurt, { MultiRegion: true });
    await frankfurt.send(toIreland(key.KeyId));
    await frankfurt.send(new ScheduleKeyDeletionCommand({ KeyId: key.KeyId }));
    await frankfurt.send(new CancelKeyDeletionCommand({ KeyId: key.KeyId }));
    expect((await describeKey(frankfurt, key.KeyId))?.KeyState).toBe("Disabled");
  });
});

describe("UpdatePrimaryRegion", () => {
  it("swaps primary and replica, both Updating for a while", async () => {
    const slow = await startCloud({ transitionMs: 1000 });
    const [here, there] = [kmsClient(targetOf(slow)), kmsClient(targetOf(slow), "eu-west-1")];
    const key = await createKey(here, { MultiRegion: true });
    await here.send(toIreland(key.KeyId));
    await slow.admin.advanceClock({ seconds: 1 });
    await here.send(new UpdatePrimaryRegionCommand({ KeyId: key.KeyId, PrimaryRegion: "eu-west-1" }));
    expect((await describeKey(here, key.KeyId))?.KeyState).toBe("Updating");
    await slow.admin.advanceClock({ seconds: 1 });
    expect((await describeKey(there, key.KeyId))?.MultiRegionConfiguration?.MultiRegionKeyType).toBe("PRIMARY");
    expect((await describeKey(here, key.KeyId))?.MultiRegionConfiguration?.MultiRegionKeyType).toBe("REPLICA");
  });

  it("needs a replica in the Region", async () => {
    const key = await createKey(frankfurt, { MultiRegion: true });
    const command = new UpdatePrimaryRegionCommand({ KeyId: key.KeyId, PrimaryRegion: "eu-west-1" });
    expect((await refusalOf(frankfurt.send(command))).name).toBe("UnsupportedOperationException");
  });
});
