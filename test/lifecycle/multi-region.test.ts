import { awsKmsKey } from "../../provider/lifecycle/aws-kms-key";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { account, region, type FakeKms } from "./fake-kms";
import { groupRecord, keyProgram, sourceRecord, World, type EngineResource } from "./lifecycle-world";

const ireland = "eu-west-1";
const virginia = "us-east-1";
const day = 86_400_000;
let world: World;
let key: EngineResource;
const start = (): void => {
  world = new World();
  key = world.resource(awsKmsKey, "payments");
};
beforeEach(start);

const group = (name: string, inRegion: string): PlainRecord => ({ ...groupRecord, name, region: inRegion });
const source = (version: number): PlainRecord => ({
  ...sourceRecord,
  version,
  group: {
    ...sourceRecord.group,
    allowedTargets: [{ aws: { account, regions: [region, ireland, virginia, "cn-north-1"] } }],
  },
});
const irish = (more: PlainRecord = {}): PlainRecord => ({
  group: group("ireland", ireland),
  aliases: ["alias/payments"],
  ...more,
});
const program = (more: PlainRecord = {}, version = 1): PlainRecord =>
  keyProgram({ material: { source: source(version) }, multiRegion: true, replicas: [irish()], ...more });
const transport = { ...source(1), name: "transport", owner: "00".padEnd(32, "c"), operations: ["unwrap"] };
const keyId = (): string => String(key.outputs["keyId"]);
const replicas = (): readonly PlainRecord[] => (key.outputs["replicas"] ?? []) as readonly PlainRecord[];
const there = (): FakeKms => world.kms.in(ireland);
const stateIn = (kms: FakeKms, id = keyId()): string | undefined => kms.keys.get(id)?.facts.state;
const pass = (days: number): void => {
  world.kms.now = new Date(world.kms.now.getTime() + days * day);
};

