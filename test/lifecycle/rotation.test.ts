import { awsKmsKey } from "../../provider/lifecycle/aws-kms-key";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { sourceKey } from "../../provider/lifecycle/source-key";
import { keyProgram, sourceRecord, World, type EngineResource } from "./lifecycle-world";

const day = 86_400_000;
let world: World;
let key: EngineResource;
beforeEach(() => {
  world = new World();
  key = world.resource(awsKmsKey, "payments");
});
const pass = (days: number): void => {
  world.kms.now = new Date(world.kms.now.getTime() + days * day);
};

describe("a source key with a schedule", () => {
  const urn = "urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:SourceKey::payments-master";
  const program = (more: PlainRecord = {}): PlainRecord => ({
    group: sourceRecord.group,
    spec: "AES_256",
    self: urn,
    organization: "acme",
    ...more,
  });
  let source: EngineResource;
  beforeEach(() => {
    source = world.resource(sourceKey, "payments-master");
  });
  const versions = (): readonly number[] => world.custodian.versions.map(({ version }) => version);
  const quarterly = program({ rotation: { every: "90d" } });

  it("is rotated one period after it was made, and not before", async () => {
    await source.up(quarterly);
    pass(89);
    expect(await source.up(quarterly)).toBe("same");
    pass(1);
    expect(await source.up(quarterly)).toBe("updated");
    expect(source.outputs).toMatchObject({ version: 2, nextRotation: "2026-11-28T00:00:00.000Z" });
    expect(await source.up(quarterly)).toBe("same");
    expect(versions()).toEqual([1, 2]);
  });

  it("is rotated once, however many moments were missed", async () => {
    await source.up(quarterly);
    pass(90 * 3 + 5);
    await source.up(quarterly);
    expect(await source.up(quarterly)).toBe("same");
    expect(versions()).toEqual([1, 2]);
    expect(source.outputs["nextRotation"]).toBe("2027-05-27T00:00:00.000Z");
  });

  it("is rotated at its start, where one is named", async () => {
    const planned = program({ rotation: { every: "12mo", startAt: "2026-06-10T03:00:00Z" } });
    await source.up(planned);
    pass(9);
    expect(await source.up(planned)).toBe("same");
    world.kms.now = new Date("2026-06-10T02:59:59Z");
    expect((await source.check(planned)).inputs).toMatchObject({ version: 1 });
    world.kms.now = new Date("2026-06-10T03:00:00Z");
    expect((await source.check(planned)).inputs).toMatchObject({ version: 2 });
  });

  it("goes on after a run with a clock far ahead, and a changed schedule says which due rotation it leaves behind", async () => {
    const scheduled = program({ rotation: { every: "90d", startAt: "2026-07-01T00:00:00Z" } });
    await source.up(scheduled);
    world.kms.now = new Date("2090-01-01T00:00:00Z");
    await source.up(scheduled);
    world.kms.now = new Date("2026-06-02T00:00:00Z");
    await source.up(scheduled);
    expect(world.warnings.join()).toContain("its recorded schedule is ahead of the time");
    expect(source.outputs).toMatchObject({ version: 2, nextRotation: "2026-07-01T00:00:00.000Z" });
    world.kms.now = new Date("2026-07-02T00:00:00Z");
    await source.up(program({ rotation: { every: "12mo" } }));
    expect(world.warnings.join()).toContain(
      "was due for rotation since 2026-07-01T00:00:00.000Z by its former schedule",
    );
    expect(source.outputs).toMatchObject({ version: 2, nextRotation: "2027-07-02T00:00:00.000Z" });
  });

  it("is not rotated by writing a schedule down, changing it or removing it", async () => {
    await source.up(program());
    pass(1000);
    for (const rotation of [
      { every: "30d", startAt: "2026-01-01T00:00:00Z" },
      { every: "10d", startAt: "2026-01-01T00:00:00Z" },
      { every: "10d", startAt: "2025-01-01T00:00:00Z" },
      undefined,
    ]) {
      const written = program(rotation === undefined ? {} : { rotation });
      await source.up(written);
      expect(await source.up(written)).toBe("same");
      expect(versions()).toEqual([1]);
    }
  });

  it("is rotated by another value of its trigger, once, and not by the first one or by none", async () => {
    await source.up(program({ rotationTrigger: "one" }));
    await source.up(program());
    expect(versions()).toEqual([1]);
    await source.up(program({ rotationTrigger: "two" }));
    expect(await source.up(program({ rotationTrigger: "two" }))).toBe("same");
    expect(versions()).toEqual([1, 2]);
  });

  it("that died after the token had made the version goes on with it, with or without a refresh in between", async () => {
    for (const refreshed of [false, true]) {
      world = new World();
      source = world.resource(sourceKey, "payments-master");
      await source.up(quarterly);
      pass(90);
      // What a killed run leaves: the token has version 2, the state knows of nothing.
      const owner = String(source.outputs["owner"]);
      await world.custodian.generate({ owner, version: 2, name: "payments-master", spec: "AES_256" });
      if (refreshed) await source.refresh();
      await source.up(quarterly);
      expect(source.outputs["version"]).toBe(2);
      expect(await source.up(quarterly)).toBe("same");
      expect(versions()).toEqual([1, 2]);
      pass(90);
      await source.up(quarterly);
      expect(versions()).toEqual([1, 2, 3]);
    }
  });

  it("of an older state is not rotated to a version that the token has left behind", async () => {
    await source.up(program({ rotationTrigger: "one" }));
    const old = { inputs: source.inputs, outputs: source.outputs };
    for (const rotationTrigger of ["two", "three"]) await source.up(program({ rotationTrigger }));
    Object.assign(source, old);
    await expect(source.up(program({ rotationTrigger: "four" }))).rejects.toThrow(
      /token holds version 3 of "payments-master" by now, and this run was planned with version 2/,
    );
    expect(versions()).toEqual([1, 2, 3]);
  });

  it("found again by a new state goes on from the newest version, and is not rotated by being found", async () => {
    await source.up(quarterly);
    pass(90);
    await source.up(quarterly);
    const again = world.resource(sourceKey, "payments-master");
    await again.up(program({ rotation: { every: "90d", startAt: "2026-06-01T00:00:00Z" }, rotationTrigger: "x" }));
    expect(again.outputs["version"]).toBe(2);
    expect(versions()).toEqual([1, 2]);
  });

  it.each([
    [{ every: "90" }, 'rotation.every: "90" is no rotation period'],
    [{ every: "90d", startAt: "monday" }, 'rotation.startAt: "monday" is no ISO 8601'],
    [{ every: "90d", startAt: "2026-08-30T03:00:00" }, "it has no time zone"],
    [{ every: "90d", start: "2027-01-01" }, "rotation.start: there is no such property"],
  ])("is refused as %j", async (rotation, complaint) => {
    expect((await source.complaints(program({ rotation })))[0]).toContain(complaint);
  });

  it("is refused of a closed key, whose versions nobody could copy", async () => {
    expect(await source.complaints(program({ rotation: { every: "90d" }, exportable: false }))).toEqual([
      expect.stringContaining("rotation: a closed key"),
    ]);
  });
});

