import type { CopyLink } from "../../provider/model/ports/custodian";
import { sourceKey } from "../../provider/lifecycle/source-key";
import { sourceRecord, World, type EngineResource } from "./lifecycle-world";

const program = (more: object = {}): Record<string, unknown> => ({
  group: sourceRecord.group,
  spec: "AES_256",
  self: "urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:SourceKey::payments-master",
  organization: "acme",
  ...more,
});
let world: World;
let key: EngineResource;
beforeEach(() => {
  world = new World();
  key = world.resource(sourceKey, "payments-master");
});
const refusal = async (act: Promise<unknown>): Promise<string> => {
  try {
    await act;
    return "";
  } catch (error) {
    return error instanceof Error && "hint" in error ? `${error.message} ${String(error.hint)}` : String(error);
  }
};
const wordIn = (text: string): string => /([a-z]+-[0-9a-f]{8})/.exec(text)?.[1] ?? "";

describe("a source key", () => {
  it("is generated once, and a second run needs no token", async () => {
    await key.up(program());
    expect(key.outputs).toMatchObject({
      version: 1,
      label: "payments-master",
      versions: [{ version: 1, state: "exportable" }],
    });
    world.custodian.calls.length = 0;
    expect(await key.up(program())).toBe("same");
    expect(world.custodian.calls).toEqual([]);
  });

  it("is found again by the same resource after a lost state, and stays with its owner", async () => {
    await key.up(program());
    const again = world.resource(sourceKey, "payments-master");
    await again.up(program());
    expect(world.custodian.versions).toHaveLength(1);
    expect(again.outputs["owner"]).toBe(key.outputs["owner"]);
  });

  it("gets the label of the program when it is found again, and keeps no date that it cannot know", async () => {
    await key.up(program());
    const again = world.resource(sourceKey, "payments-master");
    await again.up(program({ label: "ledger" }));
    expect(world.custodian.versions.map(({ name }) => name)).toEqual(["ledger"]);
    expect(again.outputs["versions"]).toEqual([expect.not.objectContaining({ createdAt: expect.anything() })]);
  });

  it("is claimed in another token by the run that goes over to it, but where another record has claimed it there", async () => {
    await key.up(program());
    const [[owner, claim] = ["", ""]] = [...world.custodian.claims];
    const { group } = program();
    const moved = (label: string): Record<string, unknown> =>
      program({ group: { ...(group as object), token: { module: "/lib/x.so", label, pin: "env:PIN" } } });
    world.custodian.claims.clear();
    expect(await key.up(moved("standby"))).toBe("updated");
    expect([...world.custodian.claims]).toEqual([[owner, claim]]);
    world.custodian.claims.set(owner, "another");
    await key.up(moved("third"));
    expect([...world.custodian.claims]).toEqual([[owner, "another"]]);
    expect(key.outputs["claim"]).toBe(claim);
  });

  it("of the same name by another stack is a clash that shows how to adopt it", async () => {
    await key.up(program());
    const other = world.resource(sourceKey, "payments-master");
    const elsewhere = program({ self: "urn:pulumi:dev::pay::pulumi-nodejs:dynamic/byok:SourceKey::payments-master" });
    const owner = String(key.outputs["owner"]);
    expect(await other.complaints(elsewhere)).toEqual([expect.stringContaining(`adopt: { owner: "${owner}" }`)]);
    await other.up({ ...elsewhere, adopt: { owner } });
    expect(world.custodian.versions).toHaveLength(1);
    expect(await other.up(elsewhere)).toBe("same");
  });

  it("continues from the version in the token, never from 1", async () => {
    await key.up(program());
    const [first] = world.custodian.versions;
    if (first !== undefined) world.custodian.versions.push({ ...first, version: 2 });
    const again = world.resource(sourceKey, "payments-master");
    expect((await again.check(program())).inputs["version"]).toBe(2);
  });

  it("is planned without anything being computed with the keys of the token", async () => {
    await world.resource(sourceKey, "payments-master").check(program());
    expect(world.custodian.calls).toEqual(["survey"]);
  });

  it("shows the versions before it together with its own, from one list of the token", async () => {
    await key.up(program());
    const [first] = world.custodian.versions;
    if (first !== undefined) world.custodian.versions.push({ ...first, version: 2, id: "2".repeat(32) });
    world.custodian.calls.length = 0;
    const again = world.resource(sourceKey, "payments-master");
    await again.up(program());
    expect(again.outputs["versions"]).toMatchObject([{ version: 1 }, { version: 2, tokenKeyId: "2".repeat(32) }]);
    expect(world.custodian.calls).toEqual(["survey", "connect", "list", "generate", "claim"]);
  });

  it("is the one that another process made after the token was surveyed, not a second one", async () => {
    await key.up(program());
    world.custodian.surveyed = [];
    const again = world.resource(sourceKey, "payments-master");
    await again.up(program());
    expect(world.custodian.versions).toHaveLength(1);
    expect(again.outputs["versions"]).toMatchObject([{ tokenKeyId: world.custodian.versions[0]?.id }]);
  });

  it("never goes back to a version before the one that another process made after the token was surveyed", async () => {
    await key.up(program());
    const [first] = world.custodian.versions;
    world.custodian.surveyed = [...world.custodian.versions];
    if (first !== undefined) world.custodian.versions.push({ ...first, version: 2 });
    const again = world.resource(sourceKey, "payments-master");
    expect(await refusal(again.up(program()))).toContain("holds version 2");
    expect(again.id).toBeUndefined();
  });

  it("that was adopted and destroyed since the token was surveyed is not made anew", async () => {
    await key.up(program());
    const owner = String(key.outputs["owner"]);
    world.custodian.surveyed = [...world.custodian.versions];
    world.custodian.versions = [];
    const other = world.resource(sourceKey, "payments-master");
    expect(await refusal(other.up(program({ adopt: { owner } })))).toContain("any more");
    expect(world.custodian.versions).toEqual([]);
  });

  it("is renamed in the token by a new label, and nothing else happens", async () => {
    await key.up(program());
    world.custodian.calls.length = 0;
    expect(await key.up(program({ label: "ledger" }))).toBe("updated");
    expect(world.custodian.calls).toEqual(["connect", "rename", "list"]);
    expect(world.custodian.versions[0]?.name).toBe("ledger");
  });

  it.each([
    ["another type", { spec: "RSA_2048" }, "spec: cannot change (it is AES_256)"],
    [
      "a type outside the group's rules",
      { group: { ...sourceRecord.group, allowedSpecs: ["RSA_2048"] } },
      "spec: AES_256 is not among",
    ],
    [
      "a property that does not exist",
      { rotate: true },
      "rotate: there is no such property. Correct its name, or remove it.",
    ],
    ["a wrong type name", { spec: "AES256" }, 'spec: "AES256" is no key type.'],
  ])("refuses %s", async (_name, change, complaint) => {
    await key.up(program());
    expect((await key.complaints(program(change))).join()).toContain(complaint);
  });

  it("refuses a type that the token does not make", async () => {
    const abilities = { ...sourceRecord.group.abilities, specs: ["AES_256"] };
    const complaints = await key.complaints(
      program({ spec: "EC_SECP256K1", group: { ...sourceRecord.group, abilities } }),
    );
    expect(complaints.join()).toContain("makes no EC_SECP256K1 keys. It makes AES_256.");
  });

  it("is never looked for in a token of another serial number", async () => {
    await key.up(program());
    world.custodian.report = {
      ...world.custodian.report,
      identity: { ...world.custodian.report.identity, serial: "9999" },
    };
    await expect(key.refresh()).rejects.toThrow("serial 9999");
    expect(key.id).toBeDefined();
  });

  it("leaves the state only when the token certainly has it no more", async () => {
    await key.up(program());
    world.custodian.versions = [];
    await key.refresh();
    expect(key.id).toBeUndefined();
  });
});

