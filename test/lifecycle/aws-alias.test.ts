import { awsAlias } from "../../provider/lifecycle/aws-alias";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import type { KmsKeyFacts } from "../../provider/model/ports/kms";
import { UNKNOWN } from "../../provider/model/unknown";
import { account, region } from "./fake-kms";
import { groupRecord, sourceRecord, World, type EngineResource } from "./lifecycle-world";

let world: World;
let alias: EngineResource;
let first: KmsKeyFacts;
let second: KmsKeyFacts;
beforeEach(() => {
  world = new World();
  alias = world.resource(awsAlias, "current");
  first = world.kms.add({ state: "Enabled" });
  second = world.kms.add({ state: "Enabled" });
});

const program = (key: unknown, more: PlainRecord = {}): PlainRecord => ({
  group: groupRecord,
  name: "alias/current",
  key,
  self: "urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:AwsAlias::current",
  organization: "acme",
  ...more,
});

/** An AwsKmsKey as it is carried. */
const carried = (facts: KmsKeyFacts, aliases: readonly string[] = []): PlainRecord => ({
  name: "payments",
  arn: facts.arn,
  keyId: facts.keyId,
  owner: "b".repeat(32),
  lineage: "c".repeat(32),
  spec: "AES_256",
  usage: facts.usage,
  version: 1,
  aliases,
  group: groupRecord,
  source: sourceRecord,
});

const target = (): string | undefined => world.kms.aliases.get("alias/current");

describe("the preview of an alias whose key changes in the same run", () => {
  /** As the engine tells of a key that is updated: neither ARN nor key id. */
  const changing = (version = 1): PlainRecord => {
    const { arn: _arn, keyId: _keyId, ...rest } = carried(first);
    return { ...rest, version };
  };

  it("shows nothing where the key stays the same KMS key", async () => {
    await alias.up(program(carried(first)));
    expect((await alias.check(program(changing()))).inputs).toEqual(alias.inputs);
    expect(world.infos).toEqual([]);
  });

  it.each([
    ["is rotated", (): PlainRecord => changing(2)],
    ["is another one", (): PlainRecord => ({ ...changing(), lineage: "d".repeat(32) })],
  ])("does not know the key where it %s", async (_name, key) => {
    await alias.up(program(carried(first)));
    const { inputs, failures } = await alias.check(program(key()));
    expect([inputs["key"], inputs["targetKeyId"], failures]).toEqual([UNKNOWN, UNKNOWN, []]);
  });

  it("does not know the key of a new alias", async () => {
    expect((await alias.check(program(changing()))).inputs["key"]).toBe(UNKNOWN);
  });
});

describe("an alias that stands on its own", () => {
  it.each([
    ["a key id", (): unknown => first.keyId],
    ["a key ARN", (): unknown => first.arn],
    ["an AwsKmsKey", (): unknown => carried(first)],
  ])("is made for %s with one call", async (_name, key) => {
    await alias.up(program(key()));
    expect(target()).toBe(first.keyId);
    expect(world.kms.writes).toEqual(["createAlias"]);
    expect(alias.outputs).toMatchObject({
      arn: `arn:aws:kms:${region}:${account}:alias/current`,
      targetKeyId: first.keyId,
      targetKeyArn: first.arn,
      keyUsage: "ENCRYPT_DECRYPT",
    });
  });

  it("is unchanged by a second run, which calls no cloud", async () => {
    await alias.up(program(first.keyId));
    world.kms.calls.length = 0;
    expect(await alias.up(program(first.keyId))).toBe("same");
    expect(world.kms.calls).toEqual([]);
  });

  it("moves with one call, and the preview tells what that means", async () => {
    await alias.up(program(first.keyId));
    expect(await alias.up(program(second.arn))).toBe("updated");
    expect(world.kms.writes).toEqual(["createAlias", "updateAlias"]);
    expect(target()).toBe(second.keyId);
    expect(world.warnings.join()).toContain(`moves from ${first.keyId} to ${second.keyId}`);
    expect(world.warnings.join()).toContain("stays readable");
    expect(alias.outputs).toMatchObject({ targetKeyArn: second.arn });
  });

  it("is replaced for another name, and the new half is not deleted with the old one", async () => {
    await alias.up(program(first.keyId));
    expect(await alias.up(program(first.keyId, { name: "alias/other" }))).toBe("replaces");
    expect(world.warnings.join()).toContain("callers that name it fail");
    const newHalf = world.resource(awsAlias, "current");
    await newHalf.up(program(first.keyId));
    await alias.destroy();
    expect(target()).toBe(first.keyId);
    await newHalf.destroy();
    expect(target()).toBeUndefined();
  });

  it("takes an unknown key for a change, never for a replacement", async () => {
    await alias.up(program(first.keyId));
    const { inputs, failures } = await alias.check(program(UNKNOWN));
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ account, region });
    const diff = await awsAlias.diff(world.context("current"), alias.id ?? "", alias.outputs, inputs);
    expect(diff).toEqual({ changes: true, replaces: [] });
    expect(world.infos.join()).toContain("should it be another KMS key then, alias/current moves to it");
    const signing = { ...alias.outputs, keySpec: "RSA_2048", keyUsage: "SIGN_VERIFY" };
    await awsAlias.diff(world.context("current"), alias.id ?? "", signing, inputs);
    expect(world.warnings.join()).toContain("signatures of the former key do not verify");
  });

  it("remembers another way to reach AWS, and writes nothing there", async () => {
    await alias.up(program(first.keyId));
    world.kms.calls.length = 0;
    const elsewhere = { ...groupRecord, credentials: { profile: "other" } };
    expect(await alias.up(program(first.keyId, { group: elsewhere }))).toBe("updated");
    expect(world.kms.calls).toEqual([]);
    await alias.refresh();
    expect(world.connections.at(-1)).toMatchObject({ credentials: { profile: "other" } });
  });
});

