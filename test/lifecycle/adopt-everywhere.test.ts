import { awsKmsKey } from "../../provider/lifecycle/aws-kms-key";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import type { KmsKeyState } from "../../provider/model/ports/kms";
import { account, region, type FakeKms } from "./fake-kms";
import { groupRecord, keyProgram, sourceRecord, World, type EngineResource } from "./lifecycle-world";

const ireland = "eu-west-1";
const virginia = "us-east-1";
let world: World;
let key: EngineResource;
let keyId: string;
const regions = [region, ireland, virginia];
const kmsIn = (place: string): FakeKms => (place === region ? world.kms : world.kms.in(place));
const stored = (place: string): ReturnType<FakeKms["keys"]["get"]> => kmsIn(place).keys.get(keyId);
const states = (): readonly (string | undefined)[] => regions.map((place) => stored(place)?.facts.state);

/** A key that somebody made by hand in three Regions, with material everywhere. */
async function found(more: { readonly origin?: string; readonly states?: readonly KmsKeyState[] } = {}): Promise<void> {
  world = new World();
  key = world.resource(awsKmsKey, "payments");
  ({ keyId } = world.kms.add({
    multiRegion: true,
    state: "Enabled",
    tags: { team: "x" },
    description: "theirs",
    ...more,
  }));
  for (const place of [ireland, virginia]) {
    await world.kms.replicateKey({ keyId, region: place, description: `theirs in ${place}`, tags: { where: place } });
    const replica = stored(place);
    if (replica !== undefined) replica.creating = 0;
    kmsIn(place).set(keyId, { state: "Enabled" });
  }
  world.kms.aliases.set("alias/theirs", keyId);
  world.kms.in(ireland).aliases.set("alias/theirs", keyId);
  const wanted = more.states ?? [];
  for (const [index, state] of wanted.entries()) {
    const leaving = state === "PendingDeletion" ? { deletionDate: new Date("2026-06-20T00:00:00Z") } : {};
    kmsIn(regions[index] ?? region).set(keyId, { state, ...leaving });
  }
  world.kms.calls.length = 0;
}
beforeEach(() => found());

/** Lets every Region know the material of version 1, and some hold it. */
function holdsMaterial(where: readonly string[]): void {
  for (const place of regions)
    stored(place)?.materials.push({
      ...{ version: 1, keyMaterialId: "m1", state: "CURRENT", rotatedOnDemand: false },
      imported: where.includes(place),
    });
}

const group = (inRegion: string): PlainRecord => ({ ...groupRecord, name: `in-${inRegion}`, region: inRegion });
const source = {
  ...sourceRecord,
  group: { ...sourceRecord.group, allowedTargets: [{ aws: { account, regions } }] },
};
const arn = (inRegion = region): string => `arn:aws:kms:${inRegion}:${account}:key/${keyId}`;
const program = (more: PlainRecord = {}): PlainRecord => ({
  ...keyProgram({ material: { source }, multiRegion: true, adopt: { arn: arn() } }),
  ...{ aliases: undefined, tags: undefined },
  replicas: [{ group: group(ireland) }, { group: group(virginia) }],
  ...more,
});
const replicas = (): readonly PlainRecord[] => key.outputs["replicas"] as readonly PlainRecord[];

