import { azureKey } from "../../provider/lifecycle/azure-key";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { ownershipTags, sourceOwner } from "../../provider/model/owner";
import { materialInAzure, report } from "./fake-custodian";
import { tenantId, vaultUrl } from "./fake-key-vault";
import { sourceRecord, World, type EngineResource } from "./lifecycle-world";

const signing: PlainRecord = {
  ...sourceRecord,
  name: "signing",
  spec: "RSA_3072",
  group: { ...sourceRecord.group, allowedTargets: [{ azure: { tenantId, vaults: [vaultUrl] } }] },
};
const group: PlainRecord = {
  name: "vault",
  cloud: "public",
  tenantId,
  tier: "premium",
  kek: { size: 4096, lifetime: "group" },
  vaultUrl,
};
const wrappingKey = { id: `${vaultUrl}/keys/byok-kek-1/${"b".repeat(32)}`, publicKeySha256: "c".repeat(64) };
const program = (more: PlainRecord = {}): PlainRecord => ({
  group,
  wrappingKey,
  material: { source: signing },
  tags: { team: "ledger" },
  self: "urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:AzureKey::signing",
  organization: "acme",
  ...more,
});
const atVersion = (version: number, more: PlainRecord = {}): PlainRecord =>
  program({ material: { source: { ...signing, version } }, ...more });

let world: World;
let key: EngineResource;
beforeEach(() => {
  world = new World();
  key = world.resource(azureKey, "signing");
});

interface Seen {
  readonly number: string | undefined;
  readonly enabled: boolean;
  readonly material: string;
}
/** What the vault holds under the name, oldest first. */
const seen = (name = "signing"): readonly Seen[] =>
  (world.vault.keys.get(name) ?? []).map(({ tags, enabled, material }) => ({
    number: tags[ownershipTags.version],
    enabled,
    material,
  }));
const copy = (version: number): string => materialInAzure({ owner: sourceRecord.owner, version });

