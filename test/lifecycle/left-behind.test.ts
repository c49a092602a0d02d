import { awsKmsKey } from "../../provider/lifecycle/aws-kms-key";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { PartialFailure } from "../../provider/lifecycle/contract";
import { keyVersionsIn } from "../../provider/model/key-versions";
import { account, region, type FakeKms } from "./fake-kms";
import { groupRecord, keyProgram, sourceRecord, World, type EngineResource } from "./lifecycle-world";

const ireland = "eu-west-1";
const due = "2026-09-01T00:00:00Z";
let world: World;
let key: EngineResource;
const begin = (): void => {
  world = new World();
  key = world.resource(awsKmsKey, "payments");
};
beforeEach(begin);

const native = (more: PlainRecord = {}): PlainRecord => keyProgram({ material: { native: true }, ...more });
const scheduled = (more: PlainRecord = {}): PlainRecord => native({ rotation: { every: "90d" }, ...more });
const copy = (version: number, more: PlainRecord = {}, source: PlainRecord = {}): PlainRecord =>
  keyProgram({
    material: {
      source: {
        ...sourceRecord,
        version,
        group: { ...sourceRecord.group, allowedTargets: [{ aws: { account, regions: [region, ireland] } }] },
        ...source,
      },
    },
    ...more,
  });
const inIreland: PlainRecord = {
  multiRegion: true,
  replicas: [{ group: { ...groupRecord, name: "ireland", region: ireland }, aliases: ["alias/payments"] }],
};
const keyId = (): string => String(key.outputs["keyId"]);
const stateIn = (kms: FakeKms, id: string): string | undefined => kms.keys.get(id)?.facts.state;
const later = (moment: string): void => void (world.kms.now = new Date(moment));
const numbers = (): readonly number[] => keyVersionsIn(key.outputs).map(({ version }) => version);
const said = (): string => [...world.infos, ...world.warnings].join("\n");
const stateNow = (): Pick<EngineResource, "id" | "inputs" | "outputs"> => ({
  id: key.id,
  inputs: key.inputs,
  outputs: key.outputs,
});
const failureOf = async (act: Promise<unknown>): Promise<{ readonly message: string; readonly hint?: string }> => {
  const error: unknown = await act.catch((raised: unknown) => raised);
  const { message, hint } = error instanceof PartialFailure ? error.failure : (error as Error & { hint?: string });
  return { message, ...(hint === undefined ? {} : { hint }) };
};

/** An update fails once at its description, and leaves that in the state as due. */
async function failsOnce(program: PlainRecord): Promise<void> {
  const set = world.kms.setDescription.bind(world.kms);
  world.kms.setDescription = () => Promise.reject(new Error("not allowed"));
  await expect(key.up(program)).rejects.toThrow(PartialFailure);
  world.kms.setDescription = set;
  expect(key.outputs["pending"]).toEqual(["set the description"]);
}

describe("a rotation whose run was killed before it answered", () => {
  const described = { description: "of the ledger" };
  it.each<[string, PlainRecord, () => PlainRecord]>([
    ["a schedule", scheduled(), () => (later(due), scheduled(described))],
    ["a trigger", native({ rotationTrigger: "a" }), () => native({ rotationTrigger: "b", ...described })],
    ["its source", copy(1), () => copy(2, described)],
    ["a schedule in two Regions", scheduled(inIreland), () => (later(due), scheduled({ ...inIreland, ...described }))],
    ["its source in two Regions", copy(1, inIreland), () => copy(2, { ...inIreland, ...described })],
  ])(
    "goes on with the key that it made, by %s, although an earlier run left something undone",
    async (_by, first, rotated) => {
      for (const refreshes of [false, true]) {
        begin();
        await key.up(first);
        await failsOnce({ ...first, ...described });
        const saved = stateNow();
        const former = keyId();
        const program = rotated();
        await key.up(program);
        const newest = keyId();
        expect(newest).not.toBe(former);
        Object.assign(key, saved);
        if (refreshes) await key.refresh();
        await key.up(program);
        expect(key.outputs).toMatchObject({ keyId: newest, version: 2, pending: [], aliases: ["alias/payments"] });
        expect(numbers()).toEqual([1, 2]);
        for (const kms of [world.kms, ...("replicas" in first ? [world.kms.in(ireland)] : [])]) {
          expect(kms.keys.size).toBe(2);
          expect(kms.aliases.get("alias/payments")).toBe(newest);
        }
        expect(await key.up(program)).toBe("same");
        await key.refresh();
        expect(await key.up(program)).toBe("same");
      }
    },
  );

  it("gives the former key of a copy its lost material back, and leaves the aliases at the newer one", async () => {
    await key.up(copy(1));
    const former = keyId();
    const saved = stateNow();
    await key.up(copy(2));
    const newest = keyId();
    Object.assign(key, saved);
    world.kms.set(former, { state: "PendingImport" });
    await key.up(copy(2));
    expect([stateIn(world.kms, former), stateIn(world.kms, newest)]).toEqual(["Enabled", "Enabled"]);
    expect(key.outputs).toMatchObject({ keyId: newest, pending: [] });
    expect(world.kms.aliases.get("alias/payments")).toBe(newest);
  });

  it("still deletes an alias that it moved and that the program gives up afterwards", async () => {
    const two = { aliases: ["alias/payments", "alias/old"] };
    await key.up(scheduled(two));
    await failsOnce(scheduled({ ...two, ...described }));
    const saved = stateNow();
    later(due);
    await key.up(scheduled({ ...two, ...described }));
    Object.assign(key, saved);
    await key.up(scheduled(described));
    expect([...world.kms.aliases]).toEqual([["alias/payments", keyId()]]);
  });
});

