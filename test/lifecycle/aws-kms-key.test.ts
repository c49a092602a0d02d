import { ByokError } from "../../provider/model/errors";
import { awsKmsKey } from "../../provider/lifecycle/aws-kms-key";
import { keyProgram, sourceRecord, World, type EngineResource } from "./lifecycle-world";
import { UNKNOWN } from "../../provider/model/unknown";

let world: World;
let key: EngineResource;
beforeEach(() => {
  world = new World();
  key = world.resource(awsKmsKey, "payments");
});
const onlyKey = (): NonNullable<ReturnType<World["kms"]["keys"]["get"]>> => {
  const [stored, ...others] = [...world.kms.keys.values()];
  if (stored === undefined || others.length > 0) throw new Error(`${world.kms.keys.size} keys`);
  return stored;
};

describe("a copied key", () => {
  it("is made, imported, and gets its aliases last", async () => {
    await key.up(keyProgram());
    expect(world.kms.writes).toEqual(["createKey", "createAlias"]);
    expect(world.custodian.calls).toEqual(["importInto"]);
    expect(onlyKey().facts).toMatchObject({
      state: "Enabled",
      description: "Copied from payments-master by pulumi-byok",
    });
    expect(key.outputs).toMatchObject({
      keyState: "Enabled",
      pending: [],
      proof: { method: "key-material-id", sourceVersion: 1 },
      link: { source: "payments-master", group: "frankfurt", by: "arn:aws:iam::123456789012:user/ci" },
    });
  });

  it("is unchanged by a second run, which calls no cloud", async () => {
    await key.up(keyProgram());
    world.kms.calls.length = 0;
    expect(await key.up(keyProgram())).toBe("same");
    expect(world.kms.calls).toEqual([]);
  });

  it.each([
    ["aliases", { aliases: ["alias/payments", "alias/second"] }, ["createAlias"]],
    ["a removed alias", { aliases: [] }, ["deleteAlias"]],
    ["description", { description: "mine" }, ["setDescription"]],
    ["tags", { tags: { owner: "me" } }, ["tag", "untag"]],
    ["enabled", { enabled: false }, ["disable"]],
    ["policy", { policy: '{"Version":"2012-10-17","Statement":[]}' }, ["putPolicy"]],
    ["deletionWindowInDays", { deletionWindowInDays: 20 }, []],
    ["wrappingKeySpec", { wrappingKeySpec: "RSA_3072" }, []],
    ["the group's credentials", { group: { ...groupWith({ credentials: { profile: "other" } }) } }, []],
  ])("updates %s in place, and nothing else", async (_name, change, writes) => {
    await key.up(keyProgram());
    world.kms.calls.length = 0;
    expect(await key.up(keyProgram(change))).toBe("updated");
    expect(world.kms.writes).toEqual(writes);
    expect(await key.up(keyProgram(change))).toBe("same");
    expect(onlyKey().facts.keyId).toBe(key.outputs["keyId"]);
  });

  it("imports the same material again to set, move and remove its expiry", async () => {
    await key.up(keyProgram());
    for (const validTo of ["2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z", undefined]) {
      const program = keyProgram(validTo === undefined ? {} : { validTo });
      expect(await key.up(program)).toBe("updated");
      expect(onlyKey().facts.validTo?.toISOString()).toBe(
        validTo === undefined ? undefined : new Date(validTo).toISOString(),
      );
      expect(await key.up(program)).toBe("same");
    }
    expect(world.custodian.imports.map((request) => request.existing)).toEqual([false, true, true, true]);
  });

  it("is disabled again after an import, which enables every key", async () => {
    await key.up(keyProgram({ enabled: false }));
    expect(onlyKey().facts.state).toBe("Disabled");
    await key.up(keyProgram({ enabled: false, validTo: "2026-09-01T00:00:00Z" }));
    expect(onlyKey().facts).toMatchObject({ state: "Disabled", expires: true });
  });

  it("is replaced for another account or Region, and for nothing else", async () => {
    await key.up(keyProgram());
    const elsewhere = {
      ...sourceRecord,
      group: { ...sourceRecord.group, allowedTargets: [{ aws: { account: "123456789012", regions: ["eu-west-1"] } }] },
    };
    expect(
      await key.up(keyProgram({ group: groupWith({ region: "eu-west-1" }), material: { source: elsewhere } })),
    ).toBe("replaces");
    expect(world.warnings.join()).toContain("a new KMS key with the same material");
  });

  it("takes an unknown value for a change, never for a replacement", async () => {
    await key.up(keyProgram());
    const checked = await key.check(keyProgram({ group: UNKNOWN }));
    expect(checked.failures).toEqual([]);
    const diff = await awsKmsKey.diff(world.context("payments"), key.id ?? "", key.outputs, checked.inputs);
    expect(diff).toEqual({ changes: true, replaces: [] });
  });
});