describe("a copied key", () => {
  it("is imported under the pinned wrapping key, once, with tags that say whose it is", async () => {
    expect(await key.up(program())).toBe("created");
    expect(await key.up(program())).toBe("same");
    expect(seen()).toEqual([{ number: "1", enabled: true, material: copy(1) }]);
    expect(world.custodian.azureImports).toMatchObject([
      {
        wrappingKey,
        operations: ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"],
        tags: { team: "ledger", [ownershipTags.version]: "1" },
        rules: { lab: false },
      },
    ]);
    expect(key.outputs).toMatchObject({
      keyId: `${vaultUrl}/keys/signing`,
      kty: "RSA-HSM",
      keyState: "Enabled",
      version: 1,
      pending: [],
      proof: { method: "public-key", sourceVersion: 1 },
      versions: [{ version: 1, origin: "HSM", source: "signing", sourceVersion: 1 }],
    });
  });

  it("asks for a wrapping key of its own where the group keeps none", async () => {
    await key.up(program({ group: { ...group, kek: { size: 3072, lifetime: "import" } }, wrappingKey: undefined }));
    expect(world.custodian.azureImports[0]?.wrappingKey).toEqual({ bits: 3072 });
    expect([...world.vault.keys.keys()]).toEqual(["signing"]);
  });

  it("gets a new version when its source is rotated, and keeps or disables the former one", async () => {
    await key.up(program());
    await key.up(atVersion(2));
    expect(seen()).toEqual([
      { number: "1", enabled: true, material: copy(1) },
      { number: "2", enabled: true, material: copy(2) },
    ]);
    expect(world.warnings.join("\n")).toContain("version 1 stays");
    await key.up(atVersion(3, { afterRotation: "disable" }));
    expect(seen().map(({ enabled }) => enabled)).toEqual([false, false, true]);
    expect(await key.up(atVersion(3, { afterRotation: "disable" }))).toBe("same");
  });

  it("stays with its version where it does not follow", async () => {
    await key.up(program({ follow: false }));
    expect(await key.up(atVersion(2, { follow: false }))).toBe("same");
    expect(seen()).toHaveLength(1);
  });

  it("disables every version with itself, and enables those again that it disabled", async () => {
    await key.up(program());
    await key.up(atVersion(2));
    await key.up(atVersion(3));
    const [first] = world.vault.keys.get("signing") ?? [];
    if (first !== undefined) world.vault.change(first, { enabled: false });
    await key.up(atVersion(3, { enabled: false }));
    expect(seen().map(({ enabled }) => enabled)).toEqual([false, false, false]);
    await key.up(atVersion(3));
    // Somebody else disabled the first one.
    expect(seen().map(({ enabled }) => enabled)).toEqual([false, true, true]);
  });

  it("changes dates, operations and tags in place; a date goes with the next version only", async () => {
    await key.up(program());
    await key.up(program({ expiresOn: "2027-12-31", operations: ["sign", "verify"], tags: { team: "risk" } }));
    expect(world.vault.keys.get("signing")).toMatchObject([
      {
        expiresOn: new Date("2027-12-31"),
        operations: ["sign", "verify"],
        tags: { team: "risk", [ownershipTags.version]: "1" },
      },
    ]);
    expect(key.outputs).toMatchObject({ expiresOn: "2027-12-31" });
    expect(world.warnings.join("\n")).toContain("decrypt, unwrapKey and verify go on working");
    expect(await key.complaints(program())).toEqual([expect.stringContaining("Azure keeps a date that it was given")]);
    await key.up(atVersion(2));
    expect(world.vault.keys.get("signing")?.[1]).not.toHaveProperty("expiresOn");
    expect(seen()).toHaveLength(2);
  });

  it("never goes back to an older version, whatever an older state says", async () => {
    await key.up(program());
    const yesterday = { inputs: key.inputs, outputs: key.outputs };
    await key.up(atVersion(2));
    Object.assign(key, yesterday);
    await expect(key.up(program({ tags: { team: "risk" } }))).rejects.toThrow("never goes back");
    await key.refresh();
    expect(key.outputs).toMatchObject({ version: 2 });
    expect(await key.up(atVersion(2))).not.toBe("created");
    expect(seen()).toHaveLength(2);
  });

  it("ends the same wherever a run is cut off, before and after each call, with and without its state", async () => {
    await key.up(program());
    const undisturbed = world.vault.calls.length;
    const wanted = seen();
    for (const lost of [false, true]) {
      for (const after of [false, true]) {
        for (let call = 1; call <= undisturbed; call += 1) {
          world = new World();
          key = world.resource(azureKey, "signing");
          world.vault.failAt = { call, after };
          await key.up(program()).catch(() => undefined);
          world.vault.failAt = undefined;
          if (lost) key = world.resource(azureKey, "signing");
          await key.up(program());
          expect([lost, after, call, seen()]).toEqual([lost, after, call, wanted]);
          expect(key.outputs).toMatchObject({ pending: [], proof: { sourceVersion: 1 } });
          expect(await key.up(program())).toBe("same");
          expect(world.vault.keys.get("signing")?.[0]?.tags[ownershipTags.lineage]).toBe(key.id);
        }
      }
    }
  });

  it("ends a rotation the same wherever it is cut off", async () => {
    await key.up(program());
    const before = world.vault.calls.length;
    await key.up(atVersion(2, { afterRotation: "disable" }));
    const after = world.vault.calls.length;
    const wanted = seen();
    for (const effect of [false, true]) {
      for (let call = before + 1; call <= after; call += 1) {
        world = new World();
        key = world.resource(azureKey, "signing");
        await key.up(program());
        world.vault.failAt = { call, after: effect };
        await key.up(atVersion(2, { afterRotation: "disable" })).catch(() => undefined);
        world.vault.failAt = undefined;
        await key.up(atVersion(2, { afterRotation: "disable" }));
        expect([effect, call, seen()]).toEqual([effect, call, wanted]);
        expect(key.outputs).toMatchObject({ pending: [], version: 2, proof: { sourceVersion: 2 } });
      }
    }
  });

  it("finds and proves an import whose answer was lost", async () => {
    for (const fail of ["before", "after"] as const) {
      world = new World();
      key = world.resource(azureKey, "signing");
      world.custodian.failImport = fail;
      await expect(key.up(program())).rejects.toThrow(`planned failure ${fail}`);
      await key.up(program());
      expect(seen()).toEqual([{ number: "1", enabled: true, material: copy(1) }]);
      expect(key.outputs).toMatchObject({ proof: { sourceVersion: 1 }, pending: [] });
      expect(world.custodian.calls.filter((call) => call === "proveInAzure")).toHaveLength(fail === "after" ? 1 : 0);
    }
  });

  it("is taken out of use when others may have its source, and imported from it no more", async () => {
    await key.up(program());
    const since = "2026-05-01T00:00:00Z";
    const touched = { source: { ...signing, compromisedSince: since, version: 2 } };
    await key.up(program({ material: touched }));
    expect(seen()).toEqual([{ number: "1", enabled: false, material: copy(1) }]);
    const fresh = world.resource(azureKey, "other");
    expect(await fresh.complaints(program({ material: touched }))).toEqual([
      expect.stringContaining("is compromised since"),
    ]);
  });
});

