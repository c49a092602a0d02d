import { awsKmsKey } from "../../provider/lifecycle/aws-kms-key";
import { PartialFailure, type PlainRecord } from "../../provider/lifecycle/contract";
import { deletionSchedule } from "../../provider/lifecycle/deletion-schedule";
import { account, region, type FakeKms } from "./fake-kms";
import { groupRecord, keyProgram, sourceRecord, World, type EngineResource } from "./lifecycle-world";

const ireland = "eu-west-1";
const virginia = "us-east-1";
const dayInMs = 86_400_000;
let world: World;
let key: EngineResource;
let schedule: EngineResource;

const group = (inRegion: string): PlainRecord => ({ ...groupRecord, name: `in-${inRegion}`, region: inRegion });
const source = {
  ...sourceRecord,
  group: { ...sourceRecord.group, allowedTargets: [{ aws: { account, regions: [region, ireland, virginia] } }] },
};
const replicaGroups = [group(ireland), group(virginia)];
const keyInputs = (more: PlainRecord = {}): PlainRecord =>
  keyProgram({
    material: { source },
    multiRegion: true,
    replicas: replicaGroups.map((each) => ({ group: each })),
    ...more,
  });
const program = (more: PlainRecord = {}): PlainRecord => ({
  key: {
    name: "payments",
    arn: key.outputs["arn"],
    keyId: key.outputs["keyId"],
    owner: key.outputs["owner"],
    lineage: key.id,
    spec: "AES_256",
    usage: "ENCRYPT_DECRYPT",
    version: 1,
    aliases: ["alias/payments"],
    group: groupRecord,
    source,
    replicas: [ireland, virginia],
  },
  places: replicaGroups.map((each) => ({ group: each })),
  windowInDays: 14,
  ...more,
});

const start = async (more: PlainRecord = {}): Promise<void> => {
  world = new World();
  key = world.resource(awsKmsKey, "payments");
  schedule = world.resource(deletionSchedule, "retire");
  await key.up(keyInputs(more));
  world.kms.calls.length = 0;
};
beforeEach(() => start());

async function wordFor(more: PlainRecord = {}): Promise<string> {
  const [complaint = ""] = await schedule.complaints(program(more));
  const [, word] = /confirm: "([a-z]+-[0-9a-f]{8})"/.exec(complaint) ?? [];
  if (word === undefined) throw new Error(`no word in: ${complaint}`);
  return word;
}
const confirmed = async (more: PlainRecord = {}): Promise<PlainRecord> =>
  program({ ...more, confirm: await wordFor(more) });
const confirmedUp = async (more: PlainRecord = {}): Promise<string> => schedule.up(await confirmed(more));
const regions = [region, ireland, virginia];
const keyId = (): string => String(key.outputs["keyId"]);
const kmsIn = (place: string): FakeKms => (place === region ? world.kms : world.kms.in(place));
const states = (): readonly (string | undefined)[] =>
  regions.map((place) => kmsIn(place).keys.get(keyId())?.facts.state);
const dates = (): readonly (string | number | undefined)[] =>
  regions.map((place) => {
    const facts = kmsIn(place).keys.get(keyId())?.facts;
    return facts?.deletionDate?.toISOString().slice(0, 10) ?? facts?.pendingWindowInDays;
  });
const pass = (days: number): void => {
  world.kms.now = new Date(world.kms.now.getTime() + days * dayInMs);
};
const waiting = ["PendingReplicaDeletion", "PendingDeletion", "PendingDeletion"];

