import { awsKmsGroup } from "../../provider/lifecycle/aws-kms-group";
import { awsKmsKey } from "../../provider/lifecycle/aws-kms-key";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { UNKNOWN } from "../../provider/model/unknown";
import { groupRecord, keyProgram, sourceRecord, World, type EngineResource } from "./lifecycle-world";

let world: World;
let key: EngineResource;
beforeEach(() => {
  world = new World();
  key = world.resource(awsKmsKey, "invoices");
});
/** A key that says nothing itself, in a group with a template. */
const inGroup = (rules: PlainRecord, more: PlainRecord = {}): PlainRecord =>
  keyProgram({ group: { ...groupRecord, ...rules }, aliases: undefined, tags: undefined, ...more });
const policy = '{"Version":"2012-10-17","Statement":[]}';

describe("a key in a group with a template", () => {
  it("has what the template says, and an alias of its prefix and its own name", async () => {
    const template = {
      ...{ aliasPrefix: "alias/ledger/", description: "of the ledger", policy, tags: { owner: "ledger" } },
      ...{ keepValidFor: "100d", afterRotation: "disable", deletionWindowInDays: 14, enabled: false },
    };
    await key.up(inGroup({ template }));
    expect(key.outputs).toMatchObject({
      aliases: ["alias/ledger/invoices"],
      description: "of the ledger",
      policy,
      tags: { owner: "ledger" },
      validTo: "2026-09-09T00:00:00.000Z",
      afterRotation: "disable",
      deletionWindowInDays: 14,
      keyState: "Disabled",
    });
    expect(await key.up(inGroup({ template }))).toBe("same");
  });

  it("counts itself where it says otherwise, and adds its tags", async () => {
    const template = { aliasPrefix: "alias/ledger/", tags: { owner: "ledger", level: "high" }, keepValidFor: "100d" };
    const own = { aliases: ["alias/mine"], tags: { level: "low" }, validTo: "2026-08-01T00:00:00Z" };
    await key.up(inGroup({ template }, own));
    expect(key.outputs).toMatchObject({ ...own, tags: { owner: "ledger", level: "low" } });
  });

  it("is updated by a change of the template that touches it, and by no other", async () => {
    await key.up(inGroup({ template: { tags: { owner: "ledger" } } }, { description: "mine" }));
    world.kms.calls.length = 0;
    expect(await key.up(inGroup({ template: { tags: { owner: "audit" } } }, { description: "mine" }))).toBe("updated");
    expect(world.kms.writes).toEqual(["tag"]);
    const untouched = inGroup(
      { template: { tags: { owner: "audit" }, description: "theirs" } },
      { description: "mine" },
    );
    expect(await key.up(untouched)).toBe("same");
  });

  it("takes nothing of it when it was adopted, also after adopt is gone from the program", async () => {
    const { arn } = world.kms.add({ description: "an administrator's" });
    const template = { description: "of the ledger", aliasPrefix: "alias/ledger/" };
    await key.up(inGroup({ template }, { adopt: { arn } }));
    await key.up(inGroup({ template }));
    expect(key.outputs).toMatchObject({ description: "an administrator's", aliases: [] });
  });

  it("is not judged by what a preview does not know of the template", async () => {
    const checked = await key.check(inGroup({ template: { tags: UNKNOWN } }));
    expect(checked.failures).toEqual([]);
  });

  it("lacks no tag that the group asks for", async () => {
    const rules = { requiredTags: ["owner", "cost-centre"], template: { tags: { owner: "ledger" } } };
    expect(await key.complaints(inGroup(rules))).toEqual([
      "tags: lack cost-centre, which the group frankfurt asks of every key (requiredTags).",
    ]);
    expect(await key.complaints(inGroup(rules, { tags: { "cost-centre": "7" } }))).toEqual([]);
  });

  it("is of a type that the group allows", async () => {
    const signing = { material: { source: { ...sourceRecord, spec: "EC_P256" } } };
    expect(await key.complaints(inGroup({ allowedSpecs: ["AES_256", "HMAC_256"] }, signing))).toEqual([
      "material.source: is EC_P256, and the group frankfurt allows AES_256, HMAC_256 only (allowedSpecs).",
    ]);
  });
});