describe("a key in software", () => {
  const owner = sourceOwner({ organization: "acme", urn: "urn:signing" }, { lab: false, plaintextExport: true });
  const readable = { ...signing, owner };
  const inClear = (more: PlainRecord = {}): PlainRecord =>
    program({ protection: "software", allowPlaintext: true, material: { source: readable }, ...more });

  it("takes material in clear where key and source say so, and tells it in preview and outputs", async () => {
    expect(await key.up(inClear())).toBe("created");
    expect(world.warnings.join("\n")).toContain("its material leaves the token in clear");
    expect(world.custodian.clearImports).toHaveLength(1);
    expect(world.custodian.azureImports).toHaveLength(0);
    expect(key.outputs).toMatchObject({ kty: "RSA", wrapping: { algorithm: "none", inClear: true } });
    world.warnings.length = 0;
    expect(await key.up(inClear())).toBe("same");
    expect(world.warnings).toEqual([]);
  });

  it("is refused for a source that was made for hardware, until both say so", async () => {
    expect(await key.complaints(inClear({ material: { source: signing } }))).toEqual([
      expect.stringContaining("plaintextExport: true on a new SourceKey in place of signing"),
    ]);
    expect(await key.complaints(inClear({ allowPlaintext: undefined }))).toEqual([
      expect.stringContaining("write allowPlaintext: true on this key"),
    ]);
  });

  it("is the only place for such a source: hardware protects keys that were made for it", async () => {
    const copies = program({ material: { source: readable } });
    expect((await key.complaints(copies)).join()).toContain("was made to leave its token in clear");
  });

  it("takes a file in clear, and none that only the token can open", async () => {
    const file = { file: "partner.der", encoding: "raw", spec: "RSA_3072" };
    world.custodian.files.set("partner.der", "content");
    const wrapped = { ...file, kek: { ...signing, spec: "AES_256", operations: ["unwrap"] } };
    expect(await key.complaints(inClear({ material: wrapped }))).toEqual([
      expect.stringContaining("is in clear in the token alone"),
    ]);
    const clear = { ...file, group: signing["group"], allowPlaintext: true };
    expect(await key.up(inClear({ material: clear }))).toBe("created");
    expect(world.custodian.clearImports).toMatchObject([{ file: { path: "partner.der" } }]);
  });
});

describe("other material", () => {
  it("is a new version, which Azure makes where it is native", async () => {
    await key.up(program());
    await key.up(program({ material: { native: true, spec: "RSA_3072" } }));
    expect(seen().map(({ number }) => number)).toEqual(["1", "2"]);
    expect(key.outputs).toMatchObject({
      versions: [
        { origin: "HSM", token: { label: "payments" } },
        { origin: "AZURE", version: 2 },
      ],
    });
    await key.up(program({ material: { native: true, spec: "RSA_3072" }, rotationTrigger: "2027" }));
    expect(seen()).toHaveLength(3);
    await key.up(program());
    expect(seen().at(-1)).toEqual({ number: "4", enabled: true, material: copy(1) });
    expect(await key.up(program())).toBe("same");
  });
});