describe("adopting a key in several Regions", () => {
  it("takes primary and replicas over as they are: only our tags are written, and nothing is due afterwards", async () => {
    const { failures } = await key.check(program());
    expect(failures).toEqual([]);
    for (const place of regions) expect(world.infos.join()).toContain(`adopts ${arn(place)}: our tags are written`);
    world.kms.calls.length = 0;
    expect(await key.up(program())).toBe("created");
    expect(world.kms.writes).toEqual(["tag", `tag in ${ireland}`, `tag in ${virginia}`]);
    expect(world.custodian.imports).toEqual([]);
    expect(key.outputs).toMatchObject({ arn: arn(), description: "theirs", aliases: ["alias/theirs"], pending: [] });
    expect(replicas()).toMatchObject([
      { arn: arn(ireland), description: `theirs in ${ireland}`, aliases: ["alias/theirs"], tags: { where: ireland } },
      { arn: arn(virginia), description: `theirs in ${virginia}`, aliases: [], tags: { where: virginia } },
    ]);
    for (const place of regions) expect(stored(place)?.tags["byok:lineage"]).toBe(key.id);
    expect(await key.up(program())).toBe("same");
    expect(await key.up(program({ adopt: undefined }))).toBe("same");
    world.warnings.length = 0;
    await key.refresh();
    expect(world.warnings).toEqual([]);
    expect(await key.up(program({ adopt: undefined }))).toBe("same");
  });

  it("keeps each replica's own state and settings, and takes no template's", async () => {
    kmsIn(virginia).set(keyId, { state: "Disabled" });
    const template = { description: "of the template", aliasPrefix: "alias/t/" };
    const inGroup = program({
      replicas: [{ group: { ...group(ireland), template } }, { group: group(virginia), description: "ours" }],
    });
    await key.up(inGroup);
    expect(states()).toEqual(["Enabled", "Enabled", "Disabled"]);
    expect(replicas()).toMatchObject([
      { description: `theirs in ${ireland}` },
      { description: "ours", enabled: false },
    ]);
    expect(await key.up(inGroup)).toBe("same");
  });

  it("gives a replica that is added later its group's template, and those that were adopted none", async () => {
    await found({ origin: "AWS_KMS" });
    const template = { description: "of the template", aliasPrefix: "alias/t/", tags: { by: "template" } };
    const inGroups = (more: readonly PlainRecord[] = []): PlainRecord =>
      program({
        material: { native: true },
        replicas: [...[ireland, virginia].map((place) => ({ group: { ...group(place), template } })), ...more],
      });
    await key.up(inGroups());
    const added = inGroups([{ group: { ...group("eu-west-2"), template } }]);
    await key.up(added);
    expect(replicas()).toMatchObject([
      { description: `theirs in ${ireland}`, tags: { where: ireland } },
      { description: `theirs in ${virginia}`, tags: { where: virginia } },
      { description: "of the template", tags: { by: "template" }, aliases: ["alias/t/payments"] },
    ]);
    expect(await key.up(added)).toBe("same");
    expect(await key.up({ ...added, adopt: undefined })).toBe("same");
    await key.refresh();
    expect(await key.up(added)).toBe("same");
  });

  it("refuses a key with a replica that the program does not name, and says what to add", async () => {
    const lacking = program({ replicas: [{ group: group(ireland) }] });
    expect((await key.complaints(lacking)).join()).toMatch(
      /has replicas in us-east-1 that the program does not name.*Add to replicas:\n\{ group: GROUP \}, \/\/ the AwsKmsGroup of us-east-1/s,
    );
    expect(world.kms.writes).toEqual([]);
  });

  it("refuses a replica's ARN, and names the primary's", async () => {
    const ofReplica = program({
      group: group(ireland),
      adopt: { arn: arn(ireland) },
      replicas: [{ group: group(region) }],
    });
    expect((await key.complaints(ofReplica)).join()).toContain(`adopt: { arn: "${arn()}" }`);
  });

  it("makes no replica", async () => {
    const more = program({
      replicas: [...(program()["replicas"] as readonly unknown[]), { group: group("eu-west-2") }],
      material: { native: true },
    });
    expect((await key.complaints(more)).join()).toContain("has no replica in eu-west-2, and an adoption makes none");
  });

  it("refuses a multi-Region key for a program that says nothing of Regions", async () => {
    const single = program({ multiRegion: undefined, replicas: undefined });
    expect((await key.complaints(single)).join()).toContain("Set multiRegion: true, and add to replicas:");
  });

  it("adopts AWS's own material too, and rotates all of it by a new key later", async () => {
    await found({ origin: "AWS_KMS" });
    const native = (more: PlainRecord = {}): PlainRecord => program({ material: { native: true }, ...more });
    await key.up(native());
    expect(await key.up(native())).toBe("same");
    await key.up(native({ rotationTrigger: "now" }));
    const newest = String(key.outputs["keyId"]);
    expect(newest).not.toBe(keyId);
    expect([region, ireland].map((place) => kmsIn(place).aliases.get("alias/theirs"))).toEqual([newest, newest]);
    expect(await key.up(native({ rotationTrigger: "now" }))).toBe("same");
  });

  it("adopts a primary that has no replica, which may get one later", async () => {
    await found();
    const { arn: alone } = world.kms.add({ multiRegion: true, origin: "AWS_KMS", tags: {} });
    const wanted = program({ adopt: { arn: alone }, material: { native: true }, replicas: undefined });
    await key.up(wanted);
    expect(world.kms.writes).toEqual(["tag"]);
    expect(key.outputs).toMatchObject({ arn: alone, primaryRegion: region, pending: [] });
    expect(await key.up(wanted)).toBe("same");
    await key.up({ ...wanted, replicas: [{ group: group(ireland) }] });
    expect(replicas()).toMatchObject([{ region: ireland, keyState: "Enabled", pending: [] }]);
  });

  it("gives its material the expiry that is asked for in the first run, which the preview tells, and asks for nothing in the second", async () => {
    holdsMaterial(regions);
    const expiring = program({
      keepValidFor: "90d",
      replicas: [{ group: group(ireland), keepValidFor: "30d" }, { group: group(virginia) }],
    });
    await key.up(expiring);
    const said = world.infos.join();
    const again = "our tags are written and the same key material is imported again, to expire at";
    expect(said).toContain(`adopts ${arn()}: ${again} 2026-08-30T00:00:00.000Z (it does not expire now)`);
    expect(said).toContain(`adopts ${arn(ireland)}: ${again} 2026-07-01T00:00:00.000Z`);
    expect(said).toContain(`adopts ${arn(virginia)}: our tags are written; its key material and`);
    expect(world.custodian.imports.map(({ target, existing }) => [target.keyArn, existing])).toEqual([
      [arn(), true],
      [arn(ireland), true],
    ]);
    expect(regions.map((place) => stored(place)?.facts.expires)).toEqual([true, true, false]);
    expect(await key.up(expiring)).toBe("same");
    world.kms.now = new Date("2026-06-10T00:00:00Z");
    expect(await key.up(expiring)).toBe("same");
    await key.refresh();
    expect(await key.up(expiring)).toBe("same");
  });

  it("keeps the expiry that is found where the program names none", async () => {
    holdsMaterial(regions);
    const validTo = new Date("2026-12-01T00:00:00Z");
    for (const place of [region, ireland]) kmsIn(place).set(keyId, { expires: true, validTo });
    await key.up(program());
    expect(world.custodian.imports).toEqual([]);
    expect(key.outputs["validTo"]).toBe(validTo.toISOString());
    expect(await key.up(program())).toBe("same");
  });

  it("imports into a replica that waits for material only where nobody else may use it", async () => {
    kmsIn(ireland).set(keyId, { state: "PendingImport" });
    stored(ireland)?.grants.push({ grantId: "g1", grantee: "somebody", operations: ["Decrypt"] });
    await expect(key.up(program())).rejects.toThrow(/has grants that the program does not list/);
    expect(world.custodian.imports).toEqual([]);
    expect(world.infos.join()).toContain(
      `adopts ${arn(ireland)}: our tags are written and the key material is imported`,
    );
    expect(world.infos.join()).toContain(`adopts ${arn(virginia)}: our tags are written; its key material and`);
  });

  it("imports into a replica whose grants the program lists, and into no other Region", async () => {
    kmsIn(ireland).set(keyId, { state: "PendingImport" });
    stored(ireland)?.grants.push({ grantId: "g1", grantee: "somebody", operations: ["Decrypt"] });
    holdsMaterial([region]);
    const listed = program({ adopt: { arn: arn(), grants: ["g1"] } });
    await key.up(listed);
    expect(world.custodian.imports.map(({ target }) => target.keyArn)).toEqual([arn(ireland)]);
    expect(await key.up(listed)).toBe("same");
  });
});