describe("the key type of a template", () => {
  const native = { material: { native: true } };

  it("is that of what AWS makes where the key names none", async () => {
    await key.up(inGroup({ template: { spec: "EC_P384" } }, native));
    expect(key.outputs).toMatchObject({ spec: "EC_P384", usage: "SIGN_VERIFY" });
    expect(await key.up(inGroup({ template: { spec: "EC_P384" } }, native))).toBe("same");
    expect(await key.complaints(inGroup({ template: { spec: "RSA_4096" } }, native))).toEqual([
      expect.stringContaining("is RSA_4096 now, and a KMS key's spec (EC_P384) cannot change"),
    ]);
  });

  it.each([
    [
      { material: { source: sourceRecord } },
      "material.source: is AES_256, and the template of the group frankfurt is for EC_P384 keys",
    ],
    [
      { material: { native: true, spec: "RSA_2048" } },
      "material.native: is RSA_2048, and the template of the group frankfurt is for EC_P384",
    ],
  ])("refuses %j, and names both", async (more, says) => {
    expect(await key.complaints(inGroup({ template: { spec: "EC_P384" } }, more))).toEqual([
      expect.stringContaining(says),
    ]);
  });

  it("is not asked of an adopted key", async () => {
    const { arn } = world.kms.add();
    await key.up(inGroup({ template: { spec: "EC_P384" } }, { adopt: { arn } }));
    expect(await key.complaints(inGroup({ template: { spec: "EC_P384" } }))).toEqual([]);
  });

  it("is not judged while a preview does not know it", async () => {
    expect((await key.check(inGroup({ template: { spec: UNKNOWN } }, native))).failures).toEqual([]);
  });
});

describe("the usage of a template", () => {
  const made = (spec: string, more: PlainRecord = {}): PlainRecord =>
    inGroup({ template: { usage: "ENCRYPT_DECRYPT" } }, { material: { native: true, spec }, ...more });

  it.each([
    ["RSA_2048", "ENCRYPT_DECRYPT"],
    ["EC_P256", "SIGN_VERIFY"],
    ["HMAC_256", "GENERATE_VERIFY_MAC"],
  ])("is for keys whose type allows it: %s has %s", async (spec, usage) => {
    await key.up(made(spec));
    expect(key.outputs).toMatchObject({ spec, usage });
    expect(await key.up(made(spec))).toBe("same");
  });

  it("leaves a key's own usage aside", async () => {
    await key.up(made("RSA_2048", { usage: "SIGN_VERIFY" }));
    expect(key.outputs).toMatchObject({ usage: "SIGN_VERIFY" });
  });

  it("changes no key that has another one, and says so", async () => {
    await key.up(inGroup({}, { material: { native: true, spec: "RSA_2048" } }));
    expect(await key.complaints(made("RSA_2048"))).toEqual([
      expect.stringContaining("usage: cannot change (it is SIGN_VERIFY)"),
    ]);
  });

  it("is not guessed while a preview does not know it", async () => {
    const checked = await key.check(inGroup({ template: { usage: UNKNOWN } }));
    expect(checked).toMatchObject({ failures: [], inputs: { usage: UNKNOWN } });
  });
});

describe("a group with a template", () => {
  const complaint = async (template: PlainRecord): Promise<string> =>
    (await world.resource(awsKmsGroup, "frankfurt").complaints({ region: "eu-central-1", template })).join();

  it.each([
    [{ aliasPrefix: "ledger/" }, 'template.aliasPrefix: "ledger/" opens no alias of yours'],
    [{ aliasPrefix: "alias/aws/ledger" }, "template.aliasPrefix: "],
    [{ policy: "{" }, "template.policy: "],
    [{ tags: { "aws:x": "y" } }, "template.tags"],
    [{ deletionWindowInDays: 6 }, "template.deletionWindowInDays: 6 is outside"],
    [{ keepValidFor: "2y" }, "template.keepValidFor: "],
    [{ spec: "AES_128" }, "template.spec: "],
    [
      { spec: "EC_P256", usage: "ENCRYPT_DECRYPT" },
      "template.usage: ENCRYPT_DECRYPT is not possible with EC_P256 (spec)",
    ],
    [{ rotation: { every: "quarterly" } }, 'template.rotation.every: "quarterly" is no rotation period. Write days'],
    [{ rotation: { every: "90d", startAt: "soon" } }, 'template.rotation.startAt: "soon" is no ISO 8601 date-time'],
    [
      { rotation: { every: "90d", startAt: "2026-08-30T03:00:00" } },
      'template.rotation.startAt: "2026-08-30T03:00:00" is another moment on each machine: it has no time zone',
    ],
    [{ rotation: { every: "90d", deactivateOld: true } }, "template.rotation.deactivateOld: there is no such property"],
  ])("is refused with %j", async (template, says) => {
    expect(await complaint(template)).toContain(says);
  });

  it("writes nothing to the cloud when the template changes", async () => {
    const group = world.resource(awsKmsGroup, "frankfurt");
    await group.up({ region: "eu-central-1" });
    expect(await group.up({ region: "eu-central-1", template: { description: "new" } })).toBe("updated");
    expect(world.kms.writes).toEqual([]);
  });
});
