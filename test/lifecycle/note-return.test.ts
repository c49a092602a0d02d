import { awsKmsKey } from "../../provider/lifecycle/aws-kms-key";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { ByokError } from "../../provider/model/errors";
import { account, region } from "./fake-kms";
import { groupRecord, keyProgram, sourceRecord, World, type EngineResource } from "./lifecycle-world";

const ireland = "eu-west-1";
const virginia = "us-east-1";
const date = "2026-06-20T00:00:00.000Z";
let world: World;
let key: EngineResource;
beforeEach(() => {
  world = new World();
  key = world.resource(awsKmsKey, "payments");
});

const source = {
  ...sourceRecord,
  group: { ...sourceRecord.group, allowedTargets: [{ aws: { account, regions: [region, ireland, virginia] } }] },
};
const everywhere = (more: PlainRecord = {}, version = 1): PlainRecord =>
  keyProgram({
    material: { source: { ...source, version } },
    multiRegion: true,
    replicas: [{ group: { ...groupRecord, name: "ireland", region: ireland } }],
    ...more,
  });
const arnIn = (place: string, keyId = String(key.outputs["keyId"])): string =>
  `arn:aws:kms:${place}:${account}:key/${keyId}`;
const link = (arn: string, version = 1, deletionDate?: string): void =>
  void world.custodian.copies.push({
    ...{ owner: sourceRecord.owner, version, arn, copyName: "payments" },
    ...{ copiedAt: "2026-01-01T00:00:00.000Z", copiedBy: "arn:aws:iam::1:user/me" },
    ...(deletionDate === undefined ? {} : { deletionDate }),
  });
const dates = (): readonly (string | undefined)[] => world.custodian.copies.map((copy) => copy.deletionDate);

describe("a deletion that is taken back", () => {
  it("is told to the token before adopt.undelete cancels it, in every Region and of every version", async () => {
    const { keyId, arn } = world.kms.add({ multiRegion: true, state: "Enabled" });
    await world.kms.replicateKey({ keyId, region: ireland, description: "", tags: {} });
    const replica = world.kms.in(ireland).keys.get(keyId);
    if (replica !== undefined) replica.creating = 0;
    world.kms.in(ireland).set(keyId, { state: "PendingDeletion", deletionDate: new Date(date) });
    world.kms.set(keyId, { state: "PendingReplicaDeletion" });
    link(arn, 1, date);
    link(arn, 2, date);
    link(arnIn(ireland, keyId), 1, date);
    link(arnIn(region, "another"), 1, date);
    const seen: string[] = [];
    const cancel = world.kms.cancelDeletion;
    world.kms.cancelDeletion = async (id) => {
      seen.push(dates().join());
      await cancel(id);
    };
    const { aliases: _aliases, tags: _tags, ...program } = everywhere();
    await key.up({ ...program, adopt: { arn, undelete: true } });
    expect(seen).toEqual([`,,,${date}`]);
    expect(dates()).toEqual([undefined, undefined, undefined, date]);
  });

  it("by hand is told by whoever adopts the key then", async () => {
    const { arn } = world.kms.add({ state: "Enabled" });
    link(arn, 1, date);
    const { aliases: _aliases, tags: _tags, ...program } = keyProgram();
    await key.up({ ...program, adopt: { arn } });
    expect(dates()).toEqual([undefined]);
  });

  it("by hand is told by a refresh, of the key, its replicas and its former keys, which may have seen nothing of it before", async () => {
    await key.up(everywhere());
    const former = String(key.outputs["keyId"]);
    await key.up(everywhere({}, 2));
    for (const place of [region, ireland]) {
      link(arnIn(place), 2, date);
      link(arnIn(place, former), 1, date);
    }
    await key.refresh();
    expect(dates()).toEqual([undefined, undefined, undefined, undefined]);
  });

  it("is not told of what waits for its deletion", async () => {
    await key.up(everywhere());
    link(arnIn(region), 1, date);
    link(arnIn(ireland), 1, date);
    await world.kms.in(ireland).scheduleDeletion(String(key.outputs["keyId"]), 30);
    await key.refresh();
    expect(dates()).toEqual([undefined, date]);
  });

  it("does not fail a refresh without the token, which warns where it saw the deletion before", async () => {
    await key.up(keyProgram());
    const failure = new ByokError("BYOK_TOKEN_NOT_FOUND", "There is no token payments.");
    world.custodian.failure = failure;
    await key.refresh();
    expect(world.warnings).toEqual([]);
    const keyId = String(key.outputs["keyId"]);
    await world.kms.scheduleDeletion(keyId, 30);
    await key.refresh();
    await world.kms.cancelDeletion(keyId);
    world.warnings.length = 0;
    await key.refresh();
    expect(world.warnings.join()).toContain(
      "the token could not note that this copy stays: There is no token payments.",
    );
    expect(key.outputs).toMatchObject({ keyState: "Disabled" });
  });

  it("is told by an update that finds the key alive, where the state knew it as going", async () => {
    await key.up(keyProgram());
    const keyId = String(key.outputs["keyId"]);
    link(arnIn(region), 1, date);
    await world.kms.scheduleDeletion(keyId, 30);
    await key.refresh();
    await world.kms.cancelDeletion(keyId);
    expect(dates()).toEqual([date]);
    await key.up(keyProgram({ description: "x" }));
    expect(dates()).toEqual([undefined]);
  });
});

describe("a primary whose date AWS does not know yet", () => {
  const foreignReplica = async (): Promise<string> => {
    await key.up(everywhere());
    const keyId = String(key.outputs["keyId"]);
    await world.kms.replicateKey({ keyId, region: virginia, description: "", tags: {} });
    link(arnIn(region));
    return keyId;
  };

  it("keeps its material in the token while one of its replicas is not this resource's", async () => {
    await foreignReplica();
    await key.destroy();
    expect(world.kms.keys.get(String(key.outputs["keyId"]))?.facts.state).toBe("PendingReplicaDeletion");
    expect(world.custodian.copies).toHaveLength(1);
    expect(dates()).toEqual([undefined]);
  });

  it("loses no link, and a date that was noted before, where it was scheduled by somebody else", async () => {
    const keyId = await foreignReplica();
    await world.custodian.noteDeletion({ owner: sourceRecord.owner, version: 1 }, arnIn(region), date);
    await world.kms.scheduleDeletion(keyId, 7);
    await key.destroy();
    expect(world.custodian.copies).toHaveLength(1);
    expect(dates()).toEqual([undefined]);
  });

  it("counts the days that AWS has, after the last of its replicas", async () => {
    await key.up(everywhere());
    link(arnIn(region));
    await world.kms.scheduleDeletion(String(key.outputs["keyId"]), 7);
    await key.destroy();
    expect(dates()).toEqual(["2026-07-08T00:00:00.000Z"]);
  });

  it("keeps the material of a former key as well", async () => {
    const retiring = { afterRotation: "scheduleDeletion", disableDays: 1 };
    await key.up(everywhere(retiring));
    const former = String(key.outputs["keyId"]);
    await world.kms.replicateKey({ keyId: former, region: virginia, description: "", tags: {} });
    link(arnIn(region, former));
    await key.up(everywhere(retiring, 2));
    world.kms.now = new Date(world.kms.now.getTime() + 3 * 86_400_000);
    await key.up(everywhere(retiring, 2));
    expect(world.kms.keys.get(former)?.facts.state).toBe("PendingReplicaDeletion");
    expect(dates()).toEqual([undefined]);
    expect(world.infos.join("\n")).toContain("at the earliest: its 30 days count once its replicas in");
  });
});