describe("the deletion of a key in several Regions", () => {
  it("is told with both dates, and confirmed by a word that is bound to every one of its keys", async () => {
    world.kms.in(ireland).aliases.set("alias/payments", keyId());
    const [complaint] = await schedule.complaints(program());
    expect(complaint).toContain(
      `in 14 days (2026-06-15) AWS deletes this key in ${ireland}, ${virginia}, and 14 days after that (2026-06-29) its primary in ${region}; everything encrypted with it becomes unreadable`,
    );
    expect(complaint).toContain("2 aliases point to it");
    const word = await wordFor();
    expect(await wordFor()).toBe(word);
    world.kms.in(virginia).set(keyId(), { state: "Disabled" });
    expect(await wordFor()).not.toBe(word);
    expect(world.kms.writes).toEqual([]);
  });

  it("schedules the replicas first and then the primary, and shows when each goes", async () => {
    await confirmedUp();
    expect(world.kms.writes).toEqual([
      `scheduleDeletion in ${ireland}`,
      `scheduleDeletion in ${virginia}`,
      "scheduleDeletion",
    ]);
    expect(states()).toEqual(waiting);
    expect(schedule.outputs).toMatchObject({
      keyState: "PendingReplicaDeletion",
      expectedDeletionDate: "2026-06-29T00:00:00.000Z",
      replicas: [ireland, virginia].map((place) => ({
        region: place,
        keyState: "PendingDeletion",
        deletionDate: "2026-06-15T00:00:00.000Z",
        enabledBefore: true,
      })),
      pending: [],
    });
    expect(schedule.outputs["deletionDate"]).toBeUndefined();
    expect(world.infos.at(-1)).toContain("14 days after the last of its replicas (2026-06-29)");
    world.kms.calls.length = 0;
    expect(await schedule.up(program())).toBe("same");
    expect(world.kms.calls).toEqual([]);
  });

  it("schedules the primary last where it is in a replica's Region", async () => {
    await start({ primaryRegion: ireland });
    await confirmedUp();
    expect(world.kms.writes.at(-1)).toBe(`scheduleDeletion in ${ireland}`);
    expect(states()).toEqual(["PendingDeletion", "PendingReplicaDeletion", "PendingDeletion"]);
    expect(schedule.outputs).toMatchObject({ expectedDeletionDate: "2026-06-29T00:00:00.000Z" });
  });

  it("promises no last date while AWS keeps a replica that the program does not name", async () => {
    await confirmedUp({ places: [{ group: group(ireland) }] });
    expect(schedule.outputs["expectedDeletionDate"]).toBeUndefined();
    expect(world.warnings.join()).toContain(`It has 1 replica (${virginia}), and its days count only once`);
    expect(states()).toEqual(["PendingReplicaDeletion", "PendingDeletion", "Enabled"]);
  });

  it("forgets places that the program names no more, so that no preview shows them for ever", async () => {
    await confirmedUp();
    expect(await schedule.up(program({ places: undefined }))).toBe("updated");
    expect(schedule.outputs).not.toHaveProperty("places");
    expect(await schedule.up(program({ places: undefined }))).toBe("same");
  });

  it("touches no key that another resource has by now, nor any other before it", async () => {
    Object.assign(world.kms.in(virginia).keys.get(keyId())?.tags ?? {}, { "byok:lineage": "other" });
    expect((await schedule.complaints(program())).join()).toContain("belongs to another resource");
    expect(world.kms.writes).toEqual([]);
  });

  it("refuses a Region that has no such key, where this resource never scheduled one", async () => {
    kmsIn(virginia).deleteNow(keyId());
    expect((await schedule.complaints(program())).join()).toContain(`there is no key arn:aws:kms:${virginia}`);
  });

  it("moves the dates of all of them with another window, and enables none", async () => {
    await confirmedUp();
    pass(2);
    world.kms.calls.length = 0;
    expect(await confirmedUp({ windowInDays: 20 })).toBe("updated");
    expect(world.kms.writes).not.toContain("enable");
    expect(dates()).toEqual([20, "2026-06-23", "2026-06-23"]);
    expect(schedule.outputs).toMatchObject({ expectedDeletionDate: "2026-07-13T00:00:00.000Z" });
    expect(await schedule.up(program({ windowInDays: 20 }))).toBe("same");
  });
});

