import { createHash } from "node:crypto";
import { awsKmsKey } from "../../provider/lifecycle/aws-kms-key";
import { PartialFailure, type PlainRecord } from "../../provider/lifecycle/contract";
import { ByokError } from "../../provider/model/errors";
import { keyVersionsIn } from "../../provider/model/key-versions";
import { groupRecord, keyProgram, sourceRecord, World, type EngineResource } from "./lifecycle-world";

const every = "90d";
const first = "2026-08-30T00:00:00.000Z";
const second = "2026-11-28T00:00:00.000Z";

let world: World;
let key: EngineResource;
const begin = (): void => {
  world = new World();
  key = world.resource(awsKmsKey, "payments");
};
beforeEach(begin);

const native = (more: PlainRecord = {}): PlainRecord =>
  keyProgram({ material: { native: true }, rotation: { every }, ...more });
const later = (moment: string): void => void (world.kms.now = new Date(moment));
const keyOf = (version: number): string | undefined =>
  keyVersionsIn(key.outputs).find((each) => each.version === version)?.keyId;
const numbers = (): readonly number[] => keyVersionsIn(key.outputs).map(({ version }) => version);
const called = (name: string): number => world.kms.calls.filter((call) => call === name).length;
const said = (): string => [...world.infos, ...world.warnings].join("\n");

/** The materials that AWS made for the key, one a rotation; the last one is the current. */
async function materialsUpTo(version: number): Promise<readonly (string | undefined)[]> {
  const materials = [keyVersionsIn(key.outputs)[0]?.keyMaterialId];
  while (materials.length < version)
    materials.push(
      createHash("sha256")
        .update(String(materials.at(-1)))
        .digest("hex"),
    );
  expect((await world.kms.describeKey(String(key.outputs["keyId"])))?.keyMaterialId).toBe(materials.at(-1));
  return materials;
}

