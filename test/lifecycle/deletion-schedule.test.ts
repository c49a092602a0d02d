import { awsKmsKey } from "../../provider/lifecycle/aws-kms-key";
import { deletionSchedule } from "../../provider/lifecycle/deletion-schedule";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { ByokError } from "../../provider/model/errors";
import type { KmsKeyFacts } from "../../provider/model/ports/kms";
import { UNKNOWN } from "../../provider/model/unknown";
import { groupRecord, keyProgram, sourceRecord, World, type EngineResource } from "./lifecycle-world";

const lineage = "c".repeat(32);
const dayInMs = 86_400_000;

let world: World;
let schedule: EngineResource;
let key: KmsKeyFacts;
beforeEach(() => {
  world = new World();
  schedule = world.resource(deletionSchedule, "retire-reports");
  key = world.kms.add({ state: "Enabled", tags: { "byok:lineage": lineage } });
  world.kms.aliases.set("alias/reports", key.keyId);
  world.custodian.copies = [
    { owner: sourceRecord.owner, version: 1, arn: key.arn, copyName: "reports", copiedAt: "", copiedBy: "" },
    { owner: sourceRecord.owner, version: 2, arn: `${key.arn}0`, copyName: "other", copiedAt: "", copiedBy: "" },
  ];
});

const program = (more: PlainRecord = {}): PlainRecord => ({
  key: {
    name: "reports",
    arn: key.arn,
    keyId: key.keyId,
    owner: "b".repeat(32),
    lineage,
    spec: "AES_256",
    usage: "ENCRYPT_DECRYPT",
    version: 1,
    aliases: ["alias/reports"],
    group: groupRecord,
    source: sourceRecord,
  },
  windowInDays: 14,
  self: "urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:DeletionSchedule::retire-reports",
  organization: "acme",
  ...more,
});

/** The word that check names for a program. */
async function wordFor(more: PlainRecord = {}): Promise<string> {
  const [complaint = ""] = await schedule.complaints(program(more));
  const [, word] = /confirm: "([a-z]+-[0-9a-f]{8})"/.exec(complaint) ?? [];
  if (word === undefined) throw new Error(`no word in: ${complaint}`);
  return word;
}

/** An `up` that is confirmed. */
async function confirmedUp(more: PlainRecord = {}): Promise<string> {
  return schedule.up(program({ ...more, confirm: await wordFor(more) }));
}

const facts = (): KmsKeyFacts => {
  const stored = world.kms.keys.get(key.keyId);
  if (stored === undefined) throw new Error("the key is gone");
  return stored.facts;
};
const daysLeft = (): number => ((facts().deletionDate?.getTime() ?? 0) - world.kms.now.getTime()) / dayInMs;
const pass = (days: number): void => {
  world.kms.now = new Date(world.kms.now.getTime() + days * dayInMs);
};
const notes = (): readonly string[] => world.custodian.calls.filter((call) => call.startsWith("note"));