/** The program after its source was rotated. */
const at = (version: number, more: PlainRecord = {}): PlainRecord =>
  keyProgram({ material: { source: { ...sourceRecord, version } }, ...more });
const keyIds = (): readonly string[] => [...world.kms.keys.keys()];
const stateOf = (keyId: unknown): string | undefined => world.kms.keys.get(String(keyId))?.facts.state;

describe("a copy that is rotated by a new key", () => {
  it("gets a new KMS key, and its alias moves once that is ready", async () => {
    await key.up(at(1));
    const former = key.outputs["keyId"];
    world.kms.calls.length = 0;
    expect(await key.up(at(2))).toBe("updated");
    expect(world.kms.writes).toEqual(["createKey", "updateAlias"]);
    expect(world.kms.aliases.get("alias/payments")).toBe(key.outputs["keyId"]);
    expect(stateOf(former)).toBe("Enabled");
    expect(key.outputs).toMatchObject({
      version: 2,
      pending: [],
      proof: { sourceVersion: 2 },
      link: { sourceVersion: 2 },
      versions: [
        { version: 1, keyId: former, keyState: "Enabled", afterRotation: "keep" },
        { version: 2, keyId: key.outputs["keyId"], keyState: "Enabled" },
      ],
    });
    expect(await key.up(at(2))).toBe("same");
  });

  it("says beforehand what happens to the aliases and to the former key", async () => {
    await key.up(at(1));
    await key.up(at(2, { afterRotation: "disable" }));
    expect(world.warnings.join("\n")).toContain(
      "is rotated to version 2 by a new KMS key. alias/payments moves to it once it is ready. The former key",
    );
    expect(world.warnings.join("\n")).toContain("is disabled afterwards: what it encrypted cannot be read");
  });

  it("stays where it is with follow: false, and says nothing", async () => {
    await key.up(at(1, { follow: false }));
    expect(await key.up(at(2, { follow: false }))).toBe("same");
    expect(keyIds()).toHaveLength(1);
    await key.up(at(2));
    expect(key.outputs["version"]).toBe(2);
  });

  it("by the group's trigger remembers which version of the source each of its own is, and notes a deletion for that one", async () => {
    const group = (rotateAllTrigger: string): PlainRecord => ({
      group: { ...(keyProgram()["group"] as PlainRecord), rotateAllTrigger },
    });
    await key.up(at(1));
    const [first, second] = ["may", "june"];
    await key.up(at(1, group(first)));
    await key.up(at(1, group(second)));
    await key.up(at(2, group(second)));
    expect(key.outputs).toMatchObject({
      version: 4,
      proof: { sourceVersion: 2 },
      versions: [
        { version: 1, from: { sourceVersion: 1 } },
        { version: 2, from: { sourceVersion: 1 } },
        { version: 3, from: { sourceVersion: 1 } },
        { version: 4, from: { sourceVersion: 2 } },
      ],
    });
    await key.destroy();
    const noted = world.custodian.calls.filter((call) => call.startsWith("noteDeletion"));
    expect(noted.map((call) => call.split(" ")[1]).sort()).toEqual(["1", "1", "1", "2"]);
  });

  it("gets its material back before a rotation leaves it behind, asked for or lost: what it encrypted stays readable", async () => {
    await key.up(at(1));
    const former = String(key.outputs["keyId"]);
    world.kms.set(former, { state: "PendingImport" });
    await key.refresh();
    await key.up(at(2));
    expect(stateOf(former)).toBe("Enabled");
    expect(key.outputs).toMatchObject({ version: 2, keyState: "Enabled" });
    expect(await key.up(at(2))).toBe("same");
  });

  it("whose material was deleted on purpose is rotated by the run after the one that brings it back", async () => {
    await key.up(at(1));
    const former = String(key.outputs["keyId"]);
    await expect(key.up(at(1, { materialState: "deleted" }))).rejects.toThrow(/would be deleted at once/);
    const [, word = ""] = /confirm: "([a-z]+-[0-9a-f]{8})"/.exec(world.warnings.join("\n")) ?? [];
    await key.up(at(1, { materialState: "deleted", confirm: word }));
    await key.up(at(2, { materialState: "imported" }));
    expect([key.outputs["keyId"], stateOf(former)]).toEqual([former, "Enabled"]);
    await key.up(at(2, { materialState: "imported" }));
    expect(key.outputs).toMatchObject({ version: 2, keyState: "Enabled" });
    expect(stateOf(former)).toBe("Enabled");
  });

  it("that is gone leaves its former keys AWS's longest waiting period: nobody was asked about them", async () => {
    await key.up(at(1, { deletionWindowInDays: 7 }));
    const former = String(key.outputs["keyId"]);
    await key.up(at(2, { deletionWindowInDays: 7 }));
    world.kms.keys.delete(String(key.outputs["keyId"]));
    await key.destroy();
    expect(world.kms.keys.get(former)?.facts.deletionDate).toEqual(new Date(world.kms.now.getTime() + 30 * day));
  });

  it("is rotated by a new key also where somebody took its tags away", async () => {
    await key.up(at(1));
    const former = String(key.outputs["keyId"]);
    await world.kms.untag(former, ["byok:version", "byok:owner", "byok:lineage"]);
    await key.up(at(2));
    expect(key.outputs["keyId"]).not.toBe(former);
    expect(stateOf(former)).toBe("Enabled");
  });

  it("forgets a setting that the program names no more, once", async () => {
    await key.up(at(1, { afterRotation: "disable", disableDays: 3, follow: false }));
    expect(await key.up(at(1))).toBe("updated");
    expect(key.outputs).not.toHaveProperty("afterRotation");
    expect(await key.up(at(1))).toBe("same");
  });

  it("leaves behind no alias that the program gave up in the same run", async () => {
    await key.up(at(1, { aliases: ["alias/payments", "alias/old"] }));
    await key.up(at(2, { aliases: ["alias/payments", "alias/new"] }));
    expect([...world.kms.aliases].sort()).toEqual([
      ["alias/new", key.outputs["keyId"]],
      ["alias/payments", key.outputs["keyId"]],
    ]);
  });

  it.each(["before", "after"] as const)(
    "that dies %s it deletes an alias that was given up remembers both, and the next run deletes it; so does one after a refresh",
    async (when) => {
      for (const refreshes of [false, true]) {
        world = new World();
        key = world.resource(awsKmsKey, "payments");
        await key.up(at(1, { aliases: ["alias/payments", "alias/old"] }));
        const former = key.outputs["keyId"];
        const { deleteAlias } = world.kms;
        world.kms.deleteAlias = async (alias) => {
          if (when === "after") await deleteAlias(alias);
          throw new Error("the connection broke");
        };
        await expect(key.up(at(2))).rejects.toThrow(/gave up failed/);
        expect(key.outputs["keyId"]).not.toBe(former);
        expect(key.outputs["aliases"]).toEqual(["alias/old", "alias/payments"]);
        world.kms.deleteAlias = deleteAlias;
        if (refreshes) await key.refresh();
        await key.up(at(2));
        expect([...world.kms.aliases]).toEqual([["alias/payments", key.outputs["keyId"]]]);
        expect(await key.up(at(2))).toBe("same");
      }
    },
  );

  it("that is killed with a given-up alias still on the former key loses it by the run after a refresh", async () => {
    await key.up(at(1, { aliases: ["alias/payments", "alias/old"] }));
    const { inputs, outputs } = key;
    await key.up(at(2));
    world.kms.aliases.set("alias/old", String(outputs["keyId"]));
    Object.assign(key, { inputs, outputs });
    await key.refresh();
    await key.up(at(2));
    expect([...world.kms.aliases]).toEqual([["alias/payments", key.outputs["keyId"]]]);
    expect(keyIds()).toHaveLength(2);
    expect(await key.up(at(2))).toBe("same");
  });

  it("makes no key where the token is not known, so that nothing could be imported into it", async () => {
    await key.up(at(1));
    const unknown = { ...sourceRecord.group, abilities: undefined, identity: undefined };
    await expect(
      key.up(at(2, { material: { source: { ...sourceRecord, version: 2, group: unknown } } })),
    ).rejects.toThrow(/What the token can do is not known/);
    expect(keyIds()).toHaveLength(1);
  });

  it.each([1, 2])(
    "by the group's trigger rotates once, killed at its end and refreshed, the %s. time",
    async (time) => {
      const trigger = (rotateAllTrigger: string): PlainRecord =>
        at(1, { group: { ...(keyProgram()["group"] as PlainRecord), rotateAllTrigger } });
      await key.up(at(1));
      if (time === 2) await key.up(trigger("first"));
      const { inputs, outputs } = key;
      await key.up(trigger("now"));
      const made = key.outputs["keyId"];
      Object.assign(key, { inputs, outputs });
      await key.refresh();
      await key.up(trigger("now"));
      expect(key.outputs).toMatchObject({ keyId: made, version: time + 1, proof: { sourceVersion: 1 }, pending: [] });
      expect(keyIds()).toHaveLength(time + 1);
      expect(world.kms.aliases.get("alias/payments")).toBe(made);
      expect(await key.up(trigger("now"))).toBe("same");
    },
  );

  it("never takes an alias that another key has, and tells so before anything is made", async () => {
    await key.up(at(1));
    world.kms.aliases.set("alias/other", world.kms.add().keyId);
    await expect(key.up(at(2, { aliases: ["alias/payments", "alias/other"] }))).rejects.toThrow(
      /alias\/other belongs to another key/,
    );
    expect(keyIds()).toHaveLength(2);
    expect(world.kms.aliases.get("alias/payments")).toBe(key.outputs["keyId"]);
  });

  it("disables the former key, once: whoever enables it again is not overruled", async () => {
    await key.up(at(1, { afterRotation: "disable" }));
    const former = String(key.outputs["keyId"]);
    await key.up(at(2, { afterRotation: "disable" }));
    expect(stateOf(former)).toBe("Disabled");
    world.kms.set(former, { state: "Enabled" });
    await key.refresh();
    expect(await key.up(at(2, { afterRotation: "disable" }))).toBe("same");
    expect(stateOf(former)).toBe("Enabled");
  });

  it("schedules the former key's deletion only after it was disabled for disableDays, with AWS's longest window", async () => {
    const program = at(2, { afterRotation: "scheduleDeletion", disableDays: 14, deletionWindowInDays: 7 });
    await key.up(at(1));
    const former = String(key.outputs["keyId"]);
    await key.up(program);
    expect(stateOf(former)).toBe("Disabled");
    pass(13);
    expect(await key.up(program)).toBe("same");
    pass(1);
    world.warnings.length = 0;
    expect(await key.up(program)).toBe("updated");
    expect(world.warnings.join()).toContain("becomes unreadable for ever");
    expect(world.kms.keys.get(former)?.facts.deletionDate).toEqual(new Date(world.kms.now.getTime() + 30 * day));
    expect(await key.up(program)).toBe("same");
    // A cancelled deletion stays cancelled.
    await world.kms.cancelDeletion(former);
    await key.refresh();
    expect(await key.up(program)).toBe("same");
    expect(stateOf(former)).toBe("Disabled");
  });

  it("leaves a former key alone as long as anybody's alias points to it, and says whose", async () => {
    const program = at(2, { afterRotation: "disable" });
    await key.up(at(1));
    const former = String(key.outputs["keyId"]);
    world.kms.aliases.set("alias/of-another-resource", former);
    await key.up(program);
    expect(stateOf(former)).toBe("Enabled");
    expect(world.warnings.join()).toContain("alias/of-another-resource still points to the former key");
    world.kms.aliases.delete("alias/of-another-resource");
    expect(await key.up(program)).toBe("updated");
    expect(stateOf(former)).toBe("Disabled");
    expect(await key.up(program)).toBe("same");
  });

  it("that is pending deletion gets no new key in its place", async () => {
    await key.up(at(1));
    await world.kms.scheduleDeletion(String(key.outputs["keyId"]), 30);
    await expect(key.up(at(2))).rejects.toThrow(/is scheduled for deletion, and payments-master has version 2 by now/);
    await key.up(at(2, { follow: false }));
    expect(await key.up(at(2, { follow: false }))).toBe("same");
    expect(keyIds()).toHaveLength(1);
  });

  it("takes all its KMS keys along when it is destroyed", async () => {
    await key.up(at(1));
    await key.up(at(2));
    await key.destroy();
    expect(keyIds().map(stateOf)).toEqual(["PendingDeletion", "PendingDeletion"]);
    expect(world.kms.aliases.size).toBe(0);
  });

  it("shows a former key that is gone as destroyed", async () => {
    await key.up(at(1));
    const former = String(key.outputs["keyId"]);
    await key.up(at(2));
    world.kms.keys.delete(former);
    await key.refresh();
    expect(key.outputs["versions"]).toMatchObject([{ keyState: "Destroyed" }, { keyState: "Enabled" }]);
    expect(await key.up(at(2))).toBe("same");
  });

  it("never goes back with a state of yesterday: refresh goes on from the key that the alias has", async () => {
    await key.up(at(1));
    const yesterday = { inputs: key.inputs, outputs: key.outputs };
    await key.up(at(2));
    const newest = key.outputs["keyId"];
    Object.assign(key, yesterday);
    expect(await key.up(at(1))).toBe("same");
    await key.refresh();
    expect(key.outputs).toMatchObject({ keyId: newest, version: 2 });
    expect(await key.up(at(1))).toBe("same");
    expect(world.kms.aliases.get("alias/payments")).toBe(newest);
    expect(world.warnings.join()).toContain("nothing goes back");
    expect(keyIds()).toHaveLength(2);
  });

  it("asks to acknowledge what a moved alias breaks for a key that is not symmetric", async () => {
    const signing = (version: number, more: PlainRecord = {}): PlainRecord =>
      keyProgram({ material: { source: { ...sourceRecord, spec: "EC_P256", version } }, ...more });
    await key.up(signing(1));
    expect(await key.complaints(signing(2))).toEqual([
      expect.stringMatching(/^acknowledgeOldOutputs: .*alias\/payments would move.*signatures of the former key/),
    ]);
    expect(await key.complaints(signing(2, { follow: false }))).toEqual([]);
    expect(await key.complaints(signing(2, { aliases: [] }))).toEqual([]);
    await key.up(signing(2, { acknowledgeOldOutputs: true }));
    expect(key.outputs["version"]).toBe(2);
  });
});

