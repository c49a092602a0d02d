import { awsKmsKey } from "../../provider/lifecycle/aws-kms-key";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { sourceKey } from "../../provider/lifecycle/source-key";
import { ByokError } from "../../provider/model/errors";
import { keyProgram, sourceRecord, World, type EngineResource } from "./lifecycle-world";

const since = "2026-05-30T00:00:00Z";
let world: World;
let key: EngineResource;
beforeEach(() => {
  world = new World();
  world.kms.now = new Date("2026-06-01T00:00:00Z");
  key = world.resource(awsKmsKey, "payments");
});
const copyOf = (source: PlainRecord, more: PlainRecord = {}): PlainRecord =>
  keyProgram({ material: { source: { ...sourceRecord, ...source } }, ...more });
const stateOf = (keyId: unknown): string | undefined => world.kms.keys.get(String(keyId))?.facts.state;

describe("a copy of a compromised source key", () => {
  it("is disabled together with its former KMS keys, whatever was said of those, and is told with what depends on it", async () => {
    await key.up(copyOf({ version: 1 }));
    const former = key.outputs["keyId"];
    await key.up(copyOf({ version: 2 }));
    expect(await key.up(copyOf({ version: 2, compromisedSince: since }))).toBe("updated");
    expect([stateOf(former), stateOf(key.outputs["keyId"])]).toEqual(["Disabled", "Disabled"]);
    expect(world.warnings.join("\n")).toMatch(
      /its source is compromised since 2026-05-30T00:00:00Z: arn:\S+ is disabled.*alias\/payments points to it/,
    );
    world.warnings.length = 0;
    expect(await key.up(copyOf({ version: 2, compromisedSince: since }))).toBe("same");
    expect(world.warnings).toEqual([]);
  });

  it("does not follow the source, also not where the group asks for a rotation of all", async () => {
    await key.up(copyOf({ version: 1 }));
    const group = { ...(keyProgram()["group"] as PlainRecord), rotateAllTrigger: "june" };
    await key.up(copyOf({ version: 2, compromisedSince: since }, { group }));
    expect(key.outputs["version"]).toBe(1);
    expect(world.kms.keys.size).toBe(1);
    // Material of another source serves the trigger that waited.
    const other = { version: 1, name: "other", owner: "b".repeat(32) };
    await key.up(copyOf(other, { group }));
    expect(key.outputs["version"]).toBe(2);
    expect(await key.up(copyOf(other, { group }))).toBe("same");
  });

  it("is enabled again once that is taken back, as its program says; former keys stay disabled", async () => {
    await key.up(copyOf({ version: 1 }));
    const former = key.outputs["keyId"];
    await key.up(copyOf({ version: 2 }));
    await key.up(copyOf({ version: 2, compromisedSince: since }));
    await key.up(copyOf({ version: 2 }));
    expect([stateOf(former), stateOf(key.outputs["keyId"])]).toEqual(["Disabled", "Enabled"]);
  });

  it("is not made anew", async () => {
    expect(await key.complaints(copyOf({ compromisedSince: since }))).toEqual([
      `material.source: payments-master is compromised since ${since}, so nothing is imported from it. Use another key.`,
    ]);
  });

  it("lives on with other material: the new KMS key is enabled, the alias moves, the former stays disabled", async () => {
    await key.up(copyOf({}));
    await key.up(copyOf({ compromisedSince: since }));
    const former = key.outputs["keyId"];
    const other = { name: "payments-second", owner: "b".repeat(32) };
    await key.up(copyOf(other));
    expect([stateOf(former), stateOf(key.outputs["keyId"])]).toEqual(["Disabled", "Enabled"]);
    expect(world.kms.aliases.get("alias/payments")).toBe(key.outputs["keyId"]);
    expect(await key.up(copyOf(other))).toBe("same");
  });

  it("is disabled in every version that came from this source, and no other is: not what AWS made, not another source's", async () => {
    const native = keyProgram({ material: { native: true } });
    const other = copyOf({ name: "payments-second", owner: "b".repeat(32) });
    const ids: unknown[] = [];
    for (const program of [native, copyOf({}), other, copyOf({})]) {
      await key.up(program);
      ids.push(key.outputs["keyId"]);
    }
    await key.up(copyOf({ compromisedSince: since }));
    expect(ids.map(stateOf)).toEqual(["Enabled", "Disabled", "Enabled", "Disabled"]);
    expect(await key.up(copyOf({ compromisedSince: since }))).toBe("same");
  });

  it("that came in a file is not rotated by its own trigger: that would be an import", async () => {
    const kek = { ...sourceRecord, name: "transport", owner: "c".repeat(32), operations: ["unwrap"] };
    const file = (record: PlainRecord, rotationTrigger: string): PlainRecord => ({
      ...keyProgram({ rotationTrigger }),
      material: { file: "/partner.bin", encoding: "raw", spec: "AES_256", kek: record },
    });
    world.custodian.files.set("/partner.bin", "the partner's key");
    await key.up(file({ ...kek, spec: "RSA_3072" }, "one"));
    const marked = { ...kek, spec: "RSA_3072", compromisedSince: since };
    expect(await key.complaints(file(marked, "two"))).toEqual([
      `material.kek: transport is compromised since ${since}, so nothing is imported from it. Use another key.`,
    ]);
    await key.up(file(marked, "one"));
    expect(stateOf(key.outputs["keyId"])).toBe("Disabled");
  });

  it("keeps the expiry that it has: renewing it would be an import", async () => {
    await key.up(copyOf({}, { keepValidFor: "100d" }));
    const { validTo } = key.outputs;
    await key.up(copyOf({ compromisedSince: since }, { keepValidFor: "100d" }));
    world.kms.now = new Date("2026-09-05T00:00:00Z");
    world.custodian.imports.length = 0;
    expect(await key.up(copyOf({ compromisedSince: since }, { keepValidFor: "100d" }))).toBe("same");
    expect([key.outputs["validTo"], world.custodian.imports]).toEqual([validTo, []]);
  });
});