describe("a rotation schedule of AWS's own material", () => {
  it("begins one period after it was written down, and rotates nothing before", async () => {
    await key.up(native());
    expect(key.outputs).toMatchObject({ version: 1, startAt: first, period: 0, nextRotation: first });
    later("2026-08-29T23:59:59Z");
    expect(await key.up(native())).toBe("same");
    await key.refresh();
    expect(await key.up(native())).toBe("same");
    expect(key.outputs).toMatchObject({ version: 1, nextRotation: first });
  });

  it("leaves nothing in the state of a key without one", async () => {
    const without = native({ rotation: undefined });
    await key.up(without);
    await key.up({ ...without, deletionWindowInDays: 14 });
    await key.refresh();
    for (const name of ["rotation", "startAt", "period", "nextRotation"]) {
      expect(key.inputs).not.toHaveProperty(name);
      expect(key.outputs).not.toHaveProperty(name);
    }
  });

  it("shows in preview that a rotation is due, since when, and when the next one is", async () => {
    await key.up(native());
    later("2026-09-01T00:00:00Z");
    const { inputs } = await key.check(native());
    expect(inputs).toMatchObject({ version: 2, period: 1 });
    await key.up(native());
    expect(said()).toContain(
      `its rotation is due since ${first} by its schedule, every 90d. The next one is due on ${second}.`,
    );
    expect(said()).toContain("is rotated to version 2 by a new KMS key");
    expect(key.outputs).toMatchObject({ version: 2, nextRotation: second });
    expect(world.kms.aliases.get("alias/payments")).toBe(keyOf(2));
    expect(await key.up(native())).toBe("same");
  });

  it("makes one rotation of all the moments that were missed, and keeps to its days", async () => {
    await key.up(native());
    later("2027-03-01T00:00:00Z");
    await key.up(native());
    expect(numbers()).toEqual([1, 2]);
    expect(said()).toContain("(3 moments have passed; that is one rotation)");
    expect(key.outputs).toMatchObject({ nextRotation: "2027-05-27T00:00:00.000Z" });
    expect(await key.up(native())).toBe("same");
  });

  it("rotates at startAt where that is named, and at none that has passed when it is written down", async () => {
    const rotation = { every: "12mo", startAt: "2026-06-15T03:00:00Z" };
    await key.up(native({ rotation }));
    expect(key.outputs).toMatchObject({ nextRotation: "2026-06-15T03:00:00.000Z" });
    later("2026-06-15T03:00:00Z");
    await key.up(native({ rotation }));
    expect(key.outputs).toMatchObject({ version: 2, nextRotation: "2027-06-15T03:00:00.000Z" });
    await key.up(native({ rotation: { every: "12mo", startAt: "2020-01-01T00:00:00Z" } }));
    expect(key.outputs).toMatchObject({ version: 2, nextRotation: "2027-01-01T00:00:00.000Z" });
  });

  it("counts from now on when it is new or changed, says so, and writes nothing to the cloud", async () => {
    await key.up(native({ rotation: undefined }));
    world.kms.calls.length = 0;
    later("2026-12-01T00:00:00Z");
    expect(await key.up(native())).toBe("updated");
    expect(said()).toContain("is rotated every 90d from now on. The next rotation is due on 2027-03-01T00:00:00.000Z.");
    expect(await key.up(native({ rotation: { every: "30d" } }))).toBe("updated");
    expect(key.outputs).toMatchObject({ version: 1, nextRotation: "2026-12-31T00:00:00.000Z" });
    expect(await key.up(native({ rotation: undefined }))).toBe("updated");
    expect(key.outputs).not.toHaveProperty("nextRotation");
    expect(world.kms.calls).toEqual([]);
  });

  it("rotates in place where the key does, and keeps the ARN", async () => {
    const inPlace = native({ rotationMode: "in-place" });
    await key.up(inPlace);
    const { keyId } = key.outputs;
    later("2026-09-01T00:00:00Z");
    await key.up(inPlace);
    expect(key.outputs).toMatchObject({ keyId, version: 2 });
    expect(called("rotateOnDemand")).toBe(1);
    expect(called("createKey")).toBe(1);
  });

  it("is one rotation with a trigger that changes on the same day", async () => {
    await key.up(native({ rotationTrigger: "a" }));
    later("2026-09-01T00:00:00Z");
    await key.up(native({ rotationTrigger: "b" }));
    expect(numbers()).toEqual([1, 2]);
    expect(await key.up(native({ rotationTrigger: "b" }))).toBe("same");
  });

  it("serves rotateAllTrigger of the group as well", async () => {
    const group = (rotateAllTrigger: string): PlainRecord => ({ group: { ...groupRecord, rotateAllTrigger } });
    await key.up(native(group("a")));
    later("2026-09-01T00:00:00Z");
    await key.up(native(group("b")));
    expect(numbers()).toEqual([1, 2]);
    expect(await key.up(native(group("b")))).toBe("same");
  });

  it("waits while the key is disabled, says so in each preview, and rotates once it is enabled again", async () => {
    for (const rotationMode of ["new-key", "in-place"]) {
      begin();
      await key.up(native({ rotationMode }));
      await key.up(native({ rotationMode, enabled: false }));
      later("2026-09-01T00:00:00Z");
      expect(await key.up(native({ rotationMode, enabled: false }))).toBe("same");
      expect(said()).toContain(
        `is due for rotation since ${first} by its schedule, and is not rotated while it is disabled (enabled: false). It stays due.`,
      );
      await key.refresh();
      expect(await key.up(native({ rotationMode, enabled: false }))).toBe("same");
      await key.up(native({ rotationMode }));
      expect(key.outputs).toMatchObject({ version: 2, keyState: "Enabled" });
    }
  });

  it("rotates in place also where somebody disabled the key behind the program's back", async () => {
    const inPlace = native({ rotationMode: "in-place" });
    await key.up(inPlace);
    await world.kms.disable(String(key.outputs["keyId"]));
    later("2026-09-01T00:00:00Z");
    await key.up(inPlace);
    expect(key.outputs).toMatchObject({ version: 2, keyState: "Enabled", pending: [] });
  });

  it("leaves a key alone that is scheduled for deletion, with or without a refresh, and rotates it once that is taken back", async () => {
    for (const refreshes of [false, true]) {
      begin();
      await key.up(native());
      const keyId = String(key.outputs["keyId"]);
      await world.kms.scheduleDeletion(keyId, 30);
      if (refreshes) await key.refresh();
      later("2026-09-01T00:00:00Z");
      await key.up(native());
      expect(await key.up(native())).toBe("same");
      expect(called("createKey")).toBe(1);
      expect(key.outputs).toMatchObject({ version: 1, keyState: "PendingDeletion" });
      expect(said()).toContain("and is not rotated while it is scheduled for deletion");
      await world.kms.cancelDeletion(keyId);
      await key.refresh();
      await key.up(native());
      expect(key.outputs).toMatchObject({ version: 2, keyState: "Enabled" });
    }
  });

  it.each(["new-key", "in-place"])(
    "is finished by the next run and done once, whichever call the run dies before or after, with or without a refresh or another moment in between (%s)",
    async (rotationMode) => {
      const program = native({ rotationMode });
      for (const after of [false, true]) {
        for (const between of ["nothing", "a refresh", "another moment", "a refresh and another moment"]) {
          for (let call = 1; ; call += 1) {
            begin();
            await key.up(program);
            later("2026-09-01T00:00:00Z");
            const failed = await world.dies(() => key.up(program), call, after);
            if (between.includes("refresh")) await key.refresh();
            if (between.includes("moment")) later("2026-12-01T00:00:00Z");
            await key.up(program);
            // Only a rotation that a refresh saw done is another one than that of the next moment.
            const most =
              between === "a refresh and another moment" || (between === "another moment" && !failed) ? 3 : 2;
            const { version, keyId } = key.outputs;
            expect(version).toBeGreaterThanOrEqual(2);
            expect(version).toBeLessThanOrEqual(most);
            expect(numbers()).toEqual([1, 2, 3].slice(0, Number(version)));
            expect(key.outputs).toMatchObject({ pending: [], keyState: "Enabled" });
            expect(world.kms.aliases.get("alias/payments")).toBe(keyId);
            expect(key.outputs["nextRotation"]).toBe(between.includes("moment") ? "2027-02-26T00:00:00.000Z" : second);
            if (rotationMode === "new-key") expect(world.kms.keys.size).toBe(version);
            else {
              expect(world.kms.keys.size).toBe(1);
              expect(keyVersionsIn(key.outputs).map(({ keyMaterialId }) => keyMaterialId)).toEqual(
                await materialsUpTo(Number(version)),
              );
            }
            expect(await key.up(program)).toBe("same");
            await key.refresh();
            expect(await key.up(program)).toBe("same");
            if (!failed) break;
          }
        }
      }
    },
  );

  it("makes no further key while a rotation fails again and again, although each run refreshes first and the days go by", async () => {
    await key.up(native());
    later("2026-09-01T00:00:00Z");
    const updateAlias = world.kms.updateAlias.bind(world.kms);
    world.kms.updateAlias = () => Promise.reject(new Error("not allowed"));
    for (const day of ["2026-09-01", "2026-12-01", "2027-03-01", "2027-06-01"]) {
      later(`${day}T00:00:00Z`);
      await key.refresh();
      await expect(key.up(native())).rejects.toThrow();
    }
    expect(world.kms.keys.size).toBe(2);
    world.kms.updateAlias = updateAlias;
    await key.up(native());
    expect(key.outputs).toMatchObject({ pending: [], nextRotation: "2027-08-25T00:00:00.000Z" });
    expect(world.kms.aliases.get("alias/payments")).toBe(key.outputs["keyId"]);
    expect(await key.up(native())).toBe("same");
  });

  it("says how to go on where AWS rotates the key in place no more, and goes on so", async () => {
    const inPlace = native({ rotationMode: "in-place" });
    await key.up(inPlace);
    later("2026-09-01T00:00:00Z");
    const refused = new ByokError("BYOK_AWS_LIMIT_EXCEEDED", "the on-demand rotations limit has been reached");
    world.kms.rotateOnDemand = () => Promise.reject(refused);
    const failure: unknown = await key.up(inPlace).catch((error: unknown) => error);
    expect(failure instanceof PartialFailure && failure.failure.hint).toContain('set rotationMode: "new-key"');
    await key.up(native());
    expect(key.outputs).toMatchObject({ version: 2, pending: [], nextRotation: second });
  });

  it("of a key scheduled for deletion is not said to be asked for by a property, when something else changes and no refresh has seen that", async () => {
    for (const rotationMode of ["new-key", "in-place"]) {
      begin();
      await key.up(native({ rotationMode }));
      const keyId = String(key.outputs["keyId"]);
      await world.kms.scheduleDeletion(keyId, 30);
      later("2026-09-01T00:00:00Z");
      const failure: unknown = await key
        .up(native({ rotationMode, description: "new" }))
        .catch((error: unknown) => error);
      expect(failure instanceof PartialFailure && failure.failure.sentence).toContain(
        "is scheduled for deletion; AWS deletes it on",
      );
      expect(failure instanceof PartialFailure && failure.failure.sentence).not.toContain("asked for");
      expect(key.outputs).toMatchObject({ version: 1, keyState: "PendingDeletion", nextRotation: first });
      expect(await key.up(native({ rotationMode }))).toBe("same");
      await world.kms.cancelDeletion(keyId);
      await key.refresh();
      await key.up(native({ rotationMode, description: "new" }));
      expect(key.outputs).toMatchObject({ version: 2, keyState: "Enabled", description: "new" });
    }
  });

  it("goes on with its next moment after a run with a clock far ahead, and says so in each preview until an up records that", async () => {
    await key.up(native());
    later("2099-01-01T00:00:00Z");
    await key.up(native());
    expect(key.outputs).toMatchObject({ version: 2 });
    later("2026-06-02T00:00:00Z");
    for (let preview = 0; preview < 2; preview += 1) {
      world.warnings.length = 0;
      await key.check(native());
      expect(world.warnings.join()).toMatch(
        /its recorded schedule is ahead of the time, at 209\d-.*The next rotation is due on 2026-08-30/,
      );
    }
    world.kms.calls.length = 0;
    expect(await key.up(native())).toBe("updated");
    expect(world.kms.calls).toEqual([]);
    expect(key.outputs).toMatchObject({ version: 2, nextRotation: first });
    expect(await key.up(native())).toBe("same");
    later("2026-09-01T00:00:00Z");
    await key.up(native());
    expect(await key.up(native())).toBe("same");
    expect(key.outputs).toMatchObject({ version: 3, nextRotation: second });
  });

  it("warns of a due rotation that a change of the schedule leaves behind, but not where the key is rotated anyway", async () => {
    const changed = { rotation: { every: "12mo" } };
    const says = `was due for rotation since ${first} by its former schedule (every 90d from ${first})`;
    await key.up(native());
    later("2026-09-01T00:00:00Z");
    await key.up(native(changed));
    expect(world.warnings.join()).toContain(says);
    expect(key.outputs).toMatchObject({ version: 1, nextRotation: "2027-09-01T00:00:00.000Z" });
    begin();
    await key.up(native());
    later("2026-09-01T00:00:00Z");
    await key.up(native({ ...changed, rotationTrigger: "now" }));
    expect(world.warnings.join()).not.toContain(says);
    expect(key.outputs).toMatchObject({ version: 2 });
  });

  it("remembers the moments of a schedule that was recorded without a time zone", async () => {
    await key.up(native({ rotation: { every, startAt: first } }));
    key.inputs = { ...key.inputs, rotation: { every, startAt: "2026-08-30T00:00:00" } };
    later("2026-09-01T00:00:00Z");
    await key.up(native({ rotation: { every, startAt: first } }));
    expect(key.outputs).toMatchObject({ version: 2, nextRotation: second });
  });

  it("loses no rotation that dies while it first brings the key in order", async () => {
    const inPlace = (trigger: string): PlainRecord => native({ rotationMode: "in-place", rotationTrigger: trigger });
    for (const program of [() => inPlace("a"), () => inPlace("b")]) {
      begin();
      await key.up(inPlace("a"));
      await world.kms.disable(String(key.outputs["keyId"]));
      later("2026-09-01T00:00:00Z");
      const enable = world.kms.enable.bind(world.kms);
      world.kms.enable = () => Promise.reject(new Error("not now"));
      await expect(key.up(program())).rejects.toThrow();
      world.kms.enable = enable;
      await key.refresh();
      await key.up(program());
      expect(key.outputs).toMatchObject({ version: 2, keyState: "Enabled" });
    }
  });
});