describe("taking it back", () => {
  it("cancels in every Region, and enables only what was enabled before", async () => {
    world.kms.in(virginia).set(keyId(), { state: "Disabled" });
    await confirmedUp({ onRemove: "cancel", restoreEnabled: true });
    world.custodian.calls.length = 0;
    await schedule.destroy();
    expect(states()).toEqual(["Enabled", "Enabled", "Disabled"]);
  });

  it("leaves all of them disabled without restoreEnabled", async () => {
    await confirmedUp({ onRemove: "cancel" });
    await schedule.destroy();
    expect(states()).toEqual(["Disabled", "Disabled", "Disabled"]);
  });

  it("is not done with leave, which names each date", async () => {
    await confirmedUp();
    await schedule.destroy();
    expect(states()).toEqual(waiting);
    expect(world.warnings.at(-1)).toContain(
      `AWS deletes it on 2026-06-29. Its replica in ${ireland} goes on 2026-06-15.`,
    );
  });

  it("is finished by the next run whatever call the first one died in", async () => {
    await confirmedUp({ onRemove: "cancel", restoreEnabled: true });
    for (let call = 1; ; call += 1) {
      for (const after of [false, true]) {
        await start();
        world.kms.in(virginia).set(keyId(), { state: "Disabled" });
        await confirmedUp({ onRemove: "cancel", restoreEnabled: true });
        world.kms.calls.length = 0;
        world.kms.failAt = { call, after };
        const died = await schedule.destroy().then(
          () => false,
          () => true,
        );
        world.kms.failAt = undefined;
        if (!died) {
          expect(call).toBeGreaterThan(15);
          return;
        }
        await schedule.destroy();
        expect([call, after, states()]).toEqual([call, after, ["Enabled", "Enabled", "Disabled"]]);
      }
    }
  });
});

describe("a run that dies", () => {
  /** A killed run leaves the state as it was; one that fails hands over what it knows. */
  const dying = async (wanted: PlainRecord, isKilled: boolean): Promise<boolean> => {
    const state = { id: schedule.id, inputs: schedule.inputs, outputs: schedule.outputs };
    try {
      await schedule.up(wanted);
      return false;
    } catch {
      if (isKilled) Object.assign(schedule, state);
      return true;
    } finally {
      world.kms.failAt = undefined;
    }
  };

  it.each([false, true])(
    "in scheduling is finished by the next one, in every Region (killed: %s)",
    async (isKilled) => {
      for (let call = 1; ; call += 1) {
        for (const after of [false, true]) {
          await start();
          world.kms.in(virginia).set(keyId(), { state: "Disabled" });
          const wanted = await confirmed({ onRemove: "cancel", restoreEnabled: true });
          world.kms.calls.length = 0;
          world.kms.failAt = { call, after };
          if (!(await dying(wanted, isKilled))) {
            expect(call).toBeGreaterThan(20);
            return;
          }
          expect(world.kms.writes).not.toContain("enable");
          const isRemembered = schedule.id !== undefined;
          // What nothing remembers needs another word, because it is another moment.
          const complaints = await schedule.complaints(wanted);
          const again =
            complaints.length === 0 ? wanted : await confirmed({ onRemove: "cancel", restoreEnabled: true });
          await schedule.up(again);
          expect([call, after, dates()]).toEqual([call, after, [14, "2026-06-15", "2026-06-15"]]);
          expect(schedule.outputs).toMatchObject({ pending: [], expectedDeletionDate: "2026-06-29T00:00:00.000Z" });
          await schedule.destroy();
          expect(states()[2]).toBe("Disabled");
          if (isRemembered) expect(states()).toEqual(["Enabled", "Enabled", "Disabled"]);
        }
      }
    },
  );

  it.each([false, true])("in moving the dates is finished with the same word (killed: %s)", async (isKilled) => {
    for (let call = 1; ; call += 1) {
      for (const after of [false, true]) {
        await start();
        await confirmedUp({ onRemove: "cancel", restoreEnabled: true });
        pass(2);
        const wanted = await confirmed({ windowInDays: 20, onRemove: "cancel", restoreEnabled: true });
        world.kms.calls.length = 0;
        const { failures } = await schedule.check(wanted);
        expect(failures).toEqual([]);
        const read = world.kms.calls.length;
        world.kms.calls.length = 0;
        world.kms.failAt = { call: read + call, after };
        if (!(await dying(wanted, isKilled))) {
          expect(call).toBeGreaterThan(20);
          return;
        }
        expect(await schedule.complaints(wanted)).toEqual([]);
        await schedule.up(wanted);
        expect([call, after, dates()]).toEqual([call, after, [20, "2026-06-23", "2026-06-23"]]);
        expect(world.kms.writes.filter((name) => name.startsWith("enable"))).toEqual([]);
        await schedule.destroy();
        expect(states()).toEqual(["Enabled", "Enabled", "Enabled"]);
      }
    }
  });

  it("hands over what it knows", async () => {
    const { inputs } = await schedule.check(await confirmed());
    world.kms.calls.length = 0;
    const { calls } = world.kms;
    const failed = deletionSchedule.create(
      {
        ...world.context("retire"),
        mayProceed: () => {
          if (calls.includes(`scheduleDeletion in ${ireland}`)) throw new Error("the engine is gone");
        },
      },
      inputs,
    );
    const failure = await failed.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PartialFailure);
    expect((failure as PartialFailure).outputs).toMatchObject({
      keyState: "Enabled",
      replicas: [{ keyState: "PendingDeletion" }, { keyState: "Enabled" }],
      pending: ["schedule the key's deletion", `schedule the key's deletion (replica in ${virginia})`],
    });
  });
});