describe("an alias that a newer key of the same resource has", () => {
  it("is never offered for deletion to whose state is older", async () => {
    await key.up(native({ rotationTrigger: "a" }));
    const saved = stateNow();
    await key.up(native({ rotationTrigger: "b" }));
    const newest = keyId();
    Object.assign(key, saved);
    const { message, hint } = await failureOf(
      key.up(native({ rotationTrigger: "a", aliases: ["alias/payments", "alias/more"] })),
    );
    expect(message).toContain(`alias/payments points to version 2 of this very resource (${newest})`);
    expect(hint).toBe("Leave the alias there. Run pulumi refresh, then pulumi up of the program that rotated the key.");
    expect(world.kms.aliases.get("alias/payments")).toBe(newest);
  });

  it("is another key's where nobody may read whose it is", async () => {
    world.kms.aliases.set("alias/payments", world.kms.add().keyId);
    world.kms.listTags = () => Promise.reject(new Error("not allowed"));
    const { message, hint } = await failureOf(key.up(native()));
    expect(message).toContain("alias/payments belongs to another key");
    expect(hint).toContain("choose another alias");
  });
});

describe("a disabled key that a rotation leaves behind", () => {
  it("is enabled where its deletion was cancelled, so that the preview's word holds", async () => {
    await key.up(scheduled());
    const former = keyId();
    await world.kms.scheduleDeletion(former, 30);
    await key.refresh();
    later(due);
    await key.up(scheduled());
    await world.kms.cancelDeletion(former);
    expect(stateIn(world.kms, former)).toBe("Disabled");
    await key.refresh();
    world.warnings.length = 0;
    await key.up(scheduled());
    expect(said()).toContain("is enabled again first, stays, and decrypts what it encrypted");
    expect(key.outputs).toMatchObject({ version: 2, versions: [{ keyState: "Enabled" }, { keyState: "Enabled" }] });
    expect(stateIn(world.kms, former)).toBe("Enabled");
  });

  it.each<[string, PlainRecord, () => PlainRecord]>([
    ["a schedule", scheduled(), () => (later(due), scheduled())],
    ["a trigger", native({ rotationTrigger: "a" }), () => native({ rotationTrigger: "b" })],
    ["its source", copy(1), () => copy(2)],
    ["other material", copy(1), () => native()],
    ["a program that enables it", scheduled({ enabled: false }), () => (later(due), scheduled())],
  ])("is enabled where somebody disabled it, and the rotation is that of %s", async (_by, first, rotated) => {
    for (const refreshes of [false, true]) {
      begin();
      await key.up(first);
      const former = keyId();
      await world.kms.disable(former);
      if (refreshes) await key.refresh();
      await key.up(rotated());
      expect(key.outputs).toMatchObject({ version: 2, keyState: "Enabled", pending: [] });
      expect(keyId()).not.toBe(former);
      expect(stateIn(world.kms, former)).toBe("Enabled");
    }
  });

  it("is enabled in every Region", async () => {
    await key.up(copy(1, inIreland));
    const former = keyId();
    await world.kms.disable(former);
    await world.kms.in(ireland).disable(former);
    await key.up(copy(2, inIreland));
    expect([stateIn(world.kms, former), stateIn(world.kms.in(ireland), former)]).toEqual(["Enabled", "Enabled"]);
    expect(key.outputs["replicas"]).toMatchObject([{ versions: [{ keyState: "Enabled" }, { keyState: "Enabled" }] }]);
  });

  it("stays disabled where the program says so, which the preview tells", async () => {
    const off = (rotationTrigger: string): PlainRecord => native({ enabled: false, rotationTrigger });
    await key.up(off("a"));
    const former = keyId();
    await key.up(off("b"));
    expect(said()).toContain("stays disabled: what it encrypted cannot be read until it is enabled again");
    expect(stateIn(world.kms, former)).toBe("Disabled");
  });

  it("stays disabled where others may have its material", async () => {
    await key.up(copy(1));
    const former = keyId();
    await key.up(copy(1, {}, { compromisedSince: "2026-06-01T00:00:00Z" }));
    expect(stateIn(world.kms, former)).toBe("Disabled");
    await key.up(native());
    expect(key.outputs).toMatchObject({ version: 2, keyState: "Enabled" });
    expect(stateIn(world.kms, former)).toBe("Disabled");
  });

  it("is not enabled where the rotation disables it anyway", async () => {
    const off = (rotationTrigger: string): PlainRecord => native({ afterRotation: "disable", rotationTrigger });
    await key.up(off("a"));
    const former = keyId();
    await world.kms.disable(former);
    world.kms.calls.length = 0;
    await key.up(off("b"));
    expect(world.kms.calls).not.toContain("enable");
    expect(stateIn(world.kms, former)).toBe("Disabled");
  });

  it("is left behind by no run that cannot enable it", async () => {
    await key.up(scheduled());
    const former = keyId();
    await world.kms.disable(former);
    later(due);
    const enable = world.kms.enable.bind(world.kms);
    world.kms.enable = () => Promise.reject(new Error("not allowed"));
    await expect(key.up(scheduled())).rejects.toThrow(PartialFailure);
    expect(key.outputs).toMatchObject({ version: 1, pending: ["enable the former key"] });
    expect(world.kms.keys.size).toBe(1);
    world.kms.enable = enable;
    await key.up(scheduled());
    expect(key.outputs).toMatchObject({ version: 2, pending: [] });
    expect(stateIn(world.kms, former)).toBe("Enabled");
  });
});