describe("removal of a source key", () => {
  it("leaves it in the token by default", async () => {
    await key.up(program());
    await key.destroy();
    expect(world.custodian.versions).toHaveLength(1);
  });

  it("destroys it only with the word that the refusal names", async () => {
    await key.up(program({ onDestroy: "destroy" }));
    const said = await refusal(key.destroy());
    expect(said).toContain("pulumi state delete");
    expect(world.custodian.versions).toHaveLength(1);
    world.environment = { BYOK_CONFIRM: wordIn(said) };
    await key.destroy();
    expect(world.custodian.versions).toEqual([]);
  });

  it("by the old half of a replacement keeps the key, also when the run in between died", async () => {
    await key.up(program({ onDestroy: "destroy" }));
    const replacement = world.resource(sourceKey, "payments-master");
    await replacement.up(program({ onDestroy: "destroy" }));
    await key.destroy();
    expect(world.custodian.versions).toHaveLength(1);
    expect(world.warnings.join()).toContain("the key stays in the token");
    const said = await refusal(replacement.destroy());
    world.environment = { BYOK_CONFIRM: wordIn(said) };
    await replacement.destroy();
    expect(world.custodian.versions).toEqual([]);
  });

  it("cannot be asked for on a token that remembers no copies", async () => {
    const abilities = { ...sourceRecord.group.abilities, storesLinks: false };
    const complaints = await key.complaints(
      program({ onDestroy: "destroy", group: { ...sourceRecord.group, abilities } }),
    );
    expect(complaints.join()).toContain("onDestroy: ");
  });
});