describe("a multi-Region key", () => {
  it("gets its replica, the same material there, and only then aliases, in both Regions", async () => {
    expect(await key.up(program())).toBe("created");
    expect(world.kms.writes).toEqual(["createKey", "replicateKey", "createAlias", `createAlias in ${ireland}`]);
    expect(world.custodian.imports.map(({ target, existing }) => [target.keyArn, existing])).toEqual([
      [key.outputs["arn"], false],
      [replicas()[0]?.["arn"], true],
    ]);
    expect(key.outputs).toMatchObject({ primaryRegion: region, keyState: "Enabled", pending: [] });
    expect(replicas()).toMatchObject([
      {
        region: ireland,
        arn: `arn:aws:kms:${ireland}:${account}:key/${keyId()}`,
        primaryArn: key.outputs["arn"],
        keyState: "Enabled",
        aliases: ["alias/payments"],
        proof: { sourceVersion: 1 },
        pending: [],
      },
    ]);
    expect(there().keys.get(keyId())?.tags).toMatchObject({ "byok:lineage": key.id, "byok:version": "1" });
    expect(await key.up(program())).toBe("same");
    await key.refresh();
    expect(world.warnings).toEqual([]);
    expect(await key.up(program())).toBe("same");
  });

  it("may have no replica, and get one later", async () => {
    await key.up(program({ replicas: undefined }));
    expect(key.outputs).not.toHaveProperty("replicas");
    expect(keyId()).toMatch(/^mrk-/);
    expect(await key.up(program({ replicas: undefined }))).toBe("same");
    expect(await key.up(program())).toBe("updated");
    expect(stateIn(there())).toBe("Enabled");
    expect(await key.up(program())).toBe("same");
  });

  it("gives its replica settings of its own", async () => {
    const own = { description: "far", tags: { where: "there" }, enabled: false, validTo: "2026-09-01T00:00:00Z" };
    await key.up(program({ replicas: [irish(own)] }));
    const stored = there().keys.get(keyId());
    expect(stored?.facts).toMatchObject({ description: "far", state: "Disabled", expires: true });
    expect(stored?.tags).toMatchObject({ where: "there" });
    expect(stateIn(world.kms)).toBe("Enabled");
    expect(await key.up(program({ replicas: [irish(own)] }))).toBe("same");
    await key.up(program({ replicas: [irish({ description: "near", aliases: ["alias/other"] })] }));
    expect(stored?.facts).toMatchObject({ description: "near", state: "Enabled", expires: false });
    expect([...there().aliases.keys()]).toEqual(["alias/other"]);
    expect(world.warnings.join()).toContain(`alias/payments in ${ireland} will be deleted`);
  });

  it("takes the template of the replica's own group, and its rules", async () => {
    const template = { aliasPrefix: "alias/eu/", tags: { owner: "ledger" }, rotationMode: "in-place" };
    const inGroup = { group: { ...group("ireland", ireland), template, requiredTags: ["owner", "cost"] } };
    expect(await key.complaints(program({ replicas: [inGroup] }))).toEqual([
      expect.stringContaining("replicas[0].tags: lack cost, which the group ireland asks of every key"),
    ]);
    await key.up(program({ replicas: [{ ...inGroup, tags: { cost: "1" } }] }));
    expect(replicas()).toMatchObject([{ aliases: ["alias/eu/payments"], tags: { owner: "ledger", cost: "1" } }]);
  });

  it.each([
    [{ multiRegion: false }, "replicas: are for a multi-Region key only"],
    [{ multiRegion: undefined, replicas: undefined, primaryRegion: ireland }, "primaryRegion: is for a multi-Region"],
    [{ replicas: [{ group: group("other", region) }] }, "replicas[0].group: is in eu-central-1, where the key itself"],
    [{ replicas: [irish(), irish()] }, "replicas[1].group: is in eu-west-1, where another replica"],
    [{ replicas: [irish({ aliases: ["payments"] })] }, 'replicas[0].aliases[0]: "payments" must start with "alias/"'],
    [{ replicas: [irish({ window: 7 })] }, "replicas[0].window: there is no such property"],
    [
      { replicas: [irish({ validTo: "2020-01-01T00:00:00Z" })] },
      "replicas[0].validTo: 2020-01-01T00:00:00Z has passed",
    ],
    [{ replicas: [{ group: group("oslo", "eu-north-1") }] }, "replicas[0].group: allowedTargets of the source group"],
    [{ replicas: [{ group: group("beijing", "cn-north-1") }] }, "replicas[0].group: is in another partition"],
    [
      { replicas: [{ group: { ...group("x", ireland), account: "999999999999" } }] },
      "replicas[0].group: is in account 999999999999",
    ],
    [
      { primaryRegion: virginia },
      "primaryRegion: is us-east-1, where this key is not. It is in eu-central-1, eu-west-1.",
    ],
    [{ enabled: false }, "replicas[0]: cannot be made: AWS replicates an enabled primary"],
    [{ materialState: "deleted" }, "replicas[0]: cannot be made"],
    [
      { adopt: { arn: `arn:aws:kms:${region}:${account}:key/mrk-1` }, primaryRegion: ireland },
      "primaryRegion: is eu-west-1, and an adoption moves no primary",
    ],
  ])("is refused with %j", async (more, complaint) => {
    expect((await key.complaints(program(more))).join("\n")).toContain(complaint);
  });

  it("stays what it is: single-Region or multi-Region", async () => {
    await key.up(keyProgram());
    expect(await key.complaints(keyProgram({ multiRegion: true }))).toEqual([
      expect.stringContaining("multiRegion: cannot change: AWS fixes when a key is made"),
    ]);
  });

  it("never takes an alias that another key has in the replica's Region, and makes nothing then", async () => {
    there().aliases.set("alias/payments", there().add().keyId);
    await expect(key.up(program())).rejects.toMatchObject({ property: "replicas[0].aliases[0]" });
    expect(world.kms.keys.size).toBe(0);
  });

  it("refuses a replica that somebody else made, and takes no material there", async () => {
    await key.up(program({ replicas: [] }));
    await world.kms.replicateKey({ keyId: keyId(), region: ireland, description: "", tags: {} });
    await expect(key.up(program())).rejects.toThrow(/is a replica that this resource has not made/);
    expect(stateIn(there())).toBe("PendingImport");
  });

  it("shows drift of each replica, and repairs it", async () => {
    await key.up(program());
    there().set(keyId(), { state: "Disabled", description: "changed" });
    there().aliases.set("alias/stray", keyId());
    await key.refresh();
    expect(world.warnings).toEqual([
      `replica in ${ireland}: drift: the key is Disabled, not Enabled.`,
      expect.stringContaining(`replica in ${ireland}: drift: the description is "changed"`),
      `replica in ${ireland}: drift: alias/stray points to the key and is not in the program.`,
    ]);
    expect(await key.up(program())).toBe("updated");
    expect(stateIn(there())).toBe("Enabled");
    expect(await key.up(program())).toBe("same");
  });

  it("makes a replica again that is gone", async () => {
    await key.up(program());
    there().keys.clear();
    there().aliases.clear();
    world.kms.set(keyId(), { replicaRegions: [] });
    await key.refresh();
    expect(replicas()).toEqual([]);
    expect(world.warnings.join()).toContain("does not exist any more; the next pulumi up makes it again");
    await key.up(program());
    expect(stateIn(there())).toBe("Enabled");
    expect(await key.up(program())).toBe("same");
  });
});