describe("a state that is two rotations old", () => {
  it.each([false, true])(
    "goes on from the newest version after a refresh, where the key is rotated in place (two Regions: %s)",
    async (everywhere) => {
      const program = (rotationTrigger: string): PlainRecord =>
        native({ rotationMode: "in-place", rotationTrigger, ...(everywhere ? inIreland : {}) });
      await key.up(program("a"));
      const saved = stateNow();
      await key.up(program("b"));
      await key.up(program("c"));
      Object.assign(key, saved);
      expect((await failureOf(key.up(program("c")))).message).toContain("holds version 3 by now");
      await key.refresh();
      expect(said()).toContain("the key holds version 3, and the state knew version 1; it goes on from version 3.");
      expect(key.outputs).toMatchObject({ version: 3, pending: [] });
      await key.up(program("c"));
      expect(key.outputs).toMatchObject({ version: 4, keyId: saved.outputs["keyId"], pending: [] });
      expect(await key.up(program("c"))).toBe("same");
      await key.refresh();
      expect(await key.up(program("c"))).toBe("same");
    },
  );

  it("goes on by itself where a schedule rotates the key in place", async () => {
    const program = scheduled({ rotationMode: "in-place" });
    await key.up(program);
    const saved = stateNow();
    for (const day of [due, "2026-12-01T00:00:00Z"]) {
      later(day);
      await key.up(program);
    }
    Object.assign(key, saved);
    await key.refresh();
    await key.up(program);
    expect(key.outputs).toMatchObject({ version: 4, pending: [] });
    expect(await key.up(program)).toBe("same");
  });

  it("is refused for a key without aliases, whose newest version somebody uses by its ARN", async () => {
    const program = (rotationTrigger: string): PlainRecord => native({ aliases: [], rotationTrigger });
    await key.up(program("a"));
    const saved = stateNow();
    await key.up(program("b"));
    await key.up(program("c"));
    const newest = String(key.outputs["arn"]);
    Object.assign(key, saved);
    const { message, hint } = await failureOf(key.up(program("c")));
    expect(message).toBe(
      `${newest} is version 3 of this resource, and this state, which knows nothing of it, would go on with version 2.`,
    );
    expect(hint).toMatch(/^Restore the newest state that knows it\./);
    expect(key.outputs).toEqual(saved.outputs);
    expect(world.kms.keys.size).toBe(3);
  });

  it("is told to refresh where an alias leads to the newest version, and that helps", async () => {
    const program = (rotationTrigger: string): PlainRecord => native({ rotationTrigger });
    await key.up(program("a"));
    const saved = stateNow();
    await key.up(program("b"));
    await key.up(program("c"));
    const newest = keyId();
    Object.assign(key, saved);
    expect((await failureOf(key.up(program("c")))).hint).toMatch(/^Run pulumi refresh, then pulumi up again\./);
    await key.refresh();
    expect(key.outputs).toMatchObject({ keyId: newest, version: 3 });
    await key.up(program("c"));
    expect(world.kms.aliases.get("alias/payments")).toBe(keyId());
  });
});