describe("a copy that is rotated in place", () => {
  const inPlace = (version: number, more: PlainRecord = {}): PlainRecord =>
    at(version, { rotationMode: "in-place", ...more });

  it("keeps its KMS key, which takes the new material and keeps the old one", async () => {
    await key.up(inPlace(1));
    const { keyId } = key.outputs;
    world.kms.calls.length = 0;
    expect(await key.up(inPlace(2))).toBe("updated");
    expect(world.kms.writes).toEqual(["rotateOnDemand", "tag"]);
    expect(keyIds()).toEqual([keyId]);
    const [old, current] = world.kms.keys.get(String(keyId))?.materials ?? [];
    expect([old?.state, current?.state]).toEqual(["NON_CURRENT", "CURRENT"]);
    expect(key.outputs).toMatchObject({
      version: 2,
      pending: [],
      proof: { sourceVersion: 2, keyMaterialId: current?.keyMaterialId },
      versions: [
        { version: 1, keyId, keyMaterialId: old?.keyMaterialId },
        { version: 2, keyId, keyMaterialId: current?.keyMaterialId },
      ],
    });
    expect(await key.up(inPlace(2))).toBe("same");
    expect(world.warnings.join()).toContain("ARN and aliases stay, and what version 1 encrypted stays readable");
  });

  it("gets each lost material back from its own version", async () => {
    await key.up(inPlace(1));
    await key.up(inPlace(2));
    await key.up(inPlace(3));
    const keyId = String(key.outputs["keyId"]);
    for (const version of [1, 3]) world.kms.loseMaterial(keyId, version);
    await key.refresh();
    world.custodian.imports.length = 0;
    expect(await key.up(inPlace(3))).toBe("updated");
    expect(world.custodian.imports.map(({ version }) => version)).toEqual([1, 3]);
    expect(stateOf(keyId)).toBe("Enabled");
    expect(key.outputs).toMatchObject({ keyState: "Enabled", proof: { sourceVersion: 3 } });
    expect(await key.up(inPlace(3))).toBe("same");
  });

  it("gets a lost material back before it is rotated", async () => {
    await key.up(inPlace(1));
    world.kms.loseMaterial(String(key.outputs["keyId"]), 1);
    await key.up(inPlace(2));
    expect(world.custodian.imports.map(({ version }) => version)).toEqual([1, 1, 2]);
    expect(key.outputs).toMatchObject({ version: 2, keyState: "Enabled", pending: [] });
  });

  it("changes the expiry of every material", async () => {
    await key.up(inPlace(1));
    await key.up(inPlace(2));
    await key.up(inPlace(2, { validTo: "2026-09-01T00:00:00Z" }));
    const materials = world.kms.keys.get(String(key.outputs["keyId"]))?.materials ?? [];
    expect(materials.map((material) => material.validTo?.toISOString())).toEqual([
      "2026-09-01T00:00:00.000Z",
      "2026-09-01T00:00:00.000Z",
    ]);
    expect(await key.up(inPlace(2, { validTo: "2026-09-01T00:00:00Z" }))).toBe("same");
  });

  it("can be rotated by a new key afterwards, which takes one act to retire the former key", async () => {
    await key.up(inPlace(1));
    await key.up(inPlace(2));
    const former = String(key.outputs["keyId"]);
    world.kms.calls.length = 0;
    await key.up(at(3, { afterRotation: "disable" }));
    expect(world.kms.writes).toEqual(["createKey", "updateAlias", "disable"]);
    expect(stateOf(former)).toBe("Disabled");
    expect(key.outputs["versions"]).toMatchObject([{ version: 1 }, { version: 2 }, { version: 3 }]);
  });

  it("warns when AWS allows three rotations or fewer afterwards", async () => {
    await key.up(inPlace(1));
    for (let version = 2; version <= 22; version += 1) await key.up(inPlace(version));
    expect(world.warnings.join()).not.toContain("rotations in place are left");
    await key.up(inPlace(23));
    expect(world.warnings.join()).toContain("3 rotations in place are left for this KMS key");
  });

  it("is refused for other types, and while the key is to be disabled", async () => {
    const signing = keyProgram({
      material: { source: { ...sourceRecord, spec: "EC_P256" } },
      rotationMode: "in-place",
    });
    expect(await key.complaints(signing)).toEqual([expect.stringContaining('rotationMode: "in-place" is for AES_256')]);
    await key.up(inPlace(1, { enabled: false }));
    expect(await key.complaints(inPlace(2, { enabled: false }))).toEqual([
      expect.stringContaining("rotationMode: AWS rotates only an enabled key in place"),
    ]);
  });
});

