import { awsKmsKey } from "../../provider/lifecycle/aws-kms-key";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import type { FakeKms } from "./fake-kms";
import { groupRecord, keyProgram, sourceRecord, World, type EngineResource } from "./lifecycle-world";

const ireland = "eu-west-1";
const validTo = new Date("2026-12-24T00:00:00Z");
let world: World;
let key: EngineResource;
let arn: string;

/** Somebody's key, disabled and with an expiry, in one Region or in two. */
async function found({ origin, regions }: Setting): Promise<void> {
  world = new World();
  key = world.resource(awsKmsKey, "payments");
  const facts = world.kms.add({ origin, state: "Enabled", multiRegion: regions === 2 });
  ({ arn } = facts);
  world.kms.aliases.set("alias/payments", facts.keyId);
  if (regions === 2) {
    await world.kms.replicateKey({ keyId: facts.keyId, region: ireland, description: "", tags: {} });
    const replica = world.kms.in(ireland).keys.get(facts.keyId);
    if (replica !== undefined) replica.creating = 0;
  }
  for (const kms of places(regions)) {
    const expiry = origin === "AWS_KMS" ? {} : { expires: true, validTo };
    kms.set(facts.keyId, { state: "Disabled", ...expiry });
    if (origin !== "AWS_KMS")
      kms.keys.get(facts.keyId)?.materials.push({
        ...{ version: 1, keyMaterialId: "m1", state: "CURRENT", rotatedOnDemand: false, imported: true },
        ...{ validTo },
      });
  }
}

interface Setting {
  readonly origin: "AWS_KMS" | "EXTERNAL";
  readonly regions: 1 | 2;
}

const places = (regions: 1 | 2): readonly FakeKms[] =>
  regions === 1 ? [world.kms] : [world.kms, world.kms.in(ireland)];

/** Names neither `enabled` nor `validTo`. */
const program = ({ origin, regions }: Setting, rotated: boolean): PlainRecord => ({
  ...keyProgram({
    material:
      origin === "AWS_KMS"
        ? { native: true }
        : {
            source: {
              ...sourceRecord,
              version: rotated ? 2 : 1,
              group: {
                ...sourceRecord.group,
                allowedTargets: [{ aws: { account: "123456789012", regions: ["eu-central-1", ireland] } }],
              },
            },
          },
    ...(origin === "AWS_KMS" ? { rotationTrigger: rotated ? "now" : "never" } : {}),
    adopt: { arn },
    ...(regions === 2
      ? { multiRegion: true, replicas: [{ group: { ...groupRecord, name: "ireland", region: ireland } }] }
      : {}),
  }),
  aliases: undefined,
  tags: undefined,
});

describe.each<Setting>([
  { origin: "EXTERNAL", regions: 1 },
  { origin: "AWS_KMS", regions: 1 },
  { origin: "EXTERNAL", regions: 2 },
  { origin: "AWS_KMS", regions: 2 },
])(
  "a rotation of an adopted key whose program names neither enabled nor validTo ($origin, Regions: $regions)",
  (setting) => {
    it.each([1, 2])(
      "keeps both as they were found, whatever call it dies at, and although it is refreshed (%i times)",
      async (refreshes) => {
        for (const after of [false, true]) {
          for (let call = 1; ; call += 1) {
            await found(setting);
            await key.up(program(setting, false));
            const former = key.outputs["keyId"];
            const failed = await world.dies(() => key.up(program(setting, true)), call, after);
            for (let turn = 0; turn < refreshes; turn += 1) await key.refresh();
            await key.up(program(setting, true));
            const { keyId } = key.outputs;
            expect(keyId).not.toBe(former);
            const seen = places(setting.regions).map((kms) => kms.keys.get(String(keyId))?.facts);
            expect([call, after, seen]).toMatchObject([call, after, seen.map(() => ({ state: "Disabled" }))]);
            if (setting.origin === "EXTERNAL")
              expect([call, after, seen]).toMatchObject([call, after, seen.map(() => ({ expires: true, validTo }))]);
            expect(await key.up(program(setting, true))).toBe("same");
            if (!failed) break;
          }
        }
      },
    );
  },
);

describe("an adopted key of AWS's material that was found disabled", () => {
  const inPlace = (more: PlainRecord): PlainRecord => ({
    ...program({ origin: "AWS_KMS", regions: 1 }, false),
    rotationMode: "in-place",
    ...more,
  });
  const inGroup = (rotateAllTrigger: string): PlainRecord => inPlace({ group: { ...groupRecord, rotateAllTrigger } });

  beforeEach(() => found({ origin: "AWS_KMS", regions: 1 }));

  it("is refused a rotation in place by its trigger, which AWS would refuse", async () => {
    await key.up(inPlace({}));
    expect((await key.complaints(inPlace({ rotationTrigger: "now" }))).join()).toMatch(
      /^rotationMode: AWS rotates only an enabled key in place, and this one was found disabled and stays so\. Write enabled: true, or set rotationMode: "new-key"\./,
    );
    await key.up(inPlace({ rotationTrigger: "now", enabled: true }));
    expect(key.outputs).toMatchObject({ version: 2, keyState: "Enabled" });
  });

  it("stays due for rotateAllTrigger of its group, and is rotated once it is enabled", async () => {
    await key.up(inGroup("a"));
    for (const enabled of [{}, { enabled: false }]) {
      await key.up({ ...inGroup("b"), ...enabled });
      expect(key.outputs).toMatchObject({ version: 1, keyState: "Disabled" });
      expect(world.infos.join()).toContain(
        "is not rotated by rotateAllTrigger of frankfurt yet: it is disabled, and AWS rotates only an enabled key in place. It stays due.",
      );
    }
    await key.up({ ...inGroup("b"), enabled: true });
    expect(key.outputs).toMatchObject({ version: 2, keyState: "Enabled" });
  });
});

describe("an adopted key that was found disabled and with an expiry", () => {
  const setting: Setting = { origin: "EXTERNAL", regions: 1 };
  const seen = (): unknown => world.kms.keys.get(String(key.outputs["keyId"]))?.facts;

  it.each(["before", "after"] as const)("keeps both where its rotation dies %s the import", async (moment) => {
    await found(setting);
    await key.up(program(setting, false));
    world.custodian.failImport = moment;
    await expect(key.up(program(setting, true))).rejects.toThrow();
    await key.refresh();
    await key.refresh();
    await key.up(program(setting, true));
    expect(seen()).toMatchObject({ state: "Disabled", expires: true, validTo });
    expect(await key.up(program(setting, true))).toBe("same");
  });

  it("is enabled where somebody did that between two runs that both ended well", async () => {
    await found(setting);
    await key.up(program(setting, false));
    await world.kms.enable(String(key.outputs["keyId"]));
    await key.refresh();
    expect(await key.up(program(setting, false))).toBe("same");
    await key.up(program(setting, true));
    expect(seen()).toMatchObject({ state: "Enabled", expires: true, validTo });
  });

  it.each([1, 2] as const)("leaves the expiry behind with the material that had one (Regions: %i)", async (regions) => {
    await found({ ...setting, regions });
    const adopting = program({ ...setting, regions }, false);
    await key.up(adopting);
    const native = { ...adopting, material: { native: true } };
    await key.up(native);
    expect(key.outputs).toMatchObject({ version: 2, keyState: "Disabled" });
    expect(key.outputs).not.toHaveProperty("validTo");
    expect(await key.up(native)).toBe("same");
  });
});