function groupWith(more: object): object {
  return { ...(keyProgram()["group"] as object), ...more };
}

describe("refusals before anything happens", () => {
  it.each([
    [
      "an unknown property",
      { windowInDays: 9 },
      "windowInDays: there is no such property. Correct its name, or remove it.",
    ],
    [
      "a wrong alias",
      { aliases: ["alias/a", "payments"] },
      'aliases[1]: "payments" must start with "alias/". Write "alias/payments".',
    ],
    [
      "a window of 6 days",
      { deletionWindowInDays: 6 },
      "deletionWindowInDays: 6 is outside AWS's waiting period: whole days from 7 to 30.",
    ],
    [
      "a usage that the key type has not",
      { usage: "SIGN_VERIFY" },
      "usage: SIGN_VERIFY is not possible with AES_256. AWS allows ENCRYPT_DECRYPT.",
    ],
    [
      "an expiry without a time zone",
      { validTo: "2026-09-01T00:00:00" },
      'validTo: "2026-09-01T00:00:00" is another moment on each machine',
    ],
    ["an expiry in the past", { validTo: "2020-01-01T00:00:00Z" }, "validTo: 2020-01-01T00:00:00Z has passed."],
    [
      "an expiry too far ahead",
      { validTo: "2027-06-02T00:00:00Z" },
      "validTo: 2027-06-02T00:00:00Z is more than 365 days ahead",
    ],
    [
      "a tag of ours",
      { tags: { "byok:owner": "x" } },
      'tags.byok:owner: tag keys that start with "byok:" are set by this package.',
    ],
    ["a policy that is no JSON", { policy: "{" }, "policy: a key policy is JSON, and this text does not parse."],
  ])("%s", async (_name, change, complaint) => {
    const complaints = await key.complaints(keyProgram(change));
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toContain(complaint);
    expect(world.kms.calls).toEqual([]);
  });

  it("a target that the source group does not name, with the line to add", async () => {
    const source = { ...sourceRecord, group: { ...sourceRecord.group, allowedTargets: [] } };
    const [complaint] = await key.complaints(keyProgram({ material: { source } }));
    expect(complaint).toContain(
      'Add to allowedTargets: { aws: { account: "123456789012", regions: ["eu-central-1"] } }',
    );
  });

  it("a token that wraps too weakly, with the property to set", async () => {
    const source = { ...sourceRecord, group: { ...sourceRecord.group, minOaepHash: "sha256" } };
    const [complaint] = await key.complaints(keyProgram({ material: { source } }));
    expect(complaint).toMatch(/^material\.source: .*SoftHSM v2.*minOaepHash: "sha1".*Nothing was created\.$/);
  });

  it.each([
    [
      "another key type",
      { material: { source: { ...sourceRecord, spec: "HMAC_256" } } },
      "material.source: is HMAC_256 now",
    ],
    [
      "adopt on a key that exists",
      { adopt: { arn: "arn:aws:kms:eu-central-1:123456789012:key/x" } },
      "adopt: cannot be added",
    ],
  ])("%s once the key exists", async (_name, change, complaint) => {
    await key.up(keyProgram());
    expect((await key.complaints(keyProgram(change))).join()).toContain(complaint);
  });

  it("an alias of another key, before a key is created", async () => {
    const other = world.kms.add();
    world.kms.aliases.set("alias/payments", other.keyId);
    await expect(key.up(keyProgram())).rejects.toThrow("alias/payments belongs to another key");
    expect(world.kms.writes).toEqual([]);
  });

  it("credentials of another account", async () => {
    const moved = groupWith({ account: "999999999999" });
    const source = {
      ...sourceRecord,
      group: {
        ...sourceRecord.group,
        allowedTargets: [{ aws: { account: "999999999999", regions: ["eu-central-1"] } }],
      },
    };
    await expect(key.up(keyProgram({ group: moved, material: { source } }))).rejects.toThrow(
      "belong to account 123456789012",
    );
    expect(world.kms.writes).toEqual([]);
  });
});