describe("a primary that vanished", () => {
  beforeEach(async () => {
    await key.up(program());
    world.kms.keys.clear();
  });

  it("stays as it was while a replica of it lives", async () => {
    await key.refresh();
    expect(world.warnings.join()).toContain(`still does in ${ireland}; this resource keeps it`);
    expect(key.outputs).toMatchObject({ keyState: "Enabled" });
  });

  it("is Destroyed once no Region has it, and one that cannot be asked does not count as without it", async () => {
    there().keys.clear();
    // The first call asks for the primary.
    world.kms.failAt = { call: world.kms.calls.length + 2, after: false };
    await expect(key.refresh()).rejects.toThrow("planned failure");
    expect(key.outputs).toMatchObject({ keyState: "Enabled" });
    await key.refresh();
    expect(key.outputs).toMatchObject({ keyState: "Destroyed" });
    expect(await key.up(program())).toBe("same");
    expect(world.kms.keys.size + there().keys.size).toBe(0);
  });
});

describe("a replica that vanished after a rotation", () => {
  const vanished = async (more: PlainRecord = {}): Promise<string> => {
    await key.up(program());
    const former = keyId();
    await key.up(program(more, 2));
    there().keys.delete(keyId());
    there().aliases.clear();
    world.kms.set(keyId(), { replicaRegions: [] });
    await key.refresh();
    return former;
  };

  it("leaves its former keys in the record, and gets them back as such", async () => {
    const former = await vanished({ afterRotation: "disable" });
    expect(replicas()).toMatchObject([
      { region: ireland, versions: [{ keyId: former }], pending: ["make the replica"] },
    ]);
    expect(await key.up(program({ afterRotation: "disable" }, 2))).toBe("updated");
    expect(replicas()).toMatchObject([
      { keyId: keyId(), versions: [{ keyId: former }, { keyId: keyId() }], pending: [] },
    ]);
    expect(await key.up(program({ afterRotation: "disable" }, 2))).toBe("same");
  });

  it("is the same after two refreshes, and a destroy then lets its former keys go", async () => {
    const former = await vanished();
    await key.refresh();
    await key.destroy();
    expect(stateIn(there(), former)).toBe("PendingDeletion");
  });

  it("leaves no record where its former keys are gone too", async () => {
    const former = await vanished();
    there().keys.delete(former);
    await key.refresh();
    expect(replicas()).toEqual([]);
  });
});

describe("the primary of a multi-Region key", () => {
  it("moves to a replica's Region and back, and rotations go on from there", async () => {
    await key.up(program());
    expect(await key.up(program({ primaryRegion: ireland }))).toBe("updated");
    expect(world.warnings.join()).toContain(`its primary moves from ${region} to ${ireland}`);
    expect(there().keys.get(keyId())?.facts.replicaRegions).toEqual([region]);
    expect(key.outputs["primaryRegion"]).toBe(ireland);
    expect(await key.up(program({ primaryRegion: ireland }))).toBe("same");
    await key.up(program({ primaryRegion: ireland, rotationMode: "in-place" }, 2));
    expect(world.kms.writes).toContain(`rotateOnDemand in ${ireland}`);
    const moved = { primaryRegion: ireland, replicas: [irish(), { group: group("virginia", virginia) }] };
    await key.up(program({ ...moved, rotationMode: "in-place" }, 2));
    expect(
      world.kms
        .in(virginia)
        .keys.get(keyId())
        ?.materials.map(({ imported }) => imported),
    ).toEqual([true, true]);
    await key.up(program({ rotationMode: "in-place" }, 2));
    expect(key.outputs["primaryRegion"]).toBe(region);
  });

  it("goes back by itself when the replica that it is leaves the program", async () => {
    await key.up(program({ primaryRegion: ireland }));
    await key.up(program({ replicas: [] }));
    expect(key.outputs["primaryRegion"]).toBe(region);
    expect(stateIn(there())).toBe("PendingDeletion");
  });

  it("is created where the program wants it", async () => {
    await key.up(program({ primaryRegion: ireland }));
    expect(key.outputs["primaryRegion"]).toBe(ireland);
    expect(await key.up(program({ primaryRegion: ireland }))).toBe("same");
  });

  it("that was moved by hand is drift, and moved back", async () => {
    await key.up(program());
    await world.kms.updatePrimaryRegion(keyId(), ireland);
    await key.refresh();
    expect(world.warnings.join()).toContain(`drift: the primary is in ${ireland}, not in ${region}`);
    expect(await key.up(program())).toBe("updated");
    expect(world.kms.keys.get(keyId())?.facts.primaryRegion).toBe(region);
  });

  it("does not move while the key is disabled on either side", async () => {
    await key.up(program());
    expect(await key.complaints(program({ primaryRegion: ireland, enabled: false }))).toEqual([
      expect.stringContaining("primaryRegion: cannot move from eu-central-1 to eu-west-1 while the key is disabled in"),
    ]);
  });
});