describe("a name that is taken", () => {
  const stranger = {
    name: "signing",
    kty: "RSA-HSM",
    bits: 3072,
    operations: ["sign", "verify"],
    enabled: true,
    tags: {},
    material: copy(1),
  } as const;

  it("is an error that shows how to take the key over", async () => {
    const { id } = world.vault.store(stranger);
    await expect(key.up(program())).rejects.toThrow("exists in https://payments.vault.azure.net already");
    expect(key.id).toBeUndefined();
    await key.up(program({ adopt: { id } }));
    expect(seen()).toEqual([{ number: "1", enabled: true, material: copy(1) }]);
    expect(key.outputs).toMatchObject({ proof: { method: "public-key" }, tags: { team: "ledger" } });
    expect(await key.up(program({ adopt: { id } }))).toBe("same");
    expect(await key.up(program())).toBe("same");
  });

  it("is not adopted where it holds another key than the source", async () => {
    const { id } = world.vault.store({ ...stranger, material: "another" });
    await expect(key.up(program({ adopt: { id } }))).rejects.toThrow("holds another key");
    expect(world.vault.calls.filter((call) => call.startsWith("deleteKey"))).toEqual([]);
  });

  it("is refused where the key is of another type", async () => {
    const { id } = world.vault.store({ ...stranger, bits: 2048 });
    expect(await key.complaints(program({ adopt: { id } }))).toEqual([expect.stringContaining("RSA of 2048 bits")]);
  });

  it("comes back where this resource deleted the key itself, and is an error where another did", async () => {
    await key.up(program());
    await key.destroy();
    expect(seen()).toEqual([]);
    await key.up(program());
    expect(seen()).toEqual([{ number: "1", enabled: true, material: copy(1) }]);
    expect(world.warnings.join("\n")).toContain("it is recovered");
    expect(world.custodian.azureImports).toHaveLength(1);
    await key.destroy();
    const other = world.resource(azureKey, "other");
    const elsewhere = program({ name: "signing", self: "urn:pulumi:other" });
    await expect(other.up(elsewhere)).rejects.toThrow("its name is free on 2026-08-30");
    const id = `${vaultUrl}/keys/signing/${world.vault.deleted.get("signing")?.facts.version ?? ""}`;
    await other.up(program({ ...elsewhere, adopt: { id, recover: true } }));
    expect(seen()).toHaveLength(1);
  });

  it("that is recovered to be adopted keeps what the program does not name, then and later", async () => {
    const { id } = world.vault.store({ ...stranger, tags: { team: "theirs" } });
    await world.vault.deleteKey("signing");
    await key.up(program({ tags: undefined, adopt: { id, recover: true } }));
    expect(await world.vault.getKey("signing")).toMatchObject({
      operations: stranger.operations,
      tags: { team: "theirs" },
    });
    expect(await key.up(program({ tags: undefined, adopt: { id, recover: true } }))).toBe("same");
    expect(await key.up(program({ tags: { team: "ours" }, adopt: { id, recover: true } }))).toBe("updated");
    expect(await world.vault.getKey("signing")).toMatchObject({
      operations: stranger.operations,
      tags: { team: "ours" },
    });
  });
});