describe("a run that dies", () => {
  it("at any call, before or after it took effect, is finished by the next run with one key and no second import of other material", async () => {
    await key.up(keyProgram());
    const calls = world.kms.calls.length;
    for (let call = 1; call <= calls; call += 1) {
      for (const after of [false, true]) {
        for (const stateKept of [true, false]) {
          world = new World();
          key = world.resource(awsKmsKey, "payments");
          world.kms.failAt = { call, after };
          await key.up(keyProgram()).catch(() => undefined);
          world.kms.failAt = undefined;
          if (!stateKept) key = world.resource(awsKmsKey, "payments");
          await key.up(keyProgram());
          expect(onlyKey().facts.state).toBe("Enabled");
          expect(onlyKey().tags["byok:lineage"]).toBe(key.id);
          expect(world.kms.aliases.get("alias/payments")).toBe(onlyKey().facts.keyId);
          expect(key.outputs["pending"]).toEqual([]);
        }
      }
    }
  });

  it.each(["before", "after"] as const)(
    "%s the import stays in state and is finished by the next run",
    async (when) => {
      world.custodian.failImport = when;
      await expect(key.up(keyProgram())).rejects.toThrow("planned failure");
      expect(key.outputs["pending"]).toContain(
        when === "before" ? "import the key material" : "import the key material",
      );
      expect(await key.up(keyProgram())).toBe("updated");
      expect(onlyKey().facts.state).toBe("Enabled");
      expect(key.outputs["pending"]).toEqual([]);
    },
  );

  it("is finished also after a refresh in between, which forgets the engine's own error", async () => {
    world.custodian.failImport = "before";
    await key.up(keyProgram()).catch(() => undefined);
    await key.refresh();
    expect(key.outputs["pending"]).toEqual(["import the key material"]);
    expect(await key.up(keyProgram())).toBe("updated");
    expect(onlyKey().facts.state).toBe("Enabled");
  });

  it("never hands material to a key that somebody touched in between", async () => {
    world.custodian.failImport = "before";
    await key.up(keyProgram()).catch(() => undefined);
    onlyKey().grants.push({ grantId: "g1", grantee: "arn:aws:iam::999999999999:root", operations: ["Decrypt"] });
    await expect(key.up(keyProgram())).rejects.toThrow("g1");
    expect(world.custodian.imports).toHaveLength(1);
  });

  it("is not taken over when its policy was changed meanwhile", async () => {
    world.custodian.failImport = "before";
    await key.up(keyProgram()).catch(() => undefined);
    onlyKey().policy =
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}]}';
    key = world.resource(awsKmsKey, "payments");
    await expect(key.up(keyProgram())).rejects.toThrow("policy");
    expect(world.custodian.imports).toHaveLength(1);
  });

  it("is an error, never a guess, where two keys carry its owner tag", async () => {
    await key.up(keyProgram());
    const { tags } = onlyKey();
    world.kms.add({ tags });
    key = world.resource(awsKmsKey, "payments");
    await expect(key.up(keyProgram())).rejects.toThrow("Several keys carry the owner tag");
  });

  it("stops before its next step once the engine is gone", async () => {
    world.engineLost = true;
    await key.up(keyProgram()).catch(() => undefined);
    expect(world.kms.writes).toEqual([]);
  });
});

