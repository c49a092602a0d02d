import { awsKmsKey } from "../../provider/lifecycle/aws-kms-key";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { keyVersionsIn } from "../../provider/model/key-versions";
import { keyProgram, sourceRecord, World, type EngineResource } from "./lifecycle-world";

let world: World;
let key: EngineResource;
beforeEach(() => {
  world = new World();
  key = world.resource(awsKmsKey, "payments");
  world.custodian.files.set("partner.bin", "the partner's key");
});

const kekRecord = { ...sourceRecord, name: "transport", owner: "00".padEnd(32, "c"), operations: ["unwrap"] };
const otherSource = { ...sourceRecord, name: "ledger-master", owner: "00".padEnd(32, "b") };
const native = (more: PlainRecord = {}): PlainRecord => keyProgram({ material: { native: true }, ...more });
const file = (more: PlainRecord = {}, settings: PlainRecord = {}): PlainRecord =>
  keyProgram({
    material: { file: "partner.bin", encoding: "raw", spec: "AES_256", kek: kekRecord, ...more },
    ...settings,
  });
const from = (source: PlainRecord, more: PlainRecord = {}): PlainRecord =>
  keyProgram({ material: { source }, ...more });
const aliasTarget = (): string | undefined => world.kms.aliases.get("alias/payments");
const keys = (): number => world.kms.keys.size;
const versions = (): readonly PlainRecord[] => keyVersionsIn(key.outputs).map((version) => ({ ...version }));

describe("material of AWS", () => {
  it("needs no token: the key is enabled at once, with neither proof nor link nor import", async () => {
    await key.up(native());
    expect(world.custodian.calls).toEqual([]);
    expect(key.outputs).toMatchObject({ keyState: "Enabled", version: 1, pending: [] });
    expect(key.outputs["proof"]).toBeUndefined();
    expect(versions()).toMatchObject([{ version: 1, from: { origin: "AWS_KMS" } }]);
    expect(await key.up(native())).toBe("same");
    await key.refresh();
    expect(await key.up(native())).toBe("same");
  });

  it.each([
    ["validTo", { validTo: "2026-12-01T00:00:00Z" }],
    ["keepValidFor", { keepValidFor: "30d" }],
    ["materialState", { materialState: "deleted" }],
    ["wrappingKeySpec", { wrappingKeySpec: "RSA_2048" }],
    ["expiryWarningDays", { expiryWarningDays: 3 }],
    ["follow", { follow: false }],
  ])("takes no %s", async (property, more) => {
    expect((await key.complaints(native(more))).join()).toMatch(new RegExp(`^${property}: is for .*Remove it\\.`));
    expect(world.kms.writes).toEqual([]);
  });

  it("takes what a group's template says of imports as not said of it", async () => {
    const template = { keepValidFor: "30d", wrappingKeySpec: "RSA_2048" };
    const group = { name: "frankfurt", region: "eu-central-1", account: "123456789012", template };
    await key.up(native({ group }));
    expect(key.outputs["validTo"]).toBeUndefined();
    expect(await key.up(native({ group }))).toBe("same");
  });

  it("is rotated by its trigger, into a new key whose aliases move last", async () => {
    await key.up(native({ rotationTrigger: "a" }));
    const first = String(key.outputs["keyId"]);
    await key.up(native({ rotationTrigger: "b" }));
    expect(key.outputs).toMatchObject({ version: 2 });
    expect(aliasTarget()).toBe(key.outputs["keyId"]);
    expect(key.outputs["keyId"]).not.toBe(first);
    expect(world.warnings.join()).toMatch(/is rotated to version 2 by a new KMS key/);
    expect(await key.up(native({ rotationTrigger: "b" }))).toBe("same");
  });

  it("is rotated in place by AWS, once, whichever call the run dies before or after", async () => {
    const inPlace = (trigger: string): PlainRecord => native({ rotationMode: "in-place", rotationTrigger: trigger });
    for (const after of [false, true]) {
      for (let call = 1; ; call += 1) {
        world = new World();
        key = world.resource(awsKmsKey, "payments");
        await key.up(inPlace("a"));
        const keyId = String(key.outputs["keyId"]);
        world.kms.failAt = { call: world.kms.calls.length + call, after };
        const failed = await key.up(inPlace("b")).then(
          () => false,
          () => true,
        );
        world.kms.failAt = undefined;
        if (failed) await key.up(inPlace("b"));
        expect(key.outputs).toMatchObject({ keyId, version: 2, pending: [] });
        expect(versions().map(({ version, keyId: id }) => [version, id])).toEqual([
          [1, keyId],
          [2, keyId],
        ]);
        expect(world.kms.calls.filter((name) => name === "rotateOnDemand")).toHaveLength(
          failed && !after && world.kms.calls.filter((name) => name === "rotateOnDemand").length === 2 ? 2 : 1,
        );
        const made = new Set(versions().map(({ keyMaterialId }) => keyMaterialId));
        expect(made.size).toBe(2);
        if (!failed) break;
      }
    }
  });

  it("is adopted with native material, and only so", async () => {
    const facts = world.kms.add({ origin: "AWS_KMS" });
    const adopting = (material: PlainRecord): PlainRecord => ({
      ...keyProgram({ material, adopt: { arn: facts.arn } }),
      aliases: undefined,
      tags: undefined,
    });
    expect((await key.complaints(adopting({ source: sourceRecord }))).join()).toMatch(
      /origin is AWS_KMS.*material: \{ native: true \}/,
    );
    await key.up(adopting({ native: true }));
    expect(key.outputs).toMatchObject({ keyId: facts.keyId, adopted: true });
    expect(world.kms.writes).toEqual(["tag"]);
    expect(await key.up(adopting({ native: true }))).toBe("same");
    const imported = world.kms.add({ state: "Enabled" });
    const other = world.resource(awsKmsKey, "other");
    expect((await other.complaints(native({ adopt: { arn: imported.arn }, aliases: [] }))).join()).toMatch(
      /origin is EXTERNAL, and material: \{ native: true \}/,
    );
  });
});