describe("a rotation schedule is refused", () => {
  it.each<[string, PlainRecord, RegExp]>([
    [
      "with a word for a period",
      { rotation: { every: "quarterly" } },
      /^rotation\.every: "quarterly" is no rotation period\. Write days/,
    ],
    ["with no time in it", { rotation: { every: "0d" } }, /^rotation\.every: "0d" is no rotation period/],
    ["without a period", { rotation: { startAt: "2027-01-01T00:00:00Z" } }, /^rotation\.every: /],
    [
      "that begins at no date",
      { rotation: { every, startAt: "next year" } },
      /^rotation\.startAt: "next year" is no ISO 8601 date-time/,
    ],
    [
      "that begins at a time of no time zone",
      { rotation: { every, startAt: "2026-08-30T03:00:00" } },
      /^rotation\.startAt: "2026-08-30T03:00:00" is another moment on each machine: it has no time zone\./,
    ],
    [
      "that begins on a day that does not exist",
      { rotation: { every, startAt: "2027-02-30" } },
      /^rotation\.startAt: "2027-02-30" is no ISO 8601 date-time/,
    ],
    [
      "with what only a source key has",
      { rotation: { every, deactivateOld: true } },
      /^rotation\.deactivateOld: there is no such property/,
    ],
    [
      "for a copy",
      { material: { source: sourceRecord } },
      /^rotation: is for material of AWS .*A copy is rotated with its source: set rotation on payments-master\./,
    ],
    [
      "that would break the callers of an RSA key",
      { material: { native: true, spec: "RSA_2048" } },
      /^acknowledgeOldOutputs: the key is rotated every 90d, and alias\/payments would move to the new key: .*leave rotation out/,
    ],
  ])("%s", async (_name, more, says) => {
    expect((await key.complaints(native(more))).join()).toMatch(says);
    expect(world.kms.calls).toEqual([]);
  });

  it("for a key from a file", async () => {
    world.custodian.files.set("partner.bin", "the partner's key");
    const kek = { ...sourceRecord, name: "transport", operations: ["unwrap"] };
    const material = { file: "partner.bin", encoding: "raw", spec: "AES_256", kek };
    expect((await key.complaints(native({ material }))).join()).toMatch(
      /^rotation: is for material of AWS .*bring another one, or set rotationTrigger\./,
    );
  });

  it("not for an RSA key whose callers are ready, or that has no alias", async () => {
    const material = { native: true, spec: "RSA_2048" };
    expect(await key.complaints(native({ material, acknowledgeOldOutputs: true }))).toEqual([]);
    expect(await key.complaints(native({ material, aliases: [] }))).toEqual([]);
  });

  it("for an adopted key whose aliases are found only then", async () => {
    const { arn, keyId } = world.kms.add({ origin: "AWS_KMS", spec: "RSA_2048", usage: "SIGN_VERIFY" });
    world.kms.aliases.set("alias/signing", keyId);
    const adopting = native({ material: { native: true, spec: "RSA_2048" }, adopt: { arn }, aliases: undefined });
    expect((await key.complaints(adopting)).join()).toMatch(/^acknowledgeOldOutputs: .*alias\/signing would move/);
  });
});