describe("the material of a multi-Region key", () => {
  it("is deleted and imported again in every Region, with one word", async () => {
    await key.up(program());
    const deleted = program({ materialState: "deleted" });
    await expect(key.up(deleted)).rejects.toThrow(/would be deleted at once/);
    const [, word = ""] = /confirm: "([a-z]+-[0-9a-f]{8})"/.exec(world.warnings.join()) ?? [];
    await key.up({ ...deleted, confirm: word });
    expect([stateIn(world.kms), stateIn(there())]).toEqual(["PendingImport", "PendingImport"]);
    expect(await key.up({ ...deleted, confirm: word })).toBe("same");
    await key.up(program());
    expect([stateIn(world.kms), stateIn(there())]).toEqual(["Enabled", "Enabled"]);
  });
});

describe("a replica that leaves the program", () => {
  it("loses its aliases and is scheduled for deletion; preview says what stays readable", async () => {
    await key.up(program());
    expect(await key.up(program({ replicas: [] }))).toBe("updated");
    expect(world.warnings.join()).toContain(
      `its replica in ${ireland} is scheduled for deletion, and AWS deletes it 30 days later`,
    );
    expect(world.warnings.join()).toContain(`What it encrypted stays readable with the same key in ${region}.`);
    expect(there().aliases.size).toBe(0);
    expect(stateIn(there())).toBe("PendingDeletion");
    expect(key.outputs).toMatchObject({ replicas: [], formerReplicas: [{ region: ireland }] });
    expect(await key.up(program({ replicas: [] }))).toBe("same");
    await expect(key.up(program())).rejects.toThrow(/is scheduled for deletion; AWS deletes it on 2026-07-01/);
  });

  it("needs a word where its window is shorter than AWS's longest", async () => {
    await key.up(program({ deletionWindowInDays: 7 }));
    const without = program({ deletionWindowInDays: 7, replicas: undefined });
    await expect(key.up(without)).rejects.toThrow(/would be deleted after 7 days/);
    expect(stateIn(there())).toBe("Enabled");
    const [, word = ""] = /confirm: "([a-z]+-[0-9a-f]{8})"/.exec(world.warnings.join()) ?? [];
    await key.up({ ...without, confirm: word });
    expect(stateIn(there())).toBe("PendingDeletion");
  });

  it("is not removed while the key is rotated in place, because AWS waits for it", async () => {
    await key.up(program({ rotationMode: "in-place" }));
    expect(await key.complaints(program({ rotationMode: "in-place", replicas: [] }, 2))).toEqual([
      expect.stringContaining("replicas: lack eu-west-1, and the key is rotated in place in the same run"),
    ]);
    await key.up(program({ rotationMode: "in-place", replicas: [] }));
    await expect(key.up(program({ rotationMode: "in-place", replicas: [] }, 2))).rejects.toThrow(
      /has a replica in eu-west-1 that this program does not name/,
    );
    expect(world.custodian.imports.filter(({ additional }) => additional === true)).toEqual([]);
  });
});

describe("a multi-Region key that moves to another place", () => {
  it("names both dates of the old one, the primary's last, wherever it is", async () => {
    await key.up(program({ primaryRegion: ireland }));
    world.warnings.length = 0;
    const moved = program({ group: group("virginia", virginia), primaryRegion: ireland });
    expect(await key.up(moved)).toBe("replaces");
    expect(world.warnings.join()).toContain(
      `in ${region} after 30 days (2026-07-01), and the primary in ${ireland} 30 days later (2026-07-31); then everything`,
    );
  });
});