describe("drift", () => {
  it("of every property is told in words, shown as inputs, and repaired by the next run", async () => {
    await key.up(keyProgram());
    const stored = onlyKey();
    stored.tags = { "byok:lineage": key.id ?? "", "byok:owner": "x", team: "other", extra: "1" };
    stored.policy = '{"Version":"2012-10-17","Statement":[]}';
    world.kms.set(stored.facts.keyId, {
      description: "changed",
      state: "Disabled",
      expires: true,
      validTo: new Date("2026-07-01T00:00:00Z"),
    });
    world.kms.aliases.delete("alias/payments");
    world.kms.aliases.set("alias/stranger", stored.facts.keyId);
    await key.refresh();
    const said = world.warnings.join("\n");
    for (const part of [
      "Disabled, not Enabled",
      '"changed"',
      "policy was changed",
      "alias/payments does not point",
      "alias/stranger points",
      'tag team is "other"',
      "tag extra was added",
      "expires at 2026-07-01",
    ]) {
      expect(said).toContain(part);
    }
    expect(key.inputs).toMatchObject({ enabled: false, description: "changed", aliases: ["alias/stranger"] });
    expect(await key.up(keyProgram())).toBe("updated");
    expect(onlyKey().facts).toMatchObject({
      state: "Enabled",
      expires: false,
      description: "Copied from payments-master by pulumi-byok",
    });
    expect([...world.kms.aliases.keys()]).toEqual(["alias/payments"]);
    expect(await key.up(keyProgram())).toBe("same");
  });

  it("is not seen where nothing changed", async () => {
    await key.up(keyProgram());
    const before = { inputs: key.inputs, outputs: key.outputs };
    await key.refresh();
    expect({ inputs: key.inputs, outputs: key.outputs }).toEqual(before);
    expect(world.warnings).toEqual([]);
  });

  it("lost material is imported again, into the same key", async () => {
    await key.up(keyProgram());
    const { keyId } = onlyKey().facts;
    world.kms.set(keyId, { state: "PendingImport" });
    await key.refresh();
    await key.up(keyProgram());
    expect(onlyKey().facts).toMatchObject({ keyId, state: "Enabled" });
    expect(world.custodian.imports.at(-1)?.existing).toBe(true);
  });

  it("material that expired does not come back under an expiry that has passed, and says which property to set", async () => {
    await key.up(keyProgram({ validTo: "2026-06-10T00:00:00Z" }));
    world.kms.now = new Date("2026-06-11T00:00:00Z");
    world.kms.set(onlyKey().facts.keyId, { state: "PendingImport" });
    await key.refresh();
    await expect(key.up(keyProgram({ validTo: "2026-06-10T00:00:00Z" }))).rejects.toThrow(
      "validTo: 2026-06-10T00:00:00Z has passed",
    );
    expect(await key.up(keyProgram({ validTo: "2026-07-10T00:00:00Z" }))).toBe("updated");
    expect(onlyKey().facts.state).toBe("Enabled");
  });

  it("another's alias is left alone by an update, and by the update after it", async () => {
    await key.up(keyProgram());
    world.kms.aliases.set("alias/stranger", onlyKey().facts.keyId);
    await key.up(keyProgram({ description: "x" }));
    expect(await key.up(keyProgram({ description: "x" }))).toBe("same");
    await key.up(keyProgram({ description: "y" }));
    expect([...world.kms.aliases.keys()]).toContain("alias/stranger");
  });

  it("a key that is certainly gone stays as Destroyed, and one that cannot be read stays as it was", async () => {
    await key.up(keyProgram());
    world.kms.failAt = { call: world.kms.calls.length + 1, after: false };
    await expect(key.refresh()).rejects.toThrow("planned failure");
    expect(key.outputs).toMatchObject({ keyState: "Enabled" });
    world.kms.keys.clear();
    await key.refresh();
    expect(key.outputs).toMatchObject({ keyState: "Destroyed" });
  });

  it("deletion scheduled by hand is told with its date and never cancelled", async () => {
    await key.up(keyProgram());
    await world.kms.scheduleDeletion(onlyKey().facts.keyId, 7);
    await key.refresh();
    expect(world.warnings.join()).toContain("AWS deletes it on 2026-06-08");
    await expect(key.up(keyProgram({ description: "x" }))).rejects.toThrow("scheduled for deletion");
    expect(world.kms.writes).not.toContain("cancelDeletion");
  });
});