describe("scheduling a deletion", () => {
  it("is refused with the consequence and the word, and nothing is written", async () => {
    const [complaint] = await schedule.complaints(program());
    expect(complaint).toMatch(
      /^: in 14 days \(2026-06-15\) AWS deletes this key; everything encrypted with it becomes unreadable for ever.*1 alias points to it.*Until then: remove this resource with onRemove "cancel"\. \[BYOK_CONFIRM_REQUIRED\] To go on: confirm: "[a-z]+-[0-9a-f]{8}"\.$/,
    );
    expect(world.kms.writes).toEqual([]);
  });

  it("says when the key was last used, and since when AWS counts", async () => {
    expect((await schedule.complaints(program())).join()).toContain("When it was last used is not known");
    const day = new Date("2026-04-01T00:00:00Z");
    world.kms.usage = { trackedSince: day, at: world.kms.now, operation: "Decrypt" };
    expect((await schedule.complaints(program())).join()).toContain(
      "It was last used on 2026-06-01 (Decrypt); AWS counts since 2026-04-01.",
    );
  });

  it("needs this very word, tells the consequence again, and leaves the aliases", async () => {
    expect((await schedule.complaints(program({ confirm: "maple-00000000" }))).join()).toContain("another moment");
    await confirmedUp();
    expect(world.kms.writes).toEqual(["scheduleDeletion"]);
    expect(world.warnings.join()).toContain("in 14 days (2026-06-15) AWS deletes this key");
    expect(schedule.outputs).toMatchObject({
      arn: key.arn,
      keyId: key.keyId,
      keyState: "PendingDeletion",
      deletionDate: "2026-06-15T00:00:00.000Z",
      windowInDays: 14,
      enabledBefore: true,
      pending: [],
    });
    expect(world.kms.aliases.get("alias/reports")).toBe(key.keyId);
    expect(notes()).toEqual([`noteDeletion 1 ${key.arn} 2026-06-15T00:00:00.000Z`]);
  });

  it("is unchanged by a second run, which calls nobody and ignores the old word", async () => {
    const word = await wordFor();
    await schedule.up(program({ confirm: word }));
    pass(3);
    world.kms.calls.length = 0;
    expect(await schedule.up(program({ confirm: word }))).toBe("same");
    expect(await schedule.up(program())).toBe("same");
    expect(world.kms.calls).toEqual([]);
  });

  it("binds the word to key, state, date and window", async () => {
    const word = await wordFor();
    expect(await wordFor()).toBe(word);
    expect(await wordFor({ windowInDays: 15 })).not.toBe(word);
    pass(1);
    expect(await wordFor()).toBe(word);
    world.kms.set(key.keyId, { state: "Disabled" });
    expect(await wordFor()).not.toBe(word);
    world.kms.set(key.keyId, { state: "PendingDeletion", deletionDate: new Date("2026-06-20T00:00:00Z") });
    const pending = await wordFor();
    world.kms.set(key.keyId, { deletionDate: new Date("2026-06-21T00:00:00Z") });
    expect(await wordFor()).not.toBe(pending);
  });

  it("waits for a key that is not known yet, and says that a word will be needed", async () => {
    const { failures } = await schedule.check(program({ key: UNKNOWN }));
    expect(failures).toEqual([]);
    expect(world.warnings.join()).toContain("names the word to confirm");
  });

  it("is left in peace by a key that is not known because it changes", async () => {
    await confirmedUp();
    world.warnings.length = 0;
    const { inputs } = await schedule.check(program({ key: UNKNOWN }));
    expect(world.warnings).toEqual([]);
    expect(inputs).toMatchObject({ plannedDay: "2026-06-15", scheduled: true });
    const diff = await deletionSchedule.diff(world.context("retire-reports"), "", schedule.outputs, inputs);
    expect(diff).toEqual({ changes: true, replaces: [] });
  });

  it.each([
    [{ windowInDays: 6 }, "windowInDays: 6 is outside AWS's waiting period"],
    [{ windowInDays: 31 }, "windowInDays: 31 is outside"],
    [{ windowInDays: 7.5 }, "windowInDays: 7.5 is outside"],
    [{ restoreEnabled: true }, 'restoreEnabled: counts only with onRemove: "cancel"'],
    [{ onRemove: "delete" }, "onRemove:"],
    [{ days: 9 }, "days: there is no such property"],
  ])("refuses %j", async (more, words) => {
    expect((await schedule.complaints(program(more))).join()).toContain(words);
    expect(world.kms.calls).toEqual([]);
  });

  it("refuses a key that belongs to another resource, and one that is gone", async () => {
    Object.assign(world.kms.keys.get(key.keyId)?.tags ?? {}, { "byok:lineage": "other" });
    expect((await schedule.complaints(program())).join()).toContain("belongs to another resource");
    world.kms.keys.clear();
    expect((await schedule.complaints(program())).join()).toContain("there is no key");
  });
});

describe("a key that is scheduled already", () => {
  it("is taken over where the date is what the window gives", async () => {
    await world.kms.scheduleDeletion(key.keyId, 14);
    world.kms.now = new Date(world.kms.now.getTime() + 3_600_000);
    world.kms.calls.length = 0;
    await confirmedUp();
    expect(world.kms.writes).toEqual([]);
    expect(schedule.outputs).toMatchObject({ deletionDate: "2026-06-15T00:00:00.000Z", enabledBefore: false });
    expect(notes().at(-1)).toContain("noteDeletion 1");
  });

  it("is cancelled and scheduled anew for another date, disabled in between", async () => {
    await world.kms.scheduleDeletion(key.keyId, 30);
    world.kms.calls.length = 0;
    expect((await schedule.complaints(program())).join()).toContain("As things are it would be deleted on 2026-07-01");
    await confirmedUp();
    expect(world.kms.writes).toEqual(["cancelDeletion", "scheduleDeletion"]);
    expect(daysLeft()).toBe(14);
    expect(notes()).toEqual([`noteRevival 1 ${key.arn}`, `noteDeletion 1 ${key.arn} 2026-06-15T00:00:00.000Z`]);
  });
});

