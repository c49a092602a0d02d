import { awsKmsKey } from "../../provider/lifecycle/aws-kms-key";
import { PartialFailure, type PlainRecord } from "../../provider/lifecycle/contract";
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
const stored = (): NonNullable<ReturnType<World["kms"]["keys"]["get"]>> => {
  const found = world.kms.keys.get(String(key.outputs["keyId"]));
  if (found === undefined) throw new Error("no key");
  return found;
};
const failureOf = async (act: Promise<unknown>): Promise<string> => {
  try {
    await act;
    return "";
  } catch (error) {
    return error instanceof PartialFailure ? error.failure.sentence : String(error);
  }
};
const wordIn = (text: string): string => /confirm: "([a-z]+-[0-9a-f]{8})"/.exec(text)?.[1] ?? "";

describe("material that is to be deleted", () => {
  const deleted = (more: PlainRecord = {}): PlainRecord => keyProgram({ materialState: "deleted", ...more });

  it("is deleted only with the word that the preview names, which is the one that the refusal names", async () => {
    await key.up(keyProgram());
    const refusal = await failureOf(key.up(deleted()));
    expect(refusal).toContain("nothing that it encrypted can be read until the same material is imported again");
    expect(stored().facts.state).toBe("Enabled");
    const said = world.warnings.join("\n");
    expect(said).toContain("its key material is going to be deleted, at once");
    expect(wordIn(said)).toBe(wordIn(refusal));
    await key.up(deleted({ confirm: wordIn(said) }));
    expect(stored().facts.state).toBe("PendingImport");
    expect(key.outputs).toMatchObject({ keyState: "PendingImport", pending: [] });
    expect(world.kms.aliases.size).toBe(1);
    expect(await key.up(deleted())).toBe("same");
  });

  it("comes back as the same, and nothing that was disabled is enabled by that", async () => {
    await key.up(keyProgram({ enabled: false }));
    await failureOf(key.up(deleted({ enabled: false })));
    await key.up(deleted({ enabled: false, confirm: wordIn(world.warnings.join()) }));
    await key.up(keyProgram({ enabled: false }));
    expect(stored().facts.state).toBe("Disabled");
    const { fingerprint } = key.outputs["proof"] as PlainRecord;
    expect(world.custodian.imports.at(-1)).toMatchObject({ existing: true, expectedFingerprint: fingerprint });
  });

  it("of a key that was rotated in place is every material, and each comes back from its own version", async () => {
    const at = (version: number, more: PlainRecord = {}): PlainRecord =>
      keyProgram({ material: { source: { ...sourceRecord, version } }, rotationMode: "in-place", ...more });
    await key.up(at(1));
    await key.up(at(2));
    await failureOf(key.up(at(2, { materialState: "deleted" })));
    await key.up(at(2, { materialState: "deleted", confirm: wordIn(world.warnings.join()) }));
    expect(stored().materials.map(({ imported }) => imported)).toEqual([false, false]);
    // A rotation waits until there is material again.
    expect(await key.up(at(3, { materialState: "deleted" }))).toBe("same");
    world.custodian.imports.length = 0;
    await key.up(at(2));
    expect(world.custodian.imports.map(({ version }) => version)).toEqual([1, 2]);
    expect(stored().facts.state).toBe("Enabled");
  });

  it("that somebody imported again is deleted again, with another word only if the key changed", async () => {
    await key.up(keyProgram());
    await failureOf(key.up(deleted()));
    const confirm = wordIn(world.warnings.join());
    await key.up(deleted({ confirm }));
    world.kms.import(stored().facts.arn, 1, {});
    await key.refresh();
    expect(await key.up(deleted({ confirm }))).toBe("updated");
    expect(stored().facts.state).toBe("PendingImport");
  });
});