describe("material in a file", () => {
  it("goes to the custodian as a path, with its key-encryption key, and to AWS from there", async () => {
    await key.up(file());
    expect(world.custodian.imports).toMatchObject([
      { version: 1, file: { path: "partner.bin", encoding: "raw", wrap: "AES_KWP", kek: { owner: kekRecord.owner } } },
    ]);
    expect(world.custodian.imports[0]?.file).not.toHaveProperty("keptAs");
    expect(key.outputs).toMatchObject({ version: 1, link: { source: "partner.bin" }, proof: { sourceVersion: 1 } });
    expect(JSON.stringify([key.inputs, key.outputs])).not.toContain("the partner's key");
    expect(await key.up(file())).toBe("same");
  });

  it("is imported only as check saw it, also the first time", async () => {
    await key.up(file());
    expect(world.custodian.imports.map(({ expectedFingerprint }) => expectedFingerprint)).toEqual([
      key.outputs["materialIdentity"],
    ]);
  });

  it("that is gone is rotated neither by its trigger, which says so, nor by the group's", async () => {
    await key.up(file());
    world.custodian.files.clear();
    expect(await key.complaints(file({}, { rotationTrigger: "again" }))).toEqual([
      expect.stringMatching(/^material\.file: is gone, and rotationTrigger has another value: .*Bring the file back\./),
    ]);
    const group = { ...(keyProgram()["group"] as PlainRecord), rotateAllTrigger: "june" };
    await key.up(file({}, { group }));
    expect(key.outputs["version"]).toBe(1);
    expect(world.infos.join()).toContain("is not rotated by rotateAllTrigger of frankfurt yet: there is no file");
    expect(await key.up(file({}, { group }))).toBe("same");
    world.custodian.files.set("partner.bin", "the partner's key");
    await key.up(file({}, { group }));
    expect(key.outputs["version"]).toBe(2);
    expect(await key.up(file({}, { group }))).toBe("same");
  });

  it("may be gone once it was imported, until an import needs it", async () => {
    await key.up(file());
    world.custodian.files.clear();
    expect(await key.up(file())).toBe("same");
    await key.refresh();
    expect(await key.up(file())).toBe("same");
    const other = world.resource(awsKmsKey, "other");
    expect((await other.complaints(file())).join()).toMatch(/^material\.file: There is no file partner\.bin/);
  });

  it("is imported again with the fingerprint of what was imported first", async () => {
    await key.up(file());
    await key.up(file({}, { validTo: "2026-09-01T00:00:00Z" }));
    expect(world.custodian.imports[1]).toMatchObject({
      existing: true,
      expectedFingerprint: expect.any(String) as string,
    });
  });

  it("with another content is a rotation by a new key", async () => {
    await key.up(file());
    const first = String(key.outputs["arn"]);
    world.custodian.files.set("partner.bin", "another key");
    await key.up(file());
    expect(world.warnings.join()).toMatch(
      /changes its key material from that of the file partner\.bin to that of the file partner\.bin, as version 2, by a new KMS key\. alias\/payments moves to it once it is ready\. The former key arn.* stays as it is and decrypts what it encrypted/,
    );
    expect(key.outputs).toMatchObject({ version: 2 });
    expect(key.outputs["arn"]).not.toBe(first);
    expect(aliasTarget()).toBe(key.outputs["keyId"]);
    expect(versions()).toMatchObject([
      { arn: first, from: { origin: "EXTERNAL", source: "partner.bin" } },
      { version: 2 },
    ]);
  });

  it("that was encrypted anew, with the same key in it, is no rotation", async () => {
    await key.up(file());
    world.custodian.files.set("partner.bin", "the partner's key encrypted anew");
    await key.up(file());
    expect(keys()).toBe(1);
    expect(key.outputs).toMatchObject({ version: 1 });
    expect(await key.up(file())).toBe("same");
  });

  it("with another key than the one that was deleted does not come in its place", async () => {
    await key.up(file());
    const deleted = file({}, { materialState: "deleted" });
    await expect(key.up(deleted)).rejects.toThrow();
    const confirm = /confirm: "([a-z]+-[0-9a-f]{8})"/.exec(world.warnings.join())?.[1] ?? "";
    await key.up({ ...deleted, confirm });
    world.custodian.files.set("partner.bin", "another key");
    expect((await key.complaints(file())).join()).toMatch(
      /^material\.file: is other material than the one that was deleted/,
    );
    world.custodian.files.set("partner.bin", "the partner's key");
    await key.up(file());
    expect(key.outputs).toMatchObject({ keyState: "Enabled", version: 1 });
  });

  it("of another name with the same content is no rotation", async () => {
    await key.up(file());
    world.custodian.files.set("moved.bin", "the partner's key");
    await key.up(file({ file: "moved.bin" }));
    expect(keys()).toBe(1);
    expect(await key.up(file({ file: "moved.bin" }))).toBe("same");
  });

  it("is kept under the key's own owner and version on request", async () => {
    await key.up(file({ keepInToken: true }));
    const [request] = world.custodian.imports;
    expect(request).toMatchObject({ version: 1, file: { keptAs: "payments" } });
    expect(request?.owner).toBe(`00${String(key.outputs["owner"]).slice(2)}`);
    await key.destroy();
    expect(world.custodian.calls.join()).toMatch(/noteDeletion 1 arn/);
  });

  const clear = { kek: undefined, group: sourceRecord.group };
  it.each<[string, PlainRecord, PlainRecord, RegExp]>([
    ["in clear without saying so", clear, {}, /^material\.allowPlaintext: must be true .*in clear in the file.*kek/],
    ["in clear without a token", { kek: undefined, allowPlaintext: true }, {}, /^material\.group: is required/],
    [
      "with a wrap and no kek",
      { ...clear, allowPlaintext: true, wrap: "AES_KWP" },
      {},
      /^material\.wrap: goes with kek only/,
    ],
    ["with a group and a kek", { group: sourceRecord.group }, {}, /^material\.group: is for a file in clear/],
    [
      "encrypted, and said to be in clear",
      { allowPlaintext: true },
      {},
      /^material\.allowPlaintext: is for a file in clear/,
    ],
    [
      "under a key that may not unwrap",
      { kek: sourceRecord },
      {},
      /^material\.kek: payments-master may not unwrap.*operations/,
    ],
    ["in an unknown encoding", { encoding: "pem" }, {}, /^material\.encoding: /],
    ["of an unknown type", { spec: "AES_128" }, {}, /^material\.spec: "AES_128" is no key type/],
    ["without a type", { spec: undefined }, {}, /^material\.spec: is required/],
    [
      "under RSA with an AES key",
      { wrap: "RSA_AES_SHA1" },
      {},
      /^material\.wrap: RSA_AES_SHA1 needs an RSA key, and kek is AES_256/,
    ],
    [
      "without padding where padding is needed",
      { spec: "EC_P256", wrap: "AES_KW" },
      {},
      /^material\.wrap: AES_KW \(RFC 3394\).*AES_KWP/,
    ],
    ["with a property that does not exist", { format: "der" }, {}, /^material\.format: there is no such property/],
    ["that follows", {}, { follow: true }, /^follow: is for keys that copy a source key/],
    [
      "beside a source",
      { source: sourceRecord },
      {},
      /^material: names source and file: material comes from one place/,
    ],
  ])("%s is refused by its name", async (_name, material, settings, complaint) => {
    expect((await key.complaints(file(material, settings))).join()).toMatch(complaint);
    expect(world.kms.writes).toEqual([]);
  });

  it("in clear is warned of, once", async () => {
    const program = file({ ...clear, allowPlaintext: true });
    await key.up(program);
    expect(world.warnings.join()).toMatch(/in clear in partner\.bin.*Delete the file/);
    world.warnings.length = 0;
    await key.up(program);
    expect(world.warnings).toEqual([]);
  });

  it("that the token cannot unwrap is refused with what its self-test shows", async () => {
    world.custodian.unwraps = "its answer is CKR_ARGUMENTS_BAD";
    expect((await key.complaints(file())).join()).toMatch(
      /^material\.wrap: the token of hsm cannot take in AES_256 material under AES_KWP.*CKR_ARGUMENTS_BAD.*Nothing was created/,
    );
  });

  it("keeps what was said of keeping", async () => {
    await key.up(file());
    expect((await key.complaints(file({ keepInToken: true }))).join()).toMatch(
      /^material\.keepInToken: counts from the import on/,
    );
  });
});