describe("what refresh finds", () => {
  beforeEach(async () => confirmedUp({ onRemove: "cancel" }).then(() => undefined));

  it("a replica whose deletion was cancelled: told, and scheduled again with a new word", async () => {
    await world.kms.in(ireland).cancelDeletion(keyId());
    await schedule.refresh();
    expect(world.warnings.at(-1)).toMatch(/^replica in eu-west-1: drift: somebody cancelled the deletion/);
    expect(schedule.outputs["scheduled"]).toBe(false);
    expect((await schedule.complaints(program({ onRemove: "cancel" }))).join()).toContain("BYOK_CONFIRM_REQUIRED");
    await confirmedUp({ onRemove: "cancel" });
    expect(states()).toEqual(waiting);
  });

  it.each([
    ["its replicas", [ireland, virginia], [undefined, undefined]],
    ["one replica", [ireland], [undefined, "PendingDeletion"]],
  ])("a primary whose deletion was cancelled after %s went: scheduled again with a new word", async (_, gone, left) => {
    pass(15);
    for (const place of gone) kmsIn(place).deleteNow(keyId());
    await world.kms.cancelDeletion(keyId());
    await schedule.refresh();
    expect(schedule.outputs["scheduled"]).toBe(false);
    const [complaint] = await schedule.complaints(program({ onRemove: "cancel" }));
    expect(complaint).toContain("in 14 days (2026-06-30) AWS deletes this key");
    expect(complaint).toContain("BYOK_CONFIRM_REQUIRED");
    await confirmedUp({ onRemove: "cancel" });
    expect(states().slice(1)).toEqual(left);
    expect(states()[0]).toBe(gone.length === 2 ? "PendingDeletion" : "PendingReplicaDeletion");
    expect(schedule.outputs).toMatchObject({ scheduled: true, pending: [] });
    expect(await schedule.up(program({ onRemove: "cancel" }))).toBe("same");
    await schedule.destroy();
    expect(states()[0]).toBe("Disabled");
  });

  it("each key that AWS has deleted, until all are; then up says which lines to remove, and nothing comes back", async () => {
    await key.refresh();
    pass(15);
    for (const place of [ireland, virginia]) kmsIn(place).deleteNow(keyId());
    expect(await schedule.up(program({ onRemove: "cancel" }))).toBe("updated");
    expect(schedule.outputs).toMatchObject({
      keyState: "PendingDeletion",
      deletionDate: "2026-06-30T00:00:00.000Z",
      expectedDeletionDate: "2026-06-30T00:00:00.000Z",
      replicas: [{ keyState: "Destroyed" }, { keyState: "Destroyed" }],
    });
    world.kms.calls.length = 0;
    await key.refresh();
    expect(key.outputs).toMatchObject({
      replicas: [{ keyState: "Destroyed" }, { keyState: "Destroyed" }],
      pending: [],
    });
    expect(await key.up(keyInputs())).toBe("same");
    pass(15);
    world.kms.deleteNow(keyId());
    await schedule.refresh();
    expect(schedule.outputs).toMatchObject({ keyState: "Destroyed", deletionDate: "2026-06-30T00:00:00.000Z" });
    expect(await schedule.up(program({ onRemove: "cancel" }))).toBe("same");
    expect(world.warnings.at(-1)).toContain("Remove these lines from the program");
    await key.refresh();
    expect(key.outputs["keyState"]).toBe("Destroyed");
    expect(await key.up(keyInputs())).toBe("same");
    await schedule.destroy();
    expect(world.kms.writes).toEqual([]);
  });
});