describe("a key in several Regions that is pending deletion", () => {
  const leaving: readonly KmsKeyState[] = ["PendingReplicaDeletion", "PendingDeletion", "PendingDeletion"];
  const undelete = (): PlainRecord => program({ adopt: { arn: arn(), undelete: true } });

  it("is adopted only with undelete, which takes the replicas back first", async () => {
    await found({ states: leaving });
    expect((await key.complaints(program())).join()).toContain("adopt.undelete: true cancels the deletion");
    await key.up(undelete());
    expect(world.warnings.join()).toContain(
      `cancels the deletion of ${arn()}, which AWS would delete after its replicas`,
    );
    expect(world.kms.writes.slice(0, 3)).toEqual([
      `cancelDeletion in ${ireland}`,
      `cancelDeletion in ${virginia}`,
      "cancelDeletion",
    ]);
    expect(states()).toEqual(["Disabled", "Disabled", "Disabled"]);
    expect(await key.up(undelete())).toBe("same");
  });
});

describe("an adoption that dies", () => {
  const leaving: readonly KmsKeyState[] = ["PendingReplicaDeletion", "PendingDeletion", "Enabled"];
  it.each([
    ["of a living key", undefined, ["Enabled", "Enabled", "Enabled"]],
    ["with undelete", leaving, ["Disabled", "Disabled", "Enabled"]],
  ])("%s, before or after any call, is finished by the next run, and deletes nothing", async (_what, begin, end) => {
    for (let call = 1; ; call += 1) {
      for (const after of [false, true]) {
        for (const kept of [true, false]) {
          await found(begin === undefined ? {} : { states: begin });
          const wanted = program({ adopt: { arn: arn(), undelete: true } });
          const { failures } = await key.check(wanted);
          expect(failures).toEqual([]);
          const saved = { id: key.id, inputs: key.inputs, outputs: key.outputs };
          world.kms.failAt = { call: world.kms.calls.length * 2 + call, after };
          const died = await key.up(wanted).then(
            () => false,
            () => true,
          );
          world.kms.failAt = undefined;
          if (!died) {
            expect(call).toBeGreaterThan(20);
            return;
          }
          if (!kept) Object.assign(key, saved);
          await key.up(wanted);
          expect({ call, after, kept, states: states() }).toEqual({ call, after, kept, states: end });
          for (const place of regions) expect(stored(place)?.tags["byok:lineage"]).toBe(key.id);
          expect(key.outputs["pending"]).toEqual([]);
          expect(world.custodian.imports).toEqual([]);
          expect(await key.up(wanted)).toBe("same");
          expect(world.kms.writes.filter((name) => /^(schedule|delete|create|replicate)/.test(name))).toEqual([]);
        }
      }
    }
  });

  it("tells of every replica as it was found: a refresh makes nothing less of it, and a destroy leaves none behind", async () => {
    for (let call = 1; ; call += 1) {
      for (const end of ["up", "destroy"] as const) {
        await found();
        const { failures } = await key.check(program());
        expect(failures).toEqual([]);
        world.kms.failAt = { call: world.kms.calls.length * 2 + call, after: call % 2 === 0 };
        const died = await key.up(program()).then(
          () => false,
          () => true,
        );
        world.kms.failAt = undefined;
        if (!died) {
          expect(call).toBeGreaterThan(20);
          return;
        }
        if (key.id === undefined) continue;
        expect(replicas()).toMatchObject([ireland, virginia].map((place) => ({ region: place, adopted: true })));
        world.warnings.length = 0;
        await key.refresh();
        expect(world.warnings.join()).not.toContain("undefined");
        if (end === "up") {
          await key.up(program());
          expect(world.kms.writes.filter((name) => !name.startsWith("tag"))).toEqual([]);
          expect(replicas()).toMatchObject([
            { description: `theirs in ${ireland}`, aliases: ["alias/theirs"], tags: { where: ireland }, pending: [] },
            { description: `theirs in ${virginia}`, aliases: [], tags: { where: virginia }, pending: [] },
          ]);
          expect(await key.up(program())).toBe("same");
          continue;
        }
        await key.destroy().catch((error: unknown) => {
          expect(String(error)).toContain("has lost its tag byok:lineage");
        });
        expect([call, new Set(states().map((state) => state === "Enabled")).size]).toEqual([call, 1]);
      }
    }
  });
});