describe("a multi-Region key that is destroyed", () => {
  it("schedules replicas first, and tells both dates", async () => {
    await key.up(program());
    await key.destroy();
    expect(world.kms.writes.filter((call) => call.startsWith("scheduleDeletion"))).toEqual([
      `scheduleDeletion in ${ireland}`,
      "scheduleDeletion",
    ]);
    expect([stateIn(there()), stateIn(world.kms)]).toEqual(["PendingDeletion", "PendingReplicaDeletion"]);
    expect(world.infos).toEqual([
      expect.stringMatching(/^replica in eu-west-1: AWS deletes arn:.* on 2026-07-01; until then/),
      expect.stringMatching(
        /^AWS deletes arn:.* on 2026-07-31, 30 days after its replica in eu-west-1 is deleted \(2026-07-01\); until then/,
      ),
    ]);
    expect(world.custodian.calls.filter((call) => call.startsWith("noteDeletion"))).toEqual([
      expect.stringContaining(`:${ireland}:`),
      expect.stringContaining("2026-07-31"),
    ]);
  });

  it("schedules the primary last, wherever it is", async () => {
    await key.up(program({ primaryRegion: ireland }));
    await key.destroy();
    expect([stateIn(there()), stateIn(world.kms)]).toEqual(["PendingReplicaDeletion", "PendingDeletion"]);
  });

  it("shows in a refresh that it waits for its replicas, and nothing is due", async () => {
    await key.up(program());
    await world.kms.scheduleDeletion(keyId(), 30);
    await key.refresh();
    expect(world.warnings.join()).toContain("waits for its replicas in eu-west-1");
    expect(key.outputs).toMatchObject({ keyState: "PendingReplicaDeletion" });
  });
});

describe("a rotation of a multi-Region key", () => {
  it("by a new key moves the aliases of every Region once all replicas hold the material", async () => {
    await key.up(program());
    const former = keyId();
    world.kms.calls.length = 0;
    await key.up(program({ afterRotation: "disable" }, 2));
    expect(world.kms.writes).toEqual([
      "createKey",
      "replicateKey",
      "updateAlias",
      `updateAlias in ${ireland}`,
      `disable in ${ireland}`,
      "disable",
    ]);
    expect(replicas()).toMatchObject([
      {
        keyId: keyId(),
        versions: [{ keyId: former, keyState: "Disabled" }, { keyId: keyId() }],
        proof: { sourceVersion: 2 },
      },
    ]);
    expect(world.warnings.join()).toContain(`by a new KMS key, with its replica in ${ireland}.`);
    expect(await key.up(program({ afterRotation: "disable" }, 2))).toBe("same");
  });

  it("deletes former keys in every Region, replicas first", async () => {
    const scheduled = (version: number): PlainRecord =>
      program({ afterRotation: "scheduleDeletion", disableDays: 1 }, version);
    await key.up(scheduled(1));
    const former = keyId();
    await key.up(scheduled(2));
    pass(2);
    world.kms.calls.length = 0;
    expect(await key.up(scheduled(2))).toBe("updated");
    expect(world.kms.writes).toEqual([`scheduleDeletion in ${ireland}`, "scheduleDeletion"]);
    expect([stateIn(there(), former), stateIn(world.kms, former)]).toEqual([
      "PendingDeletion",
      "PendingReplicaDeletion",
    ]);
    expect(key.outputs["versions"]).toMatchObject([{ deletionDate: "2026-08-02T00:00:00.000Z" }, {}]);
    expect(await key.up(scheduled(2))).toBe("same");
  });

  it("in place imports into the primary, then into every replica, then rotates once", async () => {
    const inPlace = (version: number): PlainRecord => program({ rotationMode: "in-place" }, version);
    await key.up(inPlace(1));
    const before = keyId();
    world.kms.calls.length = 0;
    world.custodian.imports.length = 0;
    await key.up(inPlace(2));
    expect(world.kms.writes).toEqual(["rotateOnDemand", "tag", `tag in ${ireland}`]);
    expect(world.custodian.imports.map(({ existing, additional }) => [existing, additional])).toEqual([
      [false, true],
      [true, undefined],
    ]);
    expect(keyId()).toBe(before);
    expect(
      there()
        .keys.get(before)
        ?.materials.map(({ state, imported }) => [state, imported]),
    ).toEqual([
      ["NON_CURRENT", true],
      ["CURRENT", true],
    ]);
    expect(replicas()).toMatchObject([{ versions: [{ version: 1 }, { version: 2 }], proof: { sourceVersion: 2 } }]);
    expect(await key.up(inPlace(2))).toBe("same");
    there().loseMaterial(before, 1);
    await key.refresh();
    await key.up(inPlace(2));
    expect(stateIn(there())).toBe("Enabled");
  });
});