describe("an alias that exists already", () => {
  beforeEach(() => void world.kms.aliases.set("alias/current", second.keyId));

  it("is not taken from another key", async () => {
    expect((await alias.complaints(program(first.keyId))).join()).toMatch(
      new RegExp(`^name: alias/current exists and points to ${second.arn}. To move it from there: adopt: true.`),
    );
    expect(world.kms.writes).toEqual([]);
  });

  it("is taken with adopt, and the preview says from whom and what that means", async () => {
    const { failures } = await alias.check(program(first.keyId, { adopt: true }));
    expect(failures).toEqual([]);
    expect(world.warnings.join()).toContain(`takes alias/current over, which points to ${second.arn}`);
    await alias.up(program(first.keyId, { adopt: true }));
    expect(target()).toBe(first.keyId);
    expect(await alias.up(program(first.keyId))).toBe("same");
  });

  it("is simply kept where it points to the key already", async () => {
    await alias.up(program(second.keyId));
    expect(world.kms.writes).toEqual([]);
  });

  it("is not taken either where it turned up after the check", async () => {
    world.kms.aliases.delete("alias/current");
    const { inputs } = await alias.check(program(first.keyId));
    world.kms.aliases.set("alias/current", second.keyId);
    await expect(awsAlias.create(world.context("current"), inputs)).rejects.toMatchObject({
      code: "BYOK_AWS_ALREADY_EXISTS",
    });
  });
});

describe("what AWS refuses is refused before", () => {
  it.each([
    ["a key of another type", { spec: "RSA_2048", usage: "ENCRYPT_DECRYPT" }, "keys of the same type"],
    ["a key that is going to be deleted", { state: "PendingDeletion" }, "scheduled for deletion"],
    ["a key that AWS manages", { manager: "AWS" }, "AWS manages"],
  ] as const)("%s", async (_name, facts, words) => {
    await alias.up(program(first.keyId));
    world.kms.set(second.keyId, facts);
    expect((await alias.complaints(program(second.keyId))).join()).toContain(words);
    expect(target()).toBe(first.keyId);
  });

  it.each([
    [
      "another Region",
      `arn:aws:kms:eu-west-1:${account}:key/12345678-1234-1234-1234-123456789012`,
      "share account and Region",
    ],
    ["an alias as key", "alias/payments", "is no KMS key"],
    ["an alias ARN as key", `arn:aws:kms:${region}:${account}:alias/payments`, "is no KMS key"],
    ["a key that is not there", "12345678-1234-1234-1234-123456789012", "there is no key"],
  ])("%s", async (_name, key, words) => {
    expect((await alias.complaints(program(key))).join()).toContain(words);
  });

  it.each([
    [{ name: "current" }, 'name: "current" must start with "alias/". Write "alias/current".'],
    [{ name: "alias/aws/kms" }, "reserved"],
    [{ target: "x" }, "there is no such property"],
  ])("%j", async (more, words) => {
    expect((await alias.complaints(program(first.keyId, more))).join()).toContain(words);
    expect(world.kms.calls).toEqual([]);
  });

  it("an alias that its AwsKmsKey keeps too", async () => {
    expect((await alias.complaints(program(carried(first, ["alias/current"])))).join()).toContain(
      "stands in the aliases of payments too",
    );
  });
});