describe("closing a source key", () => {
  it("needs the word that the refusal names, and is for ever", async () => {
    await key.up(program());
    const said = await refusal(key.up(program({ exportable: false })));
    expect(world.custodian.versions[0]?.exportable).toBe(true);
    await key.up(program({ exportable: false, confirm: wordIn(said) }));
    expect(world.custodian.versions[0]?.exportable).toBe(false);
    expect((await key.complaints(program())).join()).toContain("exportable: cannot become true again");
  });

  it("is refused while a copy may need the material again, with the copy's name", async () => {
    await key.up(program());
    const owner = String(key.outputs["owner"]);
    const link = {
      owner,
      version: 1,
      arn: "arn:aws:kms:eu-central-1:1:key/x",
      copyName: "payments",
      copiedAt: "",
      copiedBy: "",
    };
    world.custodian.copies = [link];
    expect(await refusal(key.up(program({ exportable: false })))).toContain(
      "payments (arn:aws:kms:eu-central-1:1:key/x)",
    );
    world.custodian.copies = [{ ...link, deletionDate: "2026-06-30T00:00:00Z" }];
    expect(await refusal(key.up(program({ exportable: false })))).toContain("payments");
    world.custodian.copies = [{ ...link, deletionDate: "2026-05-30T00:00:00Z" }];
    const refused = await refusal(key.up(program({ exportable: false })));
    expect(refused).toContain("for ever");
    expect(refused).toContain(
      "it was not checked whether it did: payments (arn:aws:kms:eu-central-1:1:key/x, 2026-05-30)",
    );
  });

  it("made behind Pulumi's back is told as drift", async () => {
    await key.up(program());
    world.custodian.versions = world.custodian.versions.map((version) => ({ ...version, exportable: false }));
    await key.refresh();
    expect(world.warnings.join()).toContain("was closed in the token");
    expect(key.inputs["exportable"]).toBe(false);
  });
});