describe("a multi-Region key that changes its source key", () => {
  it("gets a new KMS key in every Region, and every version tells where it came from", async () => {
    await key.up(program());
    const other = { ...source(1), name: "other-master", owner: "b".repeat(32) };
    await key.up(program({ material: { source: other } }));
    expect([world.kms, there()].map((kms) => kms.aliases.get("alias/payments"))).toEqual([keyId(), keyId()]);
    const [record] = replicas();
    for (const { versions } of [key.outputs, record ?? {}])
      expect(versions).toMatchObject([{ version: 1, from: { source: "payments-master" } }, { version: 2 }]);
    expect(await key.up(program({ material: { source: other } }))).toBe("same");
  });
});

describe("a multi-Region key of other material", () => {
  const file = (more: PlainRecord = {}): PlainRecord => ({
    ...{ file: "partner.bin", encoding: "raw", spec: "AES_256", kek: transport },
    ...more,
  });
  const native = { native: true };
  beforeEach(() => void world.custodian.files.set("partner.bin", "the partner's key"));
  const fingerprints = (): readonly unknown[] =>
    world.custodian.imports.map(({ expectedFingerprint }) => expectedFingerprint);

  it("gets the same bytes of a file in every Region, and those that the first one got", async () => {
    await key.up(program({ material: file() }));
    expect(
      world.custodian.imports.map(({ target, existing, file: from }) => [target.keyArn, existing, from?.path]),
    ).toEqual([
      [key.outputs["arn"], false, "partner.bin"],
      [replicas()[0]?.["arn"], true, "partner.bin"],
    ]);
    expect(fingerprints()).toEqual([
      key.outputs["materialIdentity"],
      (key.outputs["proof"] as PlainRecord)["fingerprint"],
    ]);
    expect([stateIn(world.kms), stateIn(there())]).toEqual(["Enabled", "Enabled"]);
    expect(await key.up(program({ material: file() }))).toBe("same");
    await key.refresh();
    expect(await key.up(program({ material: file() }))).toBe("same");
  });

  it.each([
    ["keeps it once in the token", file({ keepInToken: true })],
    ["takes it in clear", { ...file({ allowPlaintext: true, group: source(1)["group"] }), kek: undefined }],
  ])("%s, for all Regions", async (_what, material) => {
    await key.up(program({ material }));
    const [first, second] = world.custodian.imports;
    expect(second?.owner).toBe(first?.owner);
    expect(second?.file).toEqual(first?.file);
    expect(await key.up(program({ material }))).toBe("same");
  });

  it("is rotated by another file, to which the aliases of every Region move last", async () => {
    await key.up(program({ material: file() }));
    const former = keyId();
    world.custodian.files.set("partner.bin", "another key");
    await key.up(program({ material: file() }));
    expect(keyId()).not.toBe(former);
    expect([world.kms, there()].map((kms) => kms.aliases.get("alias/payments"))).toEqual([keyId(), keyId()]);
    expect(await key.up(program({ material: file() }))).toBe("same");
  });

  it("gets another replica only while the file is there, or the token keeps it", async () => {
    const more = { replicas: [irish(), { group: group("virginia", virginia) }] };
    await key.up(program({ material: file() }));
    world.custodian.files.clear();
    expect(await key.up(program({ material: file() }))).toBe("same");
    expect(await key.complaints(program({ material: file(), ...more }))).toEqual([
      expect.stringContaining("replicas[1]: cannot be made: the file partner.bin is gone"),
    ]);
    start();
    world.custodian.files.set("partner.bin", "the partner's key");
    await key.up(program({ material: file({ keepInToken: true }) }));
    world.custodian.files.clear();
    await key.up(program({ material: file({ keepInToken: true }), ...more }));
    expect(stateIn(world.kms.in(virginia))).toBe("Enabled");
  });

  it("shares AWS's own material, and nothing is imported anywhere", async () => {
    await key.up(program({ material: native }));
    expect(world.custodian.calls).toEqual([]);
    expect(replicas()).toMatchObject([
      { keyId: keyId(), keyState: "Enabled", aliases: ["alias/payments"], pending: [] },
    ]);
    expect(there().keys.get(keyId())?.tags).toMatchObject({ "byok:version": "1" });
    expect(await key.up(program({ material: native }))).toBe("same");
    await key.refresh();
    expect(world.warnings).toEqual([]);
    expect(await key.up(program({ material: native }))).toBe("same");
  });

  it("of AWS takes no expiry in a replica, and none of a template", async () => {
    const expiring = [irish({ validTo: "2026-12-01T00:00:00Z" })];
    expect(await key.complaints(program({ material: native, replicas: expiring }))).toEqual([
      expect.stringContaining("replicas[0].validTo: is for imported material"),
    ]);
    const template = { keepValidFor: "30d" };
    await key.up(program({ material: native, replicas: [{ group: { ...group("ireland", ireland), template } }] }));
    expect(replicas()[0]).not.toHaveProperty("validTo");
  });

  it("changes from AWS's material to a source key's, and to a file's, by a new key in every Region", async () => {
    await key.up(program({ material: native }));
    const first = keyId();
    await key.up(program());
    const second = keyId();
    await key.up(program({ material: file() }));
    expect(new Set([first, second, keyId()]).size).toBe(3);
    expect([world.kms, there()].map((kms) => kms.aliases.get("alias/payments"))).toEqual([keyId(), keyId()]);
    for (const { versions } of [key.outputs, replicas()[0] ?? {}])
      expect(versions).toMatchObject([
        { keyId: first, from: { origin: "AWS_KMS" } },
        { keyId: second },
        { keyId: keyId(), from: { origin: "EXTERNAL" } },
      ]);
    expect(await key.up(program({ material: file() }))).toBe("same");
  });

  it("of AWS is rotated in place in the primary's Region, wherever that is, and waits for all", async () => {
    const inPlace = (trigger: string): PlainRecord =>
      program({ material: native, rotationMode: "in-place", primaryRegion: ireland, rotationTrigger: trigger });
    await key.up(inPlace("a"));
    const before = keyId();
    world.kms.calls.length = 0;
    await key.up(inPlace("b"));
    expect(world.kms.writes.filter((call) => call.startsWith("rotate"))).toEqual([`rotateOnDemand in ${ireland}`]);
    expect(keyId()).toBe(before);
    const held = there().keys.get(before)?.facts.keyMaterialId;
    expect(world.kms.keys.get(before)?.facts.keyMaterialId).toBe(held);
    expect(replicas()).toMatchObject([{ versions: [{ version: 1 }, { version: 2, keyMaterialId: held }] }]);
    expect(await key.up(inPlace("b"))).toBe("same");
  });

  it.each([true, false])(
    "of AWS is rotated once, wherever the primary goes after a run that died (state kept: %s)",
    async (kept) => {
      const inPlace = (trigger: string, more: PlainRecord = {}): PlainRecord =>
        program({ material: native, rotationMode: "in-place", rotationTrigger: trigger, ...more });
      for (let call = 1; ; call += 1) {
        start();
        await key.up(inPlace("a"));
        const saved = { id: key.id, inputs: key.inputs, outputs: key.outputs };
        world.kms.calls.length = 0;
        world.kms.failAt = { call, after: true };
        const died = await key.up(inPlace("b")).then(
          () => false,
          () => true,
        );
        world.kms.failAt = undefined;
        if (!died) {
          expect(call).toBeGreaterThan(20);
          return;
        }
        if (!kept) Object.assign(key, saved);
        await key.up(inPlace("b", { primaryRegion: ireland }));
        const rotations = world.kms.calls.filter((name) => name.startsWith("rotateOnDemand"));
        expect([call, rotations.length]).toEqual([call, 1]);
        expect(key.outputs).toMatchObject({ version: 2, primaryRegion: ireland, pending: [] });
      }
    },
  );
});