describe("a removal", () => {
  it("soft-deletes the key and tells until when it can be recovered", async () => {
    await key.up(program());
    await key.destroy();
    expect([...world.vault.deleted.keys()]).toEqual(["signing"]);
    expect(world.infos.join("\n")).toContain("Azure purges it on 2026-08-30");
    expect(world.custodian.calls).toContain(`noteDeletion 1 ${vaultUrl}/keys/signing 2026-08-30T00:00:00.000Z`);
  });

  it("purges only with the word, and never a protected key", async () => {
    await key.up(program({ deletion: { purge: true } }));
    await expect(key.destroy()).rejects.toThrow("has purge protection");
    expect(seen()).toHaveLength(1);
    world = new World();
    world.vault.purgeProtection = false;
    key = world.resource(azureKey, "signing");
    await key.up(program({ deletion: { purge: true } }));
    const refusal: unknown = await key.destroy().catch((error: unknown) => error);
    const word = /BYOK_CONFIRM=(\S+)/.exec(
      String(refusal instanceof Error && "hint" in refusal ? refusal.hint : ""),
    )?.[1];
    expect(seen()).toHaveLength(1);
    world.environment = { BYOK_CONFIRM: word ?? "" };
    // A run that died between the two halves is finished by the next one, with the same word.
    world.vault.failAt = { call: world.vault.calls.length + 4, after: false };
    await key.destroy().catch(() => undefined);
    world.vault.failAt = undefined;
    await key.destroy();
    expect([...world.vault.deleted.keys(), ...world.vault.keys.keys()]).toEqual([]);
  });

  it("that is undone is undone in the token too: the source may be needed again", async () => {
    await key.up(program());
    await key.destroy();
    expect(world.custodian.copies).toMatchObject([{ deletionDate: "2026-08-30T00:00:00.000Z" }]);
    await key.up(program());
    expect(world.custodian.copies[0]).not.toHaveProperty("deletionDate");
    await key.destroy();
    await world.vault.recoverKey("signing");
    await key.up(program());
    expect(world.custodian.copies[0]).not.toHaveProperty("deletionDate");
  });

  it("leaves a key alone of which another resource has a version", async () => {
    await key.up(program());
    world.vault.store({
      ...{ name: "signing", kty: "RSA-HSM", bits: 3072, operations: ["sign"], enabled: true, material: "theirs" },
      tags: { [ownershipTags.lineage]: "d".repeat(32), [ownershipTags.owner]: "e".repeat(32) },
    });
    await key.destroy();
    expect(seen()).toHaveLength(2);
    expect(world.warnings.join("\n")).toContain("belongs to another resource now");
  });

  it("that was cut off is known again although somebody took the tags away", async () => {
    await key.up(program());
    const [version] = world.vault.keys.get("signing") ?? [];
    if (version !== undefined) world.vault.change(version, { tags: {} });
    await world.vault.deleteKey("signing");
    await key.destroy();
    expect(world.warnings).toEqual([]);
    expect(world.custodian.copies).toMatchObject([{ deletionDate: "2026-08-30T00:00:00.000Z" }]);
  });

  it("leaves a key alone that belongs to another resource by now", async () => {
    await key.up(program());
    const [version] = world.vault.keys.get("signing") ?? [];
    if (version !== undefined)
      world.vault.change(version, { tags: { ...version.tags, [ownershipTags.lineage]: "d".repeat(32) } });
    await key.destroy();
    expect(seen()).toHaveLength(1);
    expect(world.warnings.join("\n")).toContain("belongs to another resource now");
  });
});

describe("a refresh", () => {
  it("tells what somebody changed, and the next run sets it right", async () => {
    await key.up(program());
    const [version] = world.vault.keys.get("signing") ?? [];
    if (version !== undefined) world.vault.change(version, { enabled: false, tags: { ...version.tags, team: "risk" } });
    await key.refresh();
    expect(key.outputs).toMatchObject({ enabled: false, tags: { team: "risk" }, pending: [] });
    expect(await key.up(program())).toBe("updated");
    expect(world.vault.keys.get("signing")).toMatchObject([{ enabled: true, tags: { team: "ledger" } }]);
  });

  it("knows its versions although somebody took their tags away", async () => {
    await key.up(program());
    const [version] = world.vault.keys.get("signing") ?? [];
    if (version !== undefined) world.vault.change(version, { tags: {} });
    await key.refresh();
    await key.up(program());
    expect(seen()).toEqual([{ number: "1", enabled: true, material: copy(1) }]);
  });

  it("keeps a key that was deleted by hand, and never recovers it by itself", async () => {
    await key.up(program());
    await world.vault.deleteKey("signing");
    await key.refresh();
    expect(key.outputs).toMatchObject({ keyState: "Deleted", scheduledPurgeDate: "2026-08-30T00:00:00.000Z" });
    expect(await key.up(program())).toBe("same");
    expect(await key.up(program({ tags: { team: "risk" } }))).toBe("updated");
    expect(world.warnings.join("\n")).toContain("az keyvault key recover");
    expect(seen()).toEqual([]);
    world.vault.deleted.clear();
    await key.refresh();
    expect(key.id).toBeUndefined();
    await key.up(program());
    expect(seen()).toEqual([{ number: "1", enabled: true, material: copy(1) }]);
  });
});