describe("a template's rotation schedule", () => {
  const inGroup = (rotation: PlainRecord | undefined, more: PlainRecord = {}): PlainRecord =>
    keyProgram({ group: { ...groupRecord, template: { rotation } }, material: { native: true }, ...more });

  it("is that of each key of AWS's own material that names none, and a change of it shows on those", async () => {
    await key.up(inGroup({ every }));
    expect(key.outputs).toMatchObject({ rotation: { every }, nextRotation: first });
    const own = world.resource(awsKmsKey, "own");
    const ownProgram = { rotation: { every: "30d" }, aliases: [] };
    await own.up(inGroup({ every }, ownProgram));
    expect(own.outputs).toMatchObject({ nextRotation: "2026-07-01T00:00:00.000Z" });
    expect(await key.up(inGroup({ every: "12mo" }))).toBe("updated");
    expect(await own.up(inGroup({ every: "12mo" }, ownProgram))).toBe("same");
    expect(key.outputs).toMatchObject({ nextRotation: "2027-06-01T00:00:00.000Z" });
    expect(await key.up(inGroup(undefined))).toBe("updated");
    expect(key.outputs).not.toHaveProperty("nextRotation");
  });

  it("rotates on its day", async () => {
    await key.up(inGroup({ every }));
    later("2026-09-01T00:00:00Z");
    await key.up(inGroup({ every }));
    expect(key.outputs).toMatchObject({ version: 2, nextRotation: second });
  });

  it("says nothing of copies, which follow their source, nor of keys that were adopted", async () => {
    const copy = inGroup({ every }, { material: { source: sourceRecord } });
    await key.up(copy);
    expect(key.inputs).not.toHaveProperty("rotation");
    later("2027-09-01T00:00:00Z");
    expect(await key.up(copy)).toBe("same");
    const { arn } = world.kms.add({ origin: "AWS_KMS" });
    const adopted = world.resource(awsKmsKey, "adopted");
    await adopted.up(inGroup({ every }, { adopt: { arn }, aliases: [] }));
    expect(adopted.outputs).not.toHaveProperty("nextRotation");
  });

  it("names the group where it cannot be", async () => {
    const signing = inGroup({ every }, { material: { native: true, spec: "EC_P256" } });
    expect((await key.complaints(signing)).join()).toMatch(
      /^acknowledgeOldOutputs: the key is rotated every 90d \(template\.rotation of frankfurt\).*use a group whose template has no rotation\./,
    );
  });
});