describe("another window", () => {
  beforeEach(async () => {
    await confirmedUp();
    pass(2);
    world.kms.calls.length = 0;
  });

  it("needs a word of its own, cancels and schedules, and never enables the key", async () => {
    expect((await schedule.complaints(program({ windowInDays: 20 }))).join()).toContain("in 20 days (2026-06-23)");
    expect(await confirmedUp({ windowInDays: 20 })).toBe("updated");
    expect(world.kms.writes).toEqual(["cancelDeletion", "scheduleDeletion"]);
    expect(daysLeft()).toBe(20);
    expect(schedule.outputs).toMatchObject({ windowInDays: 20, enabledBefore: true });
    expect(await schedule.up(program({ windowInDays: 20 }))).toBe("same");
  });

  it.each(["cancelDeletion", "scheduleDeletion"] as const)(
    "is finished by the next run with the same word when a run dies before %s, or after it",
    async (step) => {
      for (const after of [false, true]) {
        const word = await wordFor({ windowInDays: after ? 21 : 20 });
        const wanted = program({ windowInDays: after ? 21 : 20, confirm: word });
        const state = { inputs: schedule.inputs, outputs: schedule.outputs };
        world.kms.failAt = undefined;
        const { inputs } = await schedule.check(wanted);
        world.kms.calls.length = 0;
        const order = [
          "callerIdentity",
          "describeKey",
          "listTags",
          "cancelDeletion",
          "describeKey",
          "scheduleDeletion",
        ];
        world.kms.failAt = { call: order.indexOf(step) + 1, after };
        // A killed run leaves the state as it was, whatever the lifecycle would have handed back.
        await deletionSchedule
          .update(world.context("retire-reports"), schedule.id ?? "", state.outputs, inputs)
          .catch(() => undefined);
        world.kms.failAt = undefined;
        expect(facts().state).not.toBe("Enabled");
        expect(await schedule.up(wanted)).toBe("updated");
        expect(daysLeft()).toBe(after ? 21 : 20);
        expect(schedule.outputs).toMatchObject({ keyState: "PendingDeletion", enabledBefore: true, pending: [] });
      }
      expect(world.kms.writes).not.toContain("enable");
    },
  );

  it("is finished without another word where the state knows that it is due", async () => {
    const wanted = program({ windowInDays: 20, confirm: await wordFor({ windowInDays: 20 }) });
    const checked = await schedule.check(wanted);
    expect(checked.failures).toEqual([]);
    world.kms.calls.length = 0;
    world.kms.failAt = { call: 5 + 3, after: false };
    await expect(schedule.up(wanted)).rejects.toThrow();
    world.kms.failAt = undefined;
    await schedule.up(wanted);
    expect(daysLeft()).toBe(20);
  });

  it("does not take the old word where somebody enabled the key meanwhile", async () => {
    const word = await wordFor({ windowInDays: 20 });
    await world.kms.cancelDeletion(key.keyId);
    await world.kms.enable(key.keyId);
    expect((await schedule.complaints(program({ windowInDays: 20, confirm: word }))).join()).toContain(
      "another moment",
    );
  });

  it("never keeps the date for another key", async () => {
    const other = world.kms.add({ state: "Enabled", tags: { "byok:lineage": lineage } });
    const moved = { ...(program()["key"] as object), arn: other.arn, keyId: other.keyId };
    expect((await schedule.complaints(program({ key: moved }))).join()).toContain("key: cannot change");
  });

  it("is not needed to remember what removal does", async () => {
    expect(await schedule.up(program({ onRemove: "cancel", restoreEnabled: true }))).toBe("updated");
    expect(world.kms.calls).toEqual([]);
    expect(schedule.outputs).toMatchObject({ onRemove: "cancel", restoreEnabled: true, keyState: "PendingDeletion" });
  });
});