describe("a disabled replica", () => {
  it("takes part in a rotation in place and stays disabled", async () => {
    const disabled = { rotationMode: "in-place", replicas: [irish({ enabled: false })] };
    await key.up(program(disabled));
    await key.up(program(disabled, 2));
    expect(stateIn(there())).toBe("Disabled");
    expect(
      there()
        .keys.get(keyId())
        ?.materials.map(({ imported }) => imported),
    ).toEqual([true, true]);
    expect(await key.up(program(disabled, 2))).toBe("same");
  });
});

describe("a run that dies", () => {
  /** Everything that can be seen of the outcome, without what differs from run to run. */
  const outcome = (): unknown => ({
    main: [key.outputs["version"], key.outputs["pending"], key.outputs["primaryRegion"], versionsOf(key.outputs)],
    replicas: replicas().map((record) => [record["pending"], record["aliases"], versionsOf(record)]),
    clouds: [world.kms, there()].map((kms) => ({
      aliases: [...kms.aliases].map(([alias, target]) => [alias, target === keyId()]).sort(),
      keys: [...kms.keys.values()].map(({ facts, tags, materials }) => [
        facts.state,
        facts.primaryRegion,
        tags["byok:version"],
        tags["byok:lineage"] === key.id,
        materials.map(({ version, state, imported }) => [version, state, imported]),
      ]),
    })),
  });
  const versionsOf = ({ versions, proof }: PlainRecord): unknown => [
    (versions as readonly PlainRecord[]).map(({ version, keyState, afterRotation }) => [
      version,
      keyState,
      afterRotation,
    ]),
    (proof as PlainRecord | undefined)?.["sourceVersion"],
  ];

  const cases: readonly (readonly [string, () => Promise<unknown>, () => PlainRecord])[] = [
    ["creating", () => Promise.resolve(), () => program({ primaryRegion: ireland })],
    ["adding a replica", () => key.up(program({ replicas: [] })), () => program()],
    ["rotating by a new key", () => key.up(program()), () => program({ afterRotation: "disable" }, 2)],
    [
      "rotating in place",
      () => key.up(program({ rotationMode: "in-place" })),
      () => program({ rotationMode: "in-place" }, 2),
    ],
    ["moving the primary", () => key.up(program()), () => program({ primaryRegion: ireland })],
    [
      "creating with AWS's material",
      () => Promise.resolve(),
      () => program({ material: { native: true }, rotationTrigger: "a" }),
    ],
    [
      "rotating AWS's material by a new key",
      () => key.up(program({ material: { native: true }, rotationTrigger: "a" })),
      () => program({ material: { native: true }, rotationTrigger: "b" }),
    ],
    [
      "rotating AWS's material in place",
      () => key.up(program({ material: { native: true }, rotationMode: "in-place", rotationTrigger: "a" })),
      () => program({ material: { native: true }, rotationMode: "in-place", rotationTrigger: "b" }),
    ],
    ["changing from AWS's material", () => key.up(program({ material: { native: true } })), () => program()],
    [
      "changing to a file's material",
      () => {
        world.custodian.files.set("partner.bin", "the partner's key");
        return key.up(program());
      },
      () => program({ material: { file: "partner.bin", encoding: "raw", spec: "AES_256", kek: transport } }),
    ],
  ];
  describe.each(cases)("%s", (_name, before, wanted) => {
    async function begin(): Promise<void> {
      start();
      await before();
      world.kms.calls.length = 0;
      world.custodian.imports.length = 0;
    }

    it("before or after any call of KMS is finished by the next run, whatever the state kept of it", async () => {
      await begin();
      await key.up(wanted());
      const calls = world.kms.calls.length;
      const expected = outcome();
      for (let call = 1; call <= calls; call += 1) {
        for (const after of [false, true]) {
          for (const kept of [true, false]) {
            await begin();
            const saved = { id: key.id, inputs: key.inputs, outputs: key.outputs };
            world.kms.failAt = { call, after };
            await expect(key.up(wanted())).rejects.toThrow(/planned failure/);
            world.kms.failAt = undefined;
            if (!kept) Object.assign(key, saved);
            await key.up(wanted());
            expect({ call, after, kept, outcome: outcome() }).toEqual({ call, after, kept, outcome: expected });
            expect(await key.up(wanted())).toBe("same");
          }
        }
      }
    });

    it("before or after any import is finished by the next run", async () => {
      await begin();
      await key.up(wanted());
      const imports = world.custodian.imports.length;
      const expected = outcome();
      for (let nth = 1; nth <= imports; nth += 1) {
        for (const when of ["before", "after"] as const) {
          for (const kept of [true, false]) {
            await begin();
            const saved = { id: key.id, inputs: key.inputs, outputs: key.outputs };
            world.custodian.failImport = when;
            world.custodian.failImportAt = nth;
            await expect(key.up(wanted())).rejects.toThrow(/planned failure/);
            if (!kept) Object.assign(key, saved);
            await key.up(wanted());
            expect({ nth, when, kept, outcome: outcome() }).toEqual({ nth, when, kept, outcome: expected });
          }
        }
      }
    });

    it("leaves nothing behind that a destroy would not find", async () => {
      await begin();
      await key.up(wanted());
      const calls = world.kms.calls.length;
      for (let call = 1; call <= calls; call += 1) {
        await begin();
        world.kms.failAt = { call, after: true };
        await expect(key.up(wanted())).rejects.toThrow(/planned failure/);
        world.kms.failAt = undefined;
        // What CreateKey made before its answer was lost is found by the next run only.
        if (key.id === undefined || world.kms.calls.at(call - 1) === "createKey") continue;
        await key.destroy();
        for (const kms of [world.kms, there()]) {
          const own = [...kms.keys.values()].filter(({ tags }) => tags["byok:lineage"] !== undefined);
          const living = own.filter(
            ({ facts }) => !facts.state.startsWith("Pending") || facts.state === "PendingImport",
          );
          expect({ call, living: living.length, aliases: kms.aliases.size }).toEqual({ call, living: 0, aliases: 0 });
        }
      }
    });
  });
});