describe("ownership", () => {
  it("a key that was taken over is forgotten by delete and refused by update", async () => {
    await key.up(keyProgram());
    onlyKey().tags["byok:lineage"] = "f".repeat(32);
    await expect(key.up(keyProgram({ description: "x" }))).rejects.toThrow("belongs to another resource");
    await key.destroy();
    expect(onlyKey().facts.state).toBe("Enabled");
    expect(world.warnings.join()).toContain("is forgotten here");
  });

  it("a replacement that takes the same key over does not delete it afterwards", async () => {
    await key.up(keyProgram());
    const replacement = world.resource(awsKmsKey, "payments");
    await replacement.up(keyProgram());
    await key.destroy();
    expect(onlyKey().facts.state).toBe("Enabled");
    expect(onlyKey().tags["byok:lineage"]).toBe(replacement.id);
  });

  it("a missing lineage tag is repaired by an update and stops a delete", async () => {
    await key.up(keyProgram());
    delete onlyKey().tags["byok:lineage"];
    await expect(key.destroy()).rejects.toThrow("lost its tag");
    await key.up(keyProgram({ description: "x" }));
    expect(onlyKey().tags["byok:lineage"]).toBe(key.id);
  });
});

describe("removal", () => {
  it("deletes the aliases that it owns, then schedules deletion with the window, and tells the token", async () => {
    await key.up(keyProgram());
    world.kms.calls.length = 0;
    await key.destroy();
    expect(world.kms.writes).toEqual(["deleteAlias", "scheduleDeletion"]);
    expect(onlyKey().facts).toMatchObject({ state: "PendingDeletion", deletionDate: new Date("2026-07-01T00:00:00Z") });
    expect(world.custodian.calls.at(-1)).toContain("noteDeletion 1");
  });

  it("sooner than the default window needs the word that the refusal names", async () => {
    await key.up(keyProgram({ deletionWindowInDays: 7 }));
    const refusal = await key
      .destroy()
      .then(String, (error: unknown) => (error instanceof ByokError ? String(error.hint) : ""));
    const word = /BYOK_CONFIRM=(\S+)/.exec(refusal)?.[1] ?? "";
    expect(word).toMatch(/^[a-z]+-[0-9a-f]{8}$/);
    expect(onlyKey().facts.state).toBe("Enabled");
    world.environment = { BYOK_CONFIRM: `other-00000000, ${word}` };
    await key.destroy();
    expect(onlyKey().facts.deletionDate).toEqual(new Date("2026-06-08T00:00:00Z"));
  });

  it("goes on where it died", async () => {
    await key.up(keyProgram());
    world.kms.failAt = { call: world.kms.calls.length + 6, after: false };
    await key.destroy().catch(() => undefined);
    expect(key.id).toBeDefined();
    world.kms.failAt = undefined;
    await key.destroy();
    expect(onlyKey().facts.state).toBe("PendingDeletion");
    expect(world.kms.aliases.size).toBe(0);
  });

  it("of a key that is gone or pending deletion already succeeds and keeps the date", async () => {
    await key.up(keyProgram());
    await world.kms.scheduleDeletion(onlyKey().facts.keyId, 10);
    await key.destroy();
    expect(onlyKey().facts.deletionDate).toEqual(new Date("2026-06-11T00:00:00Z"));
  });

  it("does not fail where the token is not at hand, and says what that means", async () => {
    await key.up(keyProgram());
    world.custodian.failure = new ByokError("BYOK_TOKEN_NOT_FOUND", "There is no token payments.");
    await key.destroy();
    expect(onlyKey().facts.state).toBe("PendingDeletion");
    expect(world.warnings.join()).toContain("the token could not note");
  });
});