describe("a create that dies", () => {
  it("between cancel and schedule is kept in the state and finished by the next run", async () => {
    await world.kms.scheduleDeletion(key.keyId, 30);
    const word = await wordFor();
    const { inputs } = await schedule.check(program({ confirm: word }));
    world.kms.calls.length = 0;
    world.kms.failAt = { call: 6, after: false };
    let kept: PlainRecord = {};
    await deletionSchedule.create(world.context("retire-reports"), inputs).catch((error: unknown) => {
      kept = (error as { outputs: PlainRecord }).outputs;
    });
    world.kms.failAt = undefined;
    expect(world.kms.writes).toEqual(["cancelDeletion", "scheduleDeletion"]);
    expect(kept).toMatchObject({ keyState: "Disabled", pending: ["schedule the key's deletion"] });
    schedule.id = "deletion-schedule-1";
    schedule.inputs = inputs;
    schedule.outputs = kept;
    expect(await schedule.up(program({ confirm: word }))).toBe("updated");
    expect(daysLeft()).toBe(14);
  });

  it("after scheduling is taken over by the next run", async () => {
    const { inputs } = await schedule.check(program({ confirm: await wordFor() }));
    await deletionSchedule.create(world.context("retire-reports"), inputs);
    world.kms.calls.length = 0;
    await confirmedUp();
    expect(world.kms.writes).toEqual([]);
    expect(daysLeft()).toBe(14);
  });

  it("before anything changed leaves nothing behind", async () => {
    const word = await wordFor();
    world.engineLost = true;
    await expect(schedule.up(program({ confirm: word }))).rejects.toThrow("the engine is gone");
    expect(schedule.id).toBeUndefined();
    expect(world.kms.writes).toEqual([]);
  });
});