describe("validity that is kept up", () => {
  const kept = (more: PlainRecord = {}): PlainRecord => keyProgram({ keepValidFor: "100d", ...more });

  it("is derived, stays until it is time to renew it, and is then renewed by importing the same material", async () => {
    await key.up(kept({ renewBefore: "20d" }));
    expect(stored().facts.validTo).toEqual(new Date(world.kms.now.getTime() + 100 * day));
    pass(79);
    expect(await key.up(kept({ renewBefore: "20d" }))).toBe("same");
    pass(1);
    expect(await key.up(kept({ renewBefore: "20d" }))).toBe("updated");
    expect(stored().facts.validTo).toEqual(new Date(world.kms.now.getTime() + 100 * day));
    expect(world.custodian.imports.at(-1)).toMatchObject({ existing: true });
    expect(await key.up(kept({ renewBefore: "20d" }))).toBe("same");
  });

  it("is renewed in its last tenth where the program does not say when, and anew for each rotated key", async () => {
    await key.up(kept());
    pass(89);
    expect(await key.up(kept())).toBe("same");
    await key.up(kept({ material: { source: { ...sourceRecord, version: 2 } } }));
    expect(stored().facts.validTo).toEqual(new Date(world.kms.now.getTime() + 100 * day));
  });

  it.each([
    [{ keepValidFor: "366d" }, "keepValidFor: "],
    [{ keepValidFor: "1y" }, 'keepValidFor: "1y" is no time span'],
    [{ keepValidFor: "30d", renewBefore: "30d" }, "renewBefore: must be shorter than keepValidFor"],
    [{ renewBefore: "30d" }, "renewBefore: goes with keepValidFor only"],
    [{ keepValidFor: "30d", validTo: "2026-09-01T00:00:00Z" }, "keepValidFor: and validTo exclude each other"],
    [{ expiryWarningDays: -1 }, "expiryWarningDays: "],
  ])("is refused as %j", async (more, complaint) => {
    expect((await key.complaints(keyProgram(more)))[0]).toContain(complaint);
  });

  it("that nobody keeps up is warned of in every preview from thirty days before its end", async () => {
    const fixed = keyProgram({ validTo: "2026-09-01T00:00:00Z" });
    await key.up(fixed);
    world.warnings.length = 0;
    pass(61);
    await key.up(fixed);
    expect(world.warnings).toEqual([]);
    pass(2);
    expect(await key.up(fixed)).toBe("same");
    expect(world.warnings.join()).toContain("expires at 2026-09-01T00:00:00Z, in 29 days");
    world.warnings.length = 0;
    await key.up({ ...fixed, expiryWarningDays: 7 });
    expect(world.warnings).toEqual([]);
  });
});

describe("a key that is pending deletion", () => {
  const adopting = (adopt: PlainRecord): PlainRecord => keyProgram({ adopt, aliases: undefined, tags: undefined });

  it("is adopted only where the program says to cancel its deletion, and the preview says so", async () => {
    const { arn, keyId } = world.kms.add();
    await world.kms.scheduleDeletion(keyId, 30);
    expect(await key.complaints(adopting({ arn }))).toEqual([
      expect.stringContaining("PendingDeletion (adopt.undelete: true cancels the deletion)"),
    ]);
    await key.up(adopting({ arn, undelete: true }));
    expect(world.warnings.join()).toContain(`cancels the deletion of ${arn}, which AWS would delete on 2026-07-01`);
    expect(stored().facts.state).not.toBe("PendingDeletion");
    expect(key.outputs["keyId"]).toBe(keyId);
  });

  it("stays in the state as destroyed once its day has come, makes no new key, and says which lines to remove", async () => {
    await key.up(keyProgram());
    const keyId = String(key.outputs["keyId"]);
    await world.kms.scheduleDeletion(keyId, 7);
    await key.refresh();
    expect(world.warnings.join()).toContain("AWS deletes it on 2026-06-08");
    pass(8);
    world.kms.keys.delete(keyId);
    await key.refresh();
    expect(key.outputs).toMatchObject({ keyState: "Destroyed", pending: [] });
    world.warnings.length = 0;
    expect(await key.up(keyProgram({ tags: { other: "tags" } }))).toBe("same");
    expect(world.warnings.join()).toContain("Remove this resource from the program");
    expect(world.kms.keys.size).toBe(0);
    await key.destroy();
    expect(key.id).toBeUndefined();
  });

  it("that vanished without a schedule that the state knew is Destroyed too: no up makes a new key in its place by surprise", async () => {
    await key.up(keyProgram());
    world.kms.keys.clear();
    await key.refresh();
    expect(key.outputs).toMatchObject({ keyState: "Destroyed", pending: [] });
    expect(world.warnings.join()).toContain("AWS deletes no key in another way");
    world.warnings.length = 0;
    expect(await key.up(keyProgram({ description: "another" }))).toBe("same");
    expect(world.warnings.join()).toContain("Remove this resource from the program");
    expect(world.kms.keys.size).toBe(0);
    const before = key.outputs;
    await key.refresh();
    expect(key.outputs).toEqual(before);
    await key.destroy();
    expect(key.id).toBeUndefined();
  });

  it("that was gone before the date that the state knew names no date that has not come", async () => {
    await key.up(keyProgram());
    await world.kms.scheduleDeletion(String(key.outputs["keyId"]), 30);
    await key.refresh();
    world.kms.keys.clear();
    await key.refresh();
    expect(key.outputs).toMatchObject({ keyState: "Destroyed" });
    expect(key.outputs).not.toHaveProperty("deletionDate");
  });

  it("that an update finds gone makes no other key, and says what to run", async () => {
    await key.up(keyProgram());
    world.kms.keys.clear();
    const failure = await failureOf(key.up(keyProgram({ description: "another" })));
    expect(failure).toContain("pulumi refresh: it keeps the key in the state as Destroyed");
    expect(world.kms.keys.size).toBe(0);
  });

  it("names former keys that still decrypt, which would go with the resource", async () => {
    await key.up(keyProgram());
    const former = String(key.outputs["arn"]);
    await key.up(keyProgram({ material: { source: { ...sourceRecord, version: 2 } } }));
    world.kms.keys.delete(String(key.outputs["keyId"]));
    await key.refresh();
    expect(world.warnings.join()).toContain(`Either also schedules the deletion of ${former}, which still decrypts`);
  });
});