describe("a compromised source key", () => {
  const program = (more: PlainRecord = {}): PlainRecord => ({
    group: sourceRecord.group,
    spec: "AES_256",
    self: "urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:SourceKey::payments-master",
    organization: "acme",
    ...more,
  });
  let source: EngineResource;
  beforeEach(() => {
    source = world.resource(sourceKey, "payments-master");
  });

  it("names the copies that the token remembers, once, and those only that are not gone", async () => {
    await source.up(program());
    const { owner } = source.outputs as { owner: string };
    const link = { owner, version: 1, copiedAt: since, copiedBy: "arn:aws:iam::123456789012:user/ci" };
    world.custodian.copies.push(
      { ...link, copyName: "payments", arn: "arn:one" },
      { ...link, copyName: "gone", arn: "arn:two", deletionDate: "2026-05-01T00:00:00Z" },
    );
    expect(await source.up(program({ compromised: { since } }))).toBe("updated");
    expect(world.warnings.join("\n")).toContain("The token remembers 1 copy: payments (version 1, arn:one).");
    expect(await source.up(program({ compromised: { since } }))).toBe("same");
  });

  it("is told without its token too", async () => {
    await source.up(program());
    world.custodian.failure = new ByokError("BYOK_TOKEN_NOT_FOUND", "gone");
    expect(await source.up(program({ compromised: { since } }))).toBe("updated");
    expect(world.warnings.join("\n")).toContain("The token could not be asked for its copies");
  });

  it("is rotated neither by its schedule nor by its trigger", async () => {
    const rotation = { every: "30d" };
    await source.up(program({ rotation }));
    world.kms.now = new Date("2026-08-01T00:00:00Z");
    await source.up(program({ rotation, compromised: { since } }));
    expect(source.outputs).toMatchObject({ version: 1 });
    expect(source.outputs["nextRotation"]).toBeUndefined();
    expect(await source.up(program({ rotation, compromised: { since } }))).toBe("same");
    expect(await source.complaints(program({ compromised: { since }, rotationTrigger: "now" }))).toEqual([
      "rotationTrigger: has another value, and a compromised key is not rotated. Make a new SourceKey, and let its copies take that (material).",
    ]);
  });

  it("that was none after all is rotated as its schedule says", async () => {
    const rotation = { every: "30d" };
    await source.up(program({ rotation, compromised: { since } }));
    world.kms.now = new Date("2026-08-01T00:00:00Z");
    await source.up(program({ rotation }));
    expect(source.outputs).toMatchObject({ version: 2, nextRotation: "2026-08-30T00:00:00.000Z" });
    expect(await source.up(program({ rotation }))).toBe("same");
  });

  it("is not of the future", async () => {
    await source.up(program());
    expect(await source.complaints(program({ compromised: { since: "2026-06-02" } }))).toEqual([
      "compromised.since: 2026-06-02 is in the future. Name the moment from which on others may have had the key.",
    ]);
  });
});