describe("a rotation schedule of a multi-Region key", () => {
  const ireland = { group: { ...groupRecord, name: "ireland", region: "eu-west-1" }, aliases: ["alias/payments"] };

  it.each(["new-key", "in-place"])("rotates it in every Region, and stands once (%s)", async (rotationMode) => {
    const program = native({ rotationMode, multiRegion: true, replicas: [ireland] });
    for (const after of [false, true]) {
      for (const call of [1, 9, 17, 25, 33, 41, 49]) {
        begin();
        await key.up(program);
        later("2026-09-01T00:00:00Z");
        await world.dies(() => key.up(program), call, after);
        await key.refresh();
        await key.up(program);
        const { keyId } = key.outputs;
        expect(key.outputs).toMatchObject({ version: 2, nextRotation: second, pending: [] });
        expect(key.outputs["replicas"]).toMatchObject([
          { keyId, pending: [], versions: [{ version: 1 }, { version: 2 }] },
        ]);
        for (const name of ["rotation", "startAt", "period", "nextRotation"])
          expect((key.outputs["replicas"] as PlainRecord[])[0]).not.toHaveProperty(name);
        for (const kms of [world.kms, world.kms.in("eu-west-1")]) {
          expect(kms.aliases.get("alias/payments")).toBe(keyId);
          expect(kms.keys.size).toBe(rotationMode === "in-place" ? 1 : 2);
        }
        if (rotationMode === "in-place") {
          const told = [key.outputs, (key.outputs["replicas"] as PlainRecord[])[0] ?? {}];
          const materials = told.map((record) => keyVersionsIn(record).map(({ keyMaterialId }) => keyMaterialId));
          const made = await materialsUpTo(2);
          expect(materials).toEqual([made, made]);
        }
        expect(await key.up(program)).toBe("same");
      }
    }
  });
});