describe("a rotation that dies", () => {
  /** Everything that can be seen of the outcome, without what differs from run to run. */
  const outcome = (): unknown => ({
    versions: (key.outputs["versions"] as readonly PlainRecord[]).map(({ version, keyState, afterRotation }) => [
      version,
      keyState,
      afterRotation,
    ]),
    aliases: [...world.kms.aliases.entries()].map(([alias, target]) => [alias, target === key.outputs["keyId"]]),
    materials: [...world.kms.keys.values()].map(({ facts, materials }) => [
      facts.state,
      materials.map(({ version, state, imported }) => [version, state, imported]),
    ]),
    pending: key.outputs["pending"],
    proof: (key.outputs["proof"] as PlainRecord)["sourceVersion"],
  });

  describe.each(["new-key", "in-place"])("%s", (rotationMode) => {
    const program = (version: number): PlainRecord =>
      at(version, { rotationMode, afterRotation: "disable", aliases: ["alias/payments", "alias/ledger"] });

    async function start(): Promise<void> {
      world = new World();
      key = world.resource(awsKmsKey, "payments");
      await key.up(program(1));
      world.kms.calls.length = 0;
    }

    it("before or after any call is finished by the next run, whatever the state kept of it", async () => {
      await start();
      await key.up(program(2));
      const calls = world.kms.calls.length;
      const expected = outcome();
      for (let call = 1; call <= calls; call += 1) {
        for (const after of [false, true]) {
          for (const kept of [true, false]) {
            await start();
            const before = { id: key.id, inputs: key.inputs, outputs: key.outputs };
            world.kms.failAt = { call, after };
            await expect(key.up(program(2))).rejects.toThrow(/planned failure/);
            world.kms.failAt = undefined;
            const target = world.kms.aliases.get("alias/payments") ?? "";
            expect(stateOf(target)).toBe("Enabled");
            if (!kept) Object.assign(key, before);
            await key.up(program(2));
            expect({ call, after, kept, outcome: outcome() }).toEqual({ call, after, kept, outcome: expected });
            expect(await key.up(program(2))).toBe("same");
          }
        }
      }
    });

    it.each(["before", "after"] as const)("%s the import is finished by the next run", async (when) => {
      await start();
      await key.up(program(2));
      const expected = outcome();
      for (const kept of [true, false]) {
        await start();
        const before = { id: key.id, inputs: key.inputs, outputs: key.outputs };
        world.custodian.failImport = when;
        await expect(key.up(program(2))).rejects.toThrow(/planned failure/);
        if (!kept) Object.assign(key, before);
        await key.up(program(2));
        expect({ kept, outcome: outcome() }).toEqual({ kept, outcome: expected });
        expect(await key.up(program(2))).toBe("same");
      }
    });

    it("leaves nothing behind when the resource is destroyed instead", async () => {
      await start();
      const calls = 40;
      for (let call = 1; call <= calls; call += 1) {
        await start();
        world.kms.failAt = { call, after: true };
        const died = await key.up(program(2)).then(
          () => false,
          () => true,
        );
        world.kms.failAt = undefined;
        if (!died) break;
        await key.destroy();
        const recorded = (key.outputs["versions"] as readonly PlainRecord[]).map(({ keyId }) => String(keyId));
        for (const keyId of recorded) expect(stateOf(keyId)).toBe("PendingDeletion");
        for (const target of world.kms.aliases.values()) expect(recorded).not.toContain(target);
      }
    });
  });
});