describe("removing the schedule", () => {
  it("leaves the deletion as it is, and says so", async () => {
    await confirmedUp();
    world.kms.calls.length = 0;
    await schedule.destroy();
    expect(world.kms.calls).toEqual([]);
    expect(world.warnings.at(-1)).toContain("stays scheduled for deletion: AWS deletes it on 2026-06-15");
  });

  it("with cancel takes it back and leaves the key disabled; the token hears of it first", async () => {
    await confirmedUp({ onRemove: "cancel" });
    world.custodian.calls.length = 0;
    await schedule.destroy();
    expect(facts().state).toBe("Disabled");
    expect(world.kms.writes).toEqual(["scheduleDeletion", "cancelDeletion"]);
    expect(notes()).toEqual([`noteRevival 1 ${key.arn}`]);
    expect(world.infos.at(-1)).toContain("kms:EnableKey");
  });

  it("with restoreEnabled enables what was enabled before", async () => {
    await confirmedUp({ onRemove: "cancel", restoreEnabled: true });
    await schedule.destroy();
    expect(facts().state).toBe("Enabled");
  });

  it("with restoreEnabled leaves disabled what was disabled before", async () => {
    world.kms.set(key.keyId, { state: "Disabled" });
    await confirmedUp({ onRemove: "cancel", restoreEnabled: true });
    await schedule.destroy();
    expect(facts().state).toBe("Disabled");
  });

  it("leaves disabled what nobody knows about, and said so beforehand", async () => {
    await world.kms.scheduleDeletion(key.keyId, 14);
    await confirmedUp({ onRemove: "cancel", restoreEnabled: true });
    expect(world.warnings.join()).toContain("not known whether it was enabled");
    await schedule.destroy();
    expect(facts().state).toBe("Disabled");
  });

  it("goes on where a run died between cancelling and enabling", async () => {
    await confirmedUp({ onRemove: "cancel", restoreEnabled: true });
    world.kms.calls.length = 0;
    world.kms.failAt = { call: 6, after: false };
    await expect(schedule.destroy()).rejects.toThrow("planned failure before enable");
    world.kms.failAt = undefined;
    await schedule.destroy();
    expect(facts().state).toBe("Enabled");
  });

  it("leaves a key alone that another resource took over", async () => {
    await confirmedUp({ onRemove: "cancel" });
    Object.assign(world.kms.keys.get(key.keyId)?.tags ?? {}, { "byok:lineage": "other" });
    await schedule.destroy();
    expect(facts().state).toBe("PendingDeletion");
    expect(world.warnings.at(-1)).toContain("belongs to another resource");
  });

  it("leaves a key alone that the new half of a replacement has scheduled", async () => {
    await confirmedUp({ onRemove: "cancel" });
    const newHalf = world.resource(deletionSchedule, "retire-reports");
    const [complaint = ""] = await newHalf.complaints(program());
    await newHalf.up(program({ confirm: /confirm: "([^"]+)"/.exec(complaint)?.[1] }));
    await schedule.destroy();
    expect(facts().state).toBe("PendingDeletion");
  });

  it("cancels also where the token cannot be asked, and warns", async () => {
    await confirmedUp({ onRemove: "cancel" });
    world.custodian.failure = new ByokError("BYOK_TOKEN_NOT_FOUND", "no token");
    await schedule.destroy();
    expect(facts().state).toBe("Disabled");
    expect(world.warnings.join()).toContain("the token could not note that this copy stays");
  });
});

describe("what refresh finds", () => {
  beforeEach(async () => confirmedUp({ onRemove: "cancel", restoreEnabled: true }).then(() => undefined));

  it("a deletion that somebody cancelled: told, and scheduled again only with a new word", async () => {
    const confirm = String(schedule.inputs["confirm"]);
    await world.kms.cancelDeletion(key.keyId);
    await schedule.refresh();
    expect(world.warnings.join()).toContain("drift: somebody cancelled the deletion; the key is Disabled");
    expect(schedule.outputs).toMatchObject({ keyState: "Disabled", scheduled: false, enabledBefore: false });
    expect((await schedule.complaints(program({ confirm }))).join()).toContain("another moment");
    expect(await confirmedUp({ onRemove: "cancel", restoreEnabled: true })).toBe("updated");
    await schedule.destroy();
    expect(facts().state).toBe("Disabled");
  });

  it("a key that somebody enabled again as well: its first word is spent", async () => {
    const confirm = String(schedule.inputs["confirm"]);
    await world.kms.cancelDeletion(key.keyId);
    world.kms.set(key.keyId, { state: "Enabled" });
    await schedule.refresh();
    expect((await schedule.complaints(program({ confirm }))).join()).toContain("another moment");
    expect(await confirmedUp({ onRemove: "cancel", restoreEnabled: true })).toBe("updated");
    expect(facts().state).toBe("PendingDeletion");
  });

  it("another date: told, and kept", async () => {
    world.kms.set(key.keyId, { deletionDate: new Date("2026-06-09T00:00:00Z") });
    await schedule.refresh();
    expect(world.warnings.join()).toContain("drift: AWS deletes the key on 2026-06-09, not on 2026-06-15");
    expect(await schedule.up(program({ onRemove: "cancel", restoreEnabled: true }))).toBe("same");
    expect(facts().deletionDate?.toISOString()).toContain("2026-06-09");
  });

  it("a key that is gone: it stays as Destroyed, and up says which lines to remove", async () => {
    pass(15);
    world.kms.keys.clear();
    await schedule.refresh();
    expect(schedule.outputs).toMatchObject({ keyState: "Destroyed", deletionDate: "2026-06-15T00:00:00.000Z" });
    expect(await schedule.up(program({ onRemove: "cancel", restoreEnabled: true }))).toBe("same");
    expect(world.warnings.at(-1)).toContain(
      'Remove these lines from the program: the DeletionSchedule "retire-reports" and the AwsKmsKey "reports"',
    );
    await schedule.destroy();
    expect(world.kms.writes).toEqual(["scheduleDeletion"]);
  });

  it("nothing new: no change", async () => {
    const before = schedule.outputs;
    await schedule.refresh();
    expect(schedule.outputs).toEqual(before);
    expect(await schedule.up(program({ onRemove: "cancel", restoreEnabled: true }))).toBe("same");
  });
});

describe("the key itself", () => {
  it("has nothing to do while it waits for its deletion, also after a refresh", async () => {
    const copy = world.resource(awsKmsKey, "payments");
    await copy.up(keyProgram());
    await world.kms.scheduleDeletion(String(copy.outputs["keyId"]), 14);
    await copy.refresh();
    expect(world.warnings.join()).toContain("drift: the key is scheduled for deletion; AWS deletes it on 2026-06-15");
    expect(copy.outputs).toMatchObject({ keyState: "PendingDeletion", pending: [] });
    world.warnings.length = 0;
    expect(await copy.up(keyProgram())).toBe("same");
    expect(world.warnings.join()).toContain("is scheduled for deletion: AWS deletes it on 2026-06-15");
    await world.kms.cancelDeletion(String(copy.outputs["keyId"]));
    await copy.refresh();
    expect(await copy.up(keyProgram({ enabled: false }))).toBe("same");
    expect(await copy.up(keyProgram())).toBe("updated");
  });
});

describe("after the window", () => {
  it("an up without a refresh looks, and finds the key gone", async () => {
    await confirmedUp();
    pass(15);
    expect(await schedule.up(program())).toBe("updated");
    expect(schedule.outputs).toMatchObject({ keyState: "PendingDeletion" });
    world.kms.keys.clear();
    expect(await schedule.up(program())).toBe("updated");
    expect(schedule.outputs).toMatchObject({ keyState: "Destroyed" });
    expect(await schedule.up(program())).toBe("same");
  });
});