describe("check refuses", () => {
  const complaint = async (more: PlainRecord): Promise<string> => (await key.complaints(program(more))).join("\n");

  it("what the vault cannot hold", async () => {
    expect(await complaint({ group: { ...group, tier: "standard" } })).toContain(
      "a standard vault has no HSM-protected keys",
    );
    expect(await complaint({ protection: "software" })).toContain(
      "allowPlaintext: true on this key, and plaintextExport: true on a new SourceKey in place of signing",
    );
    expect(await complaint({ allowPlaintext: true })).toContain("it travels wrapped. Remove it");
    expect(await complaint({ group: { ...group, tier: "managed-hsm" }, protection: "software" })).toContain(
      "HSM-protected keys only",
    );
    expect(await complaint({ material: { source: { ...signing, spec: "AES_256" } } })).toContain(
      "only a Managed HSM holds",
    );
    expect(await complaint({ material: { source: { ...signing, spec: "HMAC_256" } } })).toContain(
      "Azure has no such keys",
    );
    expect(
      await complaint({ material: { source: { ...signing, spec: "EC_P256" } }, operations: ["encrypt"] }),
    ).toContain("It can sign, verify");
  });

  it("dates that the SDK would turn into others, tags too many, and a wrong name", async () => {
    expect(await complaint({ expiresOn: "2038-01-20" })).toContain("2038-01-19T03:14:07Z");
    expect(await complaint({ expiresOn: "2026-01-01" })).toContain("has passed");
    expect(await complaint({ notBefore: "2027-02-30" })).toContain('"2027-02-30" is no date');
    expect(await complaint({ expiresOn: "2027-02-01T00:00:00" })).toContain('"2027-02-01T00:00:00" is no date');
    expect(await complaint({ notBefore: "2027-02-01", expiresOn: "2027-01-01" })).toContain("must be before expiresOn");
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`t${String(index)}`, "x"]));
    expect(await complaint({ tags: many })).toContain("can have 15 tags");
    expect(await complaint({ name: "under_score" })).toContain("letters, digits and hyphens");
    expect(await complaint({ tags: { "byok:owner": "me" } })).toContain("set by this package");
  });

  it("a vault that the source group does not name, with the line to add", async () => {
    const source = { ...signing, group: { ...sourceRecord.group, allowedTargets: [] } };
    expect(await complaint({ material: { source } })).toContain(`vaults: ["${vaultUrl}"]`);
  });

  it("a token that cannot wrap for Azure", async () => {
    const abilities = { ...report.abilities, oaepHashes: ["sha256"] };
    const source = { ...signing, group: { ...sourceRecord.group, abilities } };
    expect(await complaint({ material: { source } })).toContain("RSA-OAEP with SHA-1");
  });

  it("a change of type or protection, and replaces for another vault or name only", async () => {
    await key.up(program());
    expect(await complaint({ material: { source: { ...signing, spec: "RSA_2048" } } })).toContain(
      "the key is RSA_3072",
    );
    expect(await key.up(program({ name: "renamed" }))).toBe("replaces");
    expect(await key.up(program({ name: "SIGNING" }))).toBe("same");
  });
});