describe("the key of a schedule", () => {
  it("is left in peace by its own resource: no replica is made again, and no change goes through", async () => {
    await confirmedUp();
    await key.refresh();
    world.kms.calls.length = 0;
    expect(await key.up(keyInputs())).toBe("same");
    await expect(key.up(keyInputs({ description: "other" }))).rejects.toThrow(/is scheduled for deletion/);
    expect(world.kms.writes).toEqual([]);
    await key.destroy();
    expect(world.kms.writes).toEqual([]);
    expect(states()).toEqual(waiting);
  });

  it("stays in the state as destroyed where its primary outlives it in another Region", async () => {
    await start({ primaryRegion: ireland });
    await confirmedUp();
    pass(15);
    world.kms.deleteNow(keyId());
    await key.refresh();
    expect(key.outputs["keyState"]).toBe("Destroyed");
    expect(await key.up(keyInputs({ primaryRegion: ireland }))).toBe("same");
    expect(world.kms.keys.size).toBe(0);
  });

  it("is called unreadable for ever only once no Region has it, and comes back from Destroyed where somebody takes it back", async () => {
    await start({ primaryRegion: ireland });
    await confirmedUp();
    pass(15);
    world.kms.deleteNow(keyId());
    kmsIn(virginia).deleteNow(keyId());
    world.warnings.length = 0;
    await key.refresh();
    expect(world.warnings.at(-1)).toContain(
      `the key in ${region} was deleted by its schedule (AWS deletes no key in another way), and its deletion is scheduled in ${ireland} (2026-06-30): until then kms:CancelKeyDeletion there keeps`,
    );
    expect(key.outputs).toMatchObject({
      keyState: "Destroyed",
      replicas: [{ keyState: "PendingDeletion" }, { keyState: "Destroyed" }],
    });
    expect(await key.up(keyInputs({ primaryRegion: ireland }))).toBe("same");
    expect(world.warnings.at(-1)).toContain(`its deletion is scheduled in ${ireland} (2026-06-30)`);
    await kmsIn(ireland).cancelDeletion(keyId());
    await key.refresh();
    expect(world.warnings.at(-1)).toContain(`still does in ${ireland}; this resource keeps it`);
    expect(key.outputs).toMatchObject({
      keyState: "Disabled",
      replicas: [{ keyState: "Disabled" }, { keyState: "Destroyed" }],
    });
    kmsIn(ireland).keys.clear();
    await key.refresh();
    expect(key.outputs["keyState"]).toBe("Destroyed");
    expect(world.warnings.at(-1)).toContain("what it encrypted is unreadable for ever");
  });
});