describe("what somebody else did to the alias", () => {
  beforeEach(async () => {
    await alias.up(program(first.keyId));
    world.kms.calls.length = 0;
  });

  it("is told by refresh when it was moved, and the next run moves it back", async () => {
    world.kms.aliases.set("alias/current", second.keyId);
    await alias.refresh();
    expect(world.warnings.join()).toContain(`drift: alias/current points to ${second.arn} now, not to ${first.arn}`);
    expect(alias.inputs).toMatchObject({ targetKeyId: second.keyId, account, region });
    expect(await alias.up(program(first.keyId))).toBe("updated");
    expect(target()).toBe(first.keyId);
  });

  it("is told by refresh when it was deleted, and the next run makes it again", async () => {
    world.kms.aliases.clear();
    await alias.refresh();
    expect(world.warnings.join()).toContain("drift: alias/current does not exist any more");
    expect(await alias.up(program(first.keyId))).toBe("created");
    expect(target()).toBe(first.keyId);
  });

  it("is not overrun by a move that the state does not know of", async () => {
    const third = world.kms.add({ state: "Enabled" });
    world.kms.aliases.set("alias/current", third.keyId);
    expect((await alias.complaints(program(second.keyId))).join()).toContain("Run pulumi refresh");
    const checked = { ...alias.inputs, key: second.keyId, targetKeyId: second.keyId };
    await expect(
      awsAlias.update(world.context("current"), alias.id ?? "", alias.outputs, checked),
    ).rejects.toMatchObject({ code: "BYOK_KEY_DRIFTED" });
    expect(target()).toBe(third.keyId);
  });

  it("is respected by delete: an alias that points elsewhere stays, with a warning", async () => {
    world.kms.aliases.set("alias/current", second.keyId);
    await alias.destroy();
    expect(target()).toBe(second.keyId);
    expect(world.warnings.join()).toContain("forgotten here");
  });

  it("is not assumed from one look: AWS may not show at once what was made", async () => {
    world.kms.aliasTarget = () => Promise.resolve(undefined);
    await alias.refresh();
    expect(alias.outputs).toMatchObject({ targetKeyId: first.keyId });
    expect(world.warnings).toEqual([]);
    await alias.destroy();
    expect(target()).toBeUndefined();
  });

  it("is made up for by a move of an alias that is gone", async () => {
    world.kms.aliases.clear();
    await alias.up(program(second.keyId));
    expect(world.kms.writes).toEqual(["createAlias"]);
  });

  it("costs delete nothing where alias or key are gone", async () => {
    world.kms.aliases.clear();
    world.kms.keys.delete(first.keyId);
    await alias.destroy();
    expect(world.kms.writes).toEqual([]);
  });
});

describe("a run that dies", () => {
  it.each([
    [true, "before"],
    [false, "after"],
  ])("is continued by the next one, whether the call did not count or did (%s: %s)", async (before) => {
    const calls = ["callerIdentity", "describeKey", "aliasTarget", "describeKey", "listAliases", "createAlias"];
    const { inputs } = await alias.check(program(first.keyId));
    world.kms.calls.length = 0;
    world.kms.failAt = { call: calls.length, after: !before };
    await expect(awsAlias.create(world.context("current"), inputs)).rejects.toThrow("planned failure");
    expect(world.kms.calls).toEqual(calls);
    world.kms.failAt = undefined;
    await alias.up(program(first.keyId));
    expect(target()).toBe(first.keyId);
  });

  it("begins no step once the engine is gone", async () => {
    const { inputs } = await alias.check(program(first.keyId));
    world.engineLost = true;
    await expect(awsAlias.create(world.context("current"), inputs)).rejects.toThrow("the engine is gone");
    expect(world.kms.writes).toEqual([]);
  });
});