describe("former versions", () => {
  const rotated = (trigger: string, more: object = {}): Record<string, unknown> =>
    program({ rotationTrigger: trigger, rotation: { every: "90d", deactivateOld: true, ...more } });
  const copyOf = (version: number, arn: string, copyName = "orders"): CopyLink => ({
    ...{ owner: String(key.outputs["owner"]), version, arn, copyName },
    ...{ copiedAt: "2026-01-01T00:00:00.000Z", copiedBy: "arn:aws:iam::1:user/me" },
  });
  const states = (): unknown => key.outputs["versions"];

  beforeEach(async () => {
    await key.up(rotated("one"));
    world.custodian.copies = [copyOf(1, "key-1"), copyOf(1, "key-2", "archive")];
    await key.up(rotated("two"));
  });

  it("are deactivated on the up after every copy follows a newer one, once, and named by whom they wait for until then", async () => {
    expect(world.custodian.inactive.size).toBe(0);
    world.custodian.copies.push(copyOf(2, "key-3"));
    expect(await key.up(rotated("two"))).toBe("updated");
    expect(states()).toMatchObject([{ state: "exportable", waitsFor: ["archive"] }, { state: "exportable" }]);
    expect(world.infos.join("\n")).toContain("version 1 stays active: archive has no newer one");
    expect(await key.up(rotated("two"))).toBe("same");
    world.custodian.copies.push(copyOf(2, "key-2", "archive"));
    await key.refresh();
    expect(await key.up(rotated("two"))).toBe("updated");
    expect(states()).toMatchObject([{ state: "deactivated" }, { state: "exportable" }]);
    expect([...world.custodian.inactive.values()]).toEqual([[1]]);
    expect(await key.up(rotated("two"))).toBe("same");
    await key.refresh();
    expect(await key.up(rotated("two"))).toBe("same");
  });

  it("are waited for no longer once the copy is gone, and are active again where the program says so", async () => {
    world.custodian.copies = [{ ...copyOf(1, "key-1"), deletionDate: "2020-01-01T00:00:00.000Z" }];
    await key.up(rotated("two"));
    expect(states()).toMatchObject([{ state: "deactivated" }, {}]);
    await key.up(rotated("two", { deactivateOld: false }));
    expect(states()).toMatchObject([{ state: "exportable" }, { state: "exportable" }]);
    expect([...world.custodian.inactive.values()]).toEqual([[]]);
    expect(await key.up(rotated("two", { deactivateOld: false }))).toBe("same");
  });

  it("are finished by the next run where this one died, before or after the token heard of it", async () => {
    for (const after of [false, true]) {
      world.custodian.inactive.clear();
      world.custodian.copies = [copyOf(2, "key-1")];
      world.custodian.dieAt = { call: world.custodian.calls.length + 5, after };
      await key.up(rotated("two")).catch(() => undefined);
      world.custodian.dieAt = undefined;
      world.vault.dead = false;
      await key.up(rotated("two"));
      expect(states()).toMatchObject([{ state: "deactivated" }, {}]);
      await key.up(rotated("two", { deactivateOld: false }));
    }
  });

  it("need a token that remembers copies", async () => {
    const { abilities } = sourceRecord.group;
    const group = { ...sourceRecord.group, abilities: { ...abilities, storesLinks: false } };
    expect((await world.resource(sourceKey, "other").complaints({ ...rotated("one"), group })).join()).toContain(
      "needs a token that stores data objects",
    );
  });
});

describe("a key that may leave in clear", () => {
  it("is told as such when it is made, by a mark in the token, and stays so for ever", async () => {
    await key.up(program({ plaintextExport: true }));
    expect(world.warnings.join()).toContain("is made to leave its token in clear");
    expect(String(key.outputs["owner"])).toMatch(/^0e/);
    world.warnings.length = 0;
    expect(await key.up(program({ plaintextExport: true }))).toBe("same");
    expect(world.warnings).toEqual([]);
    expect((await key.complaints(program())).join()).toContain("with plaintextExport: true, which cannot change");
  });

  it("is never a key that was made for hardware, and never one that unwraps others", async () => {
    await key.up(program());
    expect((await key.complaints(program({ plaintextExport: true }))).join()).toContain("made without plaintextExport");
    const owner = String(key.outputs["owner"]);
    const other = world.resource(sourceKey, "other");
    const adopting = program({ adopt: { owner }, plaintextExport: true });
    expect((await other.complaints(adopting)).join()).toContain("made without plaintextExport");
    expect((await other.complaints(program({ plaintextExport: true, operations: ["unwrap"] }))).join()).toContain(
      "this one unwraps others",
    );
  });
});

describe("the lab", () => {
  const lab = { ...sourceRecord.group, lab: true, allowedTargets: [] };

  it("never gets a real key, and a real group never a lab key", async () => {
    await key.up(program());
    expect((await key.complaints(program({ group: lab }))).join()).toContain("can never go to a lab");
    const owner = String(key.outputs["owner"]);
    const other = world.resource(sourceKey, "copy");
    expect((await other.complaints(program({ group: lab, adopt: { owner } }))).join()).toContain(
      "can never go to a lab",
    );
    const inLab = world.resource(sourceKey, "lab");
    await inLab.up(program({ group: lab, label: "lab" }));
    expect((await inLab.complaints(program({ label: "lab" }))).join()).toContain("can never leave the lab");
  });

  it("finds only its own key after a lost state", async () => {
    await key.up(program());
    const lost = world.resource(sourceKey, "payments-master");
    expect((await lost.complaints(program({ group: lab }))).join()).toContain("another program or stack made");
  });
});