describe("adoption", () => {
  const placeholder = (): string =>
    world.kms.add({ description: "made by an administrator", tags: { cost: "42" } }).arn;
  const adopting = (arn: string, more: object = {}): Record<string, unknown> => {
    const { aliases: _aliases, tags: _tags, ...rest } = keyProgram();
    return { ...rest, adopt: { arn }, ...more };
  };

  it("fills a placeholder key and keeps what the program does not name, also once adopt is removed", async () => {
    const program = adopting(placeholder());
    await key.up(program);
    expect(world.kms.writes).toEqual(["tag"]);
    expect(onlyKey()).toMatchObject({
      facts: { state: "Enabled", description: "made by an administrator" },
      tags: { cost: "42" },
    });
    const { adopt: _adopt, ...without } = program;
    expect(await key.up(without)).toBe("same");
    expect(world.infos.join()).toContain("the key material is imported");
  });

  it("leaves the material of a key that has some, and says that it is not proven", async () => {
    const { arn, keyId } = world.kms.add({});
    world.kms.set(keyId, { state: "Enabled" });
    await key.up(adopting(arn));
    expect(world.custodian.imports).toEqual([]);
    expect(world.warnings.join()).toContain("not proven");
    expect(await key.up(adopting(arn))).toBe("same");
  });

  it.each([
    ["AWS's own material", { origin: "AWS_KMS" }, "its origin is AWS_KMS"],
    ["another spec", { spec: "RSA_2048" as const }, "its spec is RSA_2048"],
    ["a multi-Region key", { multiRegion: true }, "multi-Region"],
    ["a key pending deletion", { state: "PendingDeletion" as const }, "its state is PendingDeletion"],
  ])("refuses %s in preview", async (_name, request, reason) => {
    const { arn } = world.kms.add(request);
    expect((await key.complaints(adopting(arn))).join()).toContain(reason);
    expect(world.kms.writes).toEqual([]);
  });

  it("that dies at any call imports nothing in the next run where grants are not listed", async () => {
    for (let call = 1; ; call += 1) {
      world = new World();
      key = world.resource(awsKmsKey, "payments");
      const arn = placeholder();
      world.kms.keys
        .get(arn.split("/")[1] ?? "")
        ?.grants.push({ grantId: "g1", grantee: "x", operations: ["Decrypt"] });
      world.kms.failAt = { call: world.kms.calls.length + call, after: false };
      const [why] = await key.up(adopting(arn)).then(
        () => [],
        (error: unknown) => [String(error)],
      );
      world.kms.failAt = undefined;
      await expect(key.up(adopting(arn))).rejects.toThrow("g1");
      expect([call, world.custodian.imports]).toEqual([call, []]);
      if (why?.includes("g1") === true) {
        expect(call).toBeGreaterThan(10);
        return;
      }
    }
  });

  it("refuses grants that the program does not list before material enters, and takes those that it lists", async () => {
    const arn = placeholder();
    onlyKey().grants.push({ grantId: "g1", grantee: "arn:aws:iam::123456789012:role/x", operations: ["Decrypt"] });
    await expect(key.up(adopting(arn))).rejects.toThrow("g1");
    expect(world.custodian.imports).toEqual([]);
    key = world.resource(awsKmsKey, "payments");
    await key.up(adopting(arn, { adopt: { arn, grants: ["g1"] } }));
    expect(onlyKey().facts.state).toBe("Enabled");
  });

  it("sets a policy that the program names before material enters", async () => {
    const policy = '{"Version":"2012-10-17","Statement":[]}';
    await key.up(adopting(placeholder(), { policy }));
    expect(world.kms.writes).toEqual(["tag", "putPolicy"]);
    expect(onlyKey().facts.state).toBe("Enabled");
  });
});