describe("no material at all", () => {
  it("and a false native are refused", async () => {
    expect((await key.complaints(keyProgram({ material: {} }))).join()).toMatch(
      /^material: says where .*source, file or native/,
    );
    expect((await key.complaints(keyProgram({ material: { native: false } }))).join()).toMatch(
      /^material\.native: must be true/,
    );
  });
});

describe("a change of the material", () => {
  it("from AWS to a source key makes a new key, moves the aliases last and counts on", async () => {
    await key.up(native());
    const first = String(key.outputs["keyId"]);
    world.warnings.length = 0;
    await key.up(from(sourceRecord));
    expect(world.warnings.join()).toMatch(
      /changes its key material from that of AWS to that of payments-master, as version 2, by a new KMS key/,
    );
    expect(key.outputs).toMatchObject({
      version: 2,
      versionOffset: 1,
      proof: { sourceVersion: 1 },
      link: { sourceVersion: 1 },
    });
    expect(world.custodian.imports).toMatchObject([{ version: 1, owner: sourceRecord.owner }]);
    const order = world.kms.writes.slice(world.kms.writes.indexOf("createKey", 1));
    expect(order.at(-1)).toBe("updateAlias");
    expect(world.kms.keys.get(first)?.facts.state).toBe("Enabled");
    expect(versions()).toMatchObject([
      { version: 1, keyId: first, from: { origin: "AWS_KMS" } },
      { version: 2, from: { origin: "HSM", sourceVersion: 1 } },
    ]);
    expect(await key.up(from(sourceRecord))).toBe("same");
    await key.refresh();
    expect(await key.up(from(sourceRecord))).toBe("same");
  });

  it("from one source key to another never collides in versions, and follows the new one from then on", async () => {
    await key.up(from({ ...sourceRecord, version: 3 }));
    await key.up(from(otherSource));
    expect(key.outputs).toMatchObject({ version: 4, proof: { sourceVersion: 1 } });
    expect(world.custodian.imports.at(-1)).toMatchObject({ owner: otherSource.owner, version: 1 });
    await key.up(from({ ...otherSource, version: 2 }));
    expect(key.outputs).toMatchObject({ version: 5, proof: { sourceVersion: 2 } });
    expect(world.custodian.imports.at(-1)).toMatchObject({ owner: otherSource.owner, version: 2 });
    expect(versions()).toMatchObject([
      {
        version: 3,
        from: { origin: "HSM", owner: sourceRecord.owner, sourceVersion: 3, token: { label: "payments" } },
      },
      { version: 4, from: { owner: otherSource.owner, sourceVersion: 1 } },
      { version: 5, from: { owner: otherSource.owner, sourceVersion: 2 } },
    ]);
  });

  it("has the token of each version told when the keys go", async () => {
    await key.up(from({ ...sourceRecord, version: 3 }));
    await key.up(from(otherSource));
    await key.destroy();
    const noted = world.custodian.calls.filter((call) => call.startsWith("noteDeletion"));
    expect(noted.map((call) => call.split(" ")[1])).toEqual(["3", "1"]);
  });

  it("re-imports into the new key from the new source", async () => {
    await key.up(from({ ...sourceRecord, version: 3 }));
    await key.up(from(otherSource));
    await key.up(from(otherSource, { validTo: "2026-09-01T00:00:00Z" }));
    expect(world.custodian.imports.at(-1)).toMatchObject({ owner: otherSource.owner, version: 1, existing: true });
  });

  it("in place takes further versions of the new source, each with its own number", async () => {
    await key.up(from({ ...sourceRecord, version: 3 }));
    await key.up(from(otherSource));
    const inPlace = { rotationMode: "in-place" };
    await key.up(from({ ...otherSource, version: 2 }, inPlace));
    expect(key.outputs).toMatchObject({ version: 5, pending: [], proof: { sourceVersion: 2 } });
    expect(world.custodian.imports.at(-1)).toMatchObject({ owner: otherSource.owner, version: 2, additional: true });
    world.kms.loseMaterial(String(key.outputs["keyId"]), 1);
    await key.refresh();
    await key.up(from({ ...otherSource, version: 2 }, inPlace));
    expect(world.custodian.imports.at(-1)).toMatchObject({ owner: otherSource.owner, version: 1, existing: true });
    expect(key.outputs).toMatchObject({ keyState: "Enabled", pending: [] });
  });

  it("is finished by the next run, whichever call it died before or after, with one new key and a living alias throughout", async () => {
    const changes: readonly (readonly [PlainRecord, PlainRecord])[] = [
      [native(), from(sourceRecord)],
      [from({ ...sourceRecord, version: 3 }), from(otherSource)],
      [from(sourceRecord), native()],
      [from(sourceRecord), file()],
    ];
    for (const [before, after] of changes) {
      for (const late of [false, true]) {
        for (let call = 1; ; call += 1) {
          world = new World();
          world.custodian.files.set("partner.bin", "the partner's key");
          key = world.resource(awsKmsKey, "payments");
          await key.up(before);
          world.kms.failAt = { call: world.kms.calls.length + call, after: late };
          const failed = await key.up(after).then(
            () => false,
            () => true,
          );
          world.kms.failAt = undefined;
          expect(world.kms.keys.get(String(aliasTarget()))?.facts.state).toBe("Enabled");
          if (failed) await key.up(after);
          expect(keys()).toBe(2);
          expect(key.outputs["pending"]).toEqual([]);
          expect(aliasTarget()).toBe(key.outputs["keyId"]);
          expect(versions()).toHaveLength(2);
          expect(await key.up(after)).toBe("same");
          if (!failed) break;
        }
      }
    }
  });

  it("is finished by a run that knows only the old state, as after a kill", async () => {
    await key.up(native());
    const { inputs, outputs } = key;
    world.custodian.failImport = "after";
    await expect(key.up(from(sourceRecord))).rejects.toThrow();
    Object.assign(key, { inputs, outputs });
    await key.up(from(sourceRecord));
    expect(keys()).toBe(2);
    expect(aliasTarget()).toBe(key.outputs["keyId"]);
  });

  it("is not done twice where the run was killed at its end and a refresh came before the next", async () => {
    await key.up(native());
    const { inputs, outputs } = key;
    await key.up(from(sourceRecord));
    const made = key.outputs["keyId"];
    Object.assign(key, { inputs, outputs });
    await key.refresh();
    expect(world.warnings.join()).toMatch(/points to version 2 of this key, whose material is of another origin/);
    await key.up(from(sourceRecord));
    expect(key.outputs).toMatchObject({ keyId: made, version: 2, pending: [] });
    expect(keys()).toBe(2);
  });

  it.each([
    ["native", native],
    ["a file", (more: PlainRecord) => file({}, more)],
  ] as const)("asked for by a trigger is done once for %s, killed at its end and refreshed", async (_name, program) => {
    await key.up(program({}));
    const { inputs, outputs } = key;
    await key.up(program({ rotationTrigger: "now" }));
    const made = key.outputs["keyId"];
    Object.assign(key, { inputs, outputs });
    await key.refresh();
    await key.up(program({ rotationTrigger: "now" }));
    expect(key.outputs).toMatchObject({ keyId: made, version: 2, pending: [] });
    expect([keys(), aliasTarget()]).toEqual([2, made]);
    expect(await key.up(program({ rotationTrigger: "now" }))).toBe("same");
  });

  it("never takes a key of another origin for the one that is asked for", async () => {
    await key.up(native());
    const { inputs, outputs } = key;
    await key.up(from(sourceRecord));
    Object.assign(key, { inputs, outputs });
    await expect(key.up(from(otherSource))).rejects.toThrow(
      /is version 2 of this resource already, with other material/,
    );
    expect(keys()).toBe(2);
  });

  it.each<[string, PlainRecord, PlainRecord, RegExp]>([
    [
      "in place to another source",
      from(sourceRecord),
      from(otherSource, { rotationMode: "in-place" }),
      /^rotationMode: "in-place" adds the next version of the same source key.*"new-key"/,
    ],
    [
      "in place from AWS",
      native(),
      from(sourceRecord, { rotationMode: "in-place" }),
      /^rotationMode: .*takes a new KMS key/,
    ],
    [
      "to another key type",
      native(),
      from({ ...sourceRecord, spec: "HMAC_256" }),
      /^material\.source: is HMAC_256 now/,
    ],
    [
      "while the material is to be gone",
      from(sourceRecord),
      from(otherSource, { materialState: "deleted" }),
      /^materialState: is "deleted", and the material changes/,
    ],
    [
      "by a trigger of a copy",
      from(sourceRecord),
      from(sourceRecord, { rotationTrigger: "x" }),
      /^rotationTrigger: .*set rotationTrigger on payments-master/,
    ],
    [
      "in place with the same file",
      file(),
      file({}, { rotationTrigger: "x", rotationMode: "in-place" }),
      /^rotationMode: "in-place" needs other material/,
    ],
    ["to a key-encryption key", native(), from(kekRecord), /^material\.source: transport is a key-encryption key/],
  ])("%s is refused, and nothing is changed", async (_name, before, after, complaint) => {
    await key.up(before);
    const writes = world.kms.writes.length;
    expect((await key.complaints(after)).join()).toMatch(complaint);
    expect(world.kms.writes).toHaveLength(writes);
  });

  it("asks whoever names an alias of an asymmetric key, as a rotation does", async () => {
    const rsa = { ...sourceRecord, spec: "RSA_2048" };
    await key.up(from(rsa));
    const other = { ...otherSource, spec: "RSA_2048" };
    expect((await key.complaints(from(other))).join()).toMatch(
      /^acknowledgeOldOutputs: the material changes to that of ledger-master, and alias\/payments would move/,
    );
    await key.up(from(other, { acknowledgeOldOutputs: true }));
    expect(key.outputs).toMatchObject({ version: 2 });
  });

  it("is not undone by a state that forgot it: a new resource refuses to begin with an older version", async () => {
    await key.up(native({ rotationTrigger: "a" }));
    await key.up(native({ rotationTrigger: "b" }));
    const reborn = world.resource(awsKmsKey, "payments");
    await expect(reborn.up(native())).rejects.toThrow(/is version 2 of this resource, and this state/);
  });
});