describe("a rotation of a key that was adopted in several Regions", () => {
  it("that dies and is refreshed takes what was found in each Region to the new key", async () => {
    const native = (more: PlainRecord = {}): PlainRecord => program({ material: { native: true }, ...more });
    for (let call = 1; ; call += 1) {
      for (const after of [false, true]) {
        await found({ origin: "AWS_KMS" });
        await key.up(native());
        world.kms.calls.length = 0;
        world.kms.failAt = { call, after };
        const died = await key.up(native({ rotationTrigger: "now" })).then(
          () => false,
          () => true,
        );
        world.kms.failAt = undefined;
        if (!died) {
          expect(call).toBeGreaterThan(20);
          return;
        }
        await key.refresh();
        await key.up(native({ rotationTrigger: "now" }));
        const newest = String(key.outputs["keyId"]);
        expect([call, after, replicas()]).toMatchObject([
          call,
          after,
          [
            { keyId: newest, description: `theirs in ${ireland}`, tags: { where: ireland }, aliases: ["alias/theirs"] },
            { keyId: newest, description: `theirs in ${virginia}`, tags: { where: virginia }, aliases: [] },
          ],
        ]);
        expect([region, ireland].map((place) => kmsIn(place).aliases.get("alias/theirs"))).toEqual([newest, newest]);
        expect(await key.up(native({ rotationTrigger: "now" }))).toBe("same");
      }
    }
  });
});
