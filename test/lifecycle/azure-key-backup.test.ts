import { azureKey } from "../../provider/lifecycle/azure-key";
import { azureKeyBackup } from "../../provider/lifecycle/azure-key-backup";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { backupTag } from "../../provider/model/backup-tag";
import { ownershipTags } from "../../provider/model/owner";
import { azureProgram, recordOfKey, signingSource } from "./azure-programs";
import { vaultUrl } from "./fake-key-vault";
import { World, type EngineResource } from "./lifecycle-world";

const file = "./escrow/signing.backup";
const self = "urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:AzureKeyBackup::signing-backup";

let world: World;
let key: EngineResource;
let backup: EngineResource;
beforeEach(async () => {
  world = new World();
  key = world.resource(azureKey, "signing");
  backup = world.resource(azureKeyBackup, "signing-backup");
  await key.up(azureProgram());
});

const program = (more: PlainRecord = {}): PlainRecord => ({ key: recordOfKey(key), file, self, ...more });
const held = (): string => world.files.content.get(file)?.toString() ?? "";
const described = (): PlainRecord =>
  JSON.parse(world.files.content.get(`${file}.json`)?.toString() ?? "{}") as PlainRecord;
const backups = (): number => world.vault.calls.filter((call) => call.startsWith("backupKey")).length;
const atVersion = (version: number): PlainRecord =>
  azureProgram({ material: { source: { ...signingSource, version } } });

describe("a backup in a file", () => {
  it("holds every version, says beside the file what is in it, and is made once", async () => {
    expect(await backup.up(program())).toBe("created");
    expect(await backup.up(program())).toBe("same");
    expect(backups()).toBe(1);
    expect(held()).toContain("sealed backup");
    expect(described()).toMatchObject({ keyName: "signing", versions: [{ version: 1 }], vaultUrl });
    expect(backup.outputs).toMatchObject({
      keyId: `${vaultUrl}/keys/signing`,
      covers: [{ version: 1 }],
      restorableIn: expect.stringContaining("subscription and the geography") as unknown,
      pending: [],
    });
    expect(backup.outputs).not.toHaveProperty("blob");
  });

  it("follows the key to a new version, and previews it as a version", async () => {
    await backup.up(program());
    await key.up(atVersion(2));
    const { inputs } = await backup.check(program());
    expect([backup.inputs["version"], inputs["version"]]).toEqual([1, 2]);
    expect(await backup.up(program())).toBe("updated");
    expect(described()).toMatchObject({ versions: [{ version: 1 }, { version: 2 }] });
  });

  it("lets the key tell of it, and the key leaves that as it is", async () => {
    await backup.up(program());
    const newest = world.vault.keys.get("signing")?.at(-1);
    expect(newest?.tags[backupTag]).toBe(`2026-06-01 1 ${file}`);
    await key.refresh();
    expect(await key.up(azureProgram())).toBe("same");
    await key.up(azureProgram({ tags: { team: "risk" } }));
    expect(world.vault.keys.get("signing")?.at(-1)?.tags).toMatchObject({
      team: "risk",
      [backupTag]: expect.any(String) as unknown,
    });
  });

  it("is made again once a refresh found it gone, changed, or short of a version", async () => {
    await backup.up(program());
    world.files.content.delete(file);
    await backup.refresh();
    expect(world.warnings.join("\n")).toContain(`the backup ${file} is gone`);
    expect(backup.inputs).toMatchObject({ upToDate: false });
    expect(await backup.up(program())).toBe("updated");
    world.files.content.set(file, Buffer.from("garbage"));
    await backup.refresh();
    expect(world.warnings.join("\n")).toContain("is not what was written to it");
    expect(await backup.up(program())).toBe("updated");
    const newest = world.vault.keys.get("signing")?.at(-1);
    if (newest !== undefined)
      world.vault.store({ ...newest, tags: {}, operations: ["sign"], material: "of somebody else" });
    await backup.refresh();
    expect(world.warnings.join("\n")).toContain("the backup lacks version");
    expect(await backup.up(program())).toBe("updated");
    expect(backup.outputs["covers"]).toHaveLength(2);
    await backup.refresh();
    expect(await backup.up(program())).toBe("same");
  });

  it("is never replaced by one with fewer versions, not even once its state is lost", async () => {
    await key.up(atVersion(2));
    await backup.up(program());
    const before = held();
    const [, second] = world.vault.keys.get("signing") ?? [];
    if (second !== undefined) world.vault.keys.set("signing", [second]);
    await key.up(atVersion(3));
    await expect(backup.up(program())).rejects.toThrow("is not replaced by one with fewer");
    const lost = world.resource(azureKeyBackup, "signing-backup");
    await expect(lost.up(program())).rejects.toThrow("is not replaced by one with fewer");
    expect(held()).toBe(before);
  });

  it("never writes over a file that is another key's, or nobody's", async () => {
    world.files.content.set(file, Buffer.from("something"));
    await expect(backup.up(program())).rejects.toThrow("nothing tells what it holds");
    world.files.content.clear();
    await backup.up(program());
    const other = world.resource(azureKey, "other");
    await other.up(azureProgram({ self: "urn:other", name: "other" }));
    const second = world.resource(azureKeyBackup, "other-backup");
    await expect(second.up(program({ key: recordOfKey(other) }))).rejects.toThrow("made for another resource");
  });

  it("never writes its description over another's file, nor takes that away", async () => {
    world.files.content.set(`${file}.json`, Buffer.from("{}"));
    await expect(backup.up(program())).rejects.toMatchObject({ code: "BYOK_BACKUP_REFUSED" });
    expect([world.files.content.get(`${file}.json`)?.toString(), backups()]).toEqual(["{}", 0]);
    world.files.content.clear();
    await backup.up(program({ onRemove: "delete" }));
    world.files.content.set(`${file}.json`, Buffer.from("{}"));
    await backup.destroy();
    expect([...world.files.content.keys()]).toEqual([`${file}.json`]);
  });

  it("leaves its note on the key only where the program's own tags leave room", async () => {
    const native = world.resource(azureKey, "made");
    const withTags = (count: number): PlainRecord => ({
      ...azureProgram({ name: "made", self: "urn:made", material: { native: true, spec: "RSA_3072" } }),
      tags: Object.fromEntries(Array.from({ length: count }, (_, index) => [`tag${String(index)}`, "x"])),
    });
    const noted = (): readonly unknown[] => {
      const tags = world.vault.keys.get("made")?.at(-1)?.tags ?? {};
      return [Object.keys(tags).length, backupTag in tags];
    };
    await native.up(withTags(1));
    await backup.up(program({ key: recordOfKey(native) }));
    await native.up(withTags(10));
    expect(noted()).toEqual([15, true]);
    await native.up(withTags(11));
    expect(noted()).toEqual([15, false]);
  });

  it("is kept while the key is soft-deleted, and says so", async () => {
    await backup.up(program());
    const before = held();
    await world.vault.deleteKey("signing");
    await backup.refresh();
    expect(world.warnings.join("\n")).toContain("so no backup can be made; the one that is there is kept");
    expect(await backup.up(program())).toBe("same");
    world.files.content.delete(file);
    await backup.refresh();
    await backup.up(program());
    expect(world.warnings.join("\n")).toContain("is kept as it is");
    await world.vault.recoverKey("signing");
    expect(await backup.up(program())).toBe("updated");
    expect(held()).not.toBe(before);
    await world.vault.deleteKey("signing");
    const first = world.resource(azureKeyBackup, "late");
    await expect(first.up(program({ file: "./escrow/late" }))).rejects.toThrow("backs up living keys only");
  });

  it("names the permission that is missing", async () => {
    world.vault.missing = ["backup"];
    const failure: unknown = await backup.up(program()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ hint: expect.stringContaining("key permission backup") as unknown });
    expect(world.files.content.size).toBe(0);
  });

  it("stays on removal, or goes where that was asked for and it is still what was written", async () => {
    await backup.up(program());
    await backup.destroy();
    expect(world.files.content.size).toBe(2);
    await backup.up(program({ onRemove: "delete" }));
    expect(backups()).toBe(1);
    world.files.content.set(file, Buffer.from("changed"));
    await backup.destroy();
    expect(held()).toBe("changed");
    world.files.content.clear();
    await backup.up(program({ onRemove: "delete" }));
    await backup.destroy();
    expect(world.files.content.size).toBe(0);
    expect(world.vault.keys.get("signing")?.at(-1)?.tags[backupTag]).toBeUndefined();
  });

  it("ends the same wherever a run is cut off, with and without its state", async () => {
    for (const lost of [false, true]) {
      for (const after of [false, true]) {
        for (const cut of [...[1, 2].map((write) => ({ write })), ...[1, 2, 3].map((call) => ({ call }))]) {
          world = new World();
          key = world.resource(azureKey, "signing");
          await key.up(azureProgram());
          backup = world.resource(azureKeyBackup, "signing-backup");
          if ("write" in cut) world.files.failAt = { write: cut.write, after };
          else world.vault.failAt = { call: world.vault.calls.length + cut.call, after };
          await backup.up(program()).catch(() => undefined);
          world.files.failAt = undefined;
          world.vault.failAt = undefined;
          if (lost) backup = world.resource(azureKeyBackup, "signing-backup");
          await backup.up(program());
          expect([lost, after, cut, described()["sha256"]]).toEqual([lost, after, cut, backup.outputs["sha256"]]);
          await backup.refresh();
          expect(await backup.up(program())).toBe("same");
        }
      }
    }
  });
});

describe("a backup as an output", () => {
  it("is handed over as base64, and follows the key", async () => {
    await backup.up(program({ file: undefined, output: true }));
    const first = String(backup.outputs["blob"]);
    expect(Buffer.from(first, "base64").toString()).toContain("sealed backup");
    expect(await backup.up(program({ file: undefined, output: true }))).toBe("same");
    await key.up(atVersion(2));
    await backup.up(program({ file: undefined, output: true }));
    expect(backup.outputs["blob"]).not.toBe(first);
    await backup.destroy();
    expect(world.warnings.join("\n")).toContain("it stands in the state only");
  });
});

describe("a backup that moves from an output to a file", () => {
  it("is not dropped for one with fewer versions", async () => {
    await key.up(atVersion(2));
    await backup.up(program({ file: undefined, output: true }));
    const [, second] = world.vault.keys.get("signing") ?? [];
    if (second !== undefined) world.vault.keys.set("signing", [second]);
    await expect(backup.up(program())).rejects.toThrow("in the output of this resource holds 1 version");
    expect(world.files.content.size).toBe(0);
  });
});

describe("check refuses", () => {
  it("a backup that goes nowhere, to two places, or deletes a file that is none", async () => {
    const complaint = async (more: PlainRecord): Promise<string> => (await backup.complaints(program(more))).join("\n");
    expect(await complaint({ file: undefined })).toContain("write exactly one of file and output");
    expect(await complaint({ output: true })).toContain("write exactly one of file and output");
    expect(await complaint({ file: undefined, output: true, onRemove: "delete" })).toContain("there is no file");
  });
});

describe("a purge", () => {
  const refusal = async (): Promise<string> => {
    const failure: unknown = await key.destroy().catch((error: unknown) => error);
    return failure instanceof Error ? failure.message : "";
  };

  it("names the backups that would undo it, also once their resources are gone, or says that none is known", async () => {
    world = new World();
    world.vault.purgeProtection = false;
    key = world.resource(azureKey, "signing");
    backup = world.resource(azureKeyBackup, "signing-backup");
    await key.up(azureProgram({ deletion: { purge: true } }));
    expect(await refusal()).toContain("No backup of it is known");
    await backup.up(program());
    await backup.destroy();
    expect(await refusal()).toContain(`from the backup ${file} (1 version, 2026-06-01)`);
    expect(world.vault.keys.has("signing")).toBe(true);
  });
});

describe("a restore", () => {
  const restoring = (more: PlainRecord = {}): PlainRecord => azureProgram({ backup: { file }, ...more });
  const versions = (): readonly (string | undefined)[] =>
    (world.vault.keys.get("signing") ?? []).map(({ tags }) => tags[ownershipTags.version]);
  /** The key with two versions, backed up, and purged. */
  const purge = async (): Promise<void> => {
    await key.up(atVersion(2));
    await backup.up(program());
    world.vault.keys.clear();
    await key.refresh();
    expect(key.id).toBeUndefined();
  };
  const imports = (): number => world.custodian.azureImports.length;

  it("brings all versions back under a free name, instead of an import", async () => {
    await purge();
    const before = imports();
    const { inputs } = await key.check(restoring({ material: { source: { ...signingSource, version: 2 } } }));
    expect(world.warnings.join("\n")).toContain("with 2 versions as of 2026-06-01");
    expect(inputs).toMatchObject({ version: 2 });
    await key.up(restoring({ material: { source: { ...signingSource, version: 2 } } }));
    expect(versions()).toEqual(["1", "2"]);
    expect(imports()).toBe(before);
    expect(key.outputs).toMatchObject({ pending: [], proof: { sourceVersion: 2 } });
    expect(key.outputs).toMatchObject({ backup: { file } });
    expect(world.vault.keys.get("signing")?.map(({ tags }) => tags[ownershipTags.lineage])).toEqual([key.id, key.id]);
    expect(await key.up(restoring({ material: { source: { ...signingSource, version: 2 } } }))).toBe("same");
  });

  it("imports a newer source version on top", async () => {
    await purge();
    await key.up(restoring({ material: { source: { ...signingSource, version: 3 } } }));
    expect(versions()).toEqual(["1", "2", "3"]);
  });

  it("counts on from what a backup of a native key holds", async () => {
    const native = { material: { native: true, spec: "RSA_3072" } };
    const other = world.resource(azureKey, "made");
    const made = { name: "made", self: "urn:made", ...native };
    await other.up(azureProgram(made));
    await other.up(azureProgram({ ...made, rotationTrigger: "2027" }));
    await backup.up(program({ key: recordOfKey(other) }));
    world.vault.keys.delete("made");
    const again = world.resource(azureKey, "made");
    await again.up(azureProgram({ ...made, backup: { file } }));
    expect(again.outputs).toMatchObject({ version: 2, versions: [{ version: 1 }, { version: 2 }] });
  });

  it("says in the preview that there is no backup yet, and imports", async () => {
    const other = world.resource(azureKey, "other");
    await other.up(restoring({ name: "other", self: "urn:other" }));
    expect(world.warnings.join("\n")).toContain(`there is no backup ${file}: where its name is free`);
    expect(other.outputs).toMatchObject({ version: 1 });
  });

  it("takes the text of a backup as well, and keeps it in no output", async () => {
    await purge();
    const blob = world.files.content.get(file)?.toString("base64");
    await key.up(restoring({ backup: { blob }, material: { source: { ...signingSource, version: 2 } } }));
    expect(versions()).toEqual(["1", "2"]);
    expect(JSON.stringify(key.outputs)).not.toContain(blob ?? "");
    const before = world.vault.calls.length;
    expect(await key.up(restoring({ material: { source: { ...signingSource, version: 2 } } }))).toBe("updated");
    expect([key.outputs["backup"], world.vault.calls.length]).toEqual([{ file }, before]);
  });

  it("refuses the backup of another key before anything is done, where its description tells", async () => {
    await purge();
    const other = world.resource(azureKey, "other");
    await expect(other.up(restoring({ name: "other", self: "urn:other" }))).rejects.toThrow("Nothing was changed");
    expect(world.vault.keys.size).toBe(0);
  });

  it("says what stands in the vault where only the restored key could tell", async () => {
    await purge();
    world.files.content.delete(`${file}.json`);
    const other = world.resource(azureKey, "other");
    const failure: unknown = await other
      .up(restoring({ name: "other", self: "urn:other" }))
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      message: expect.stringContaining(
        `${vaultUrl}/keys/signing stands in the vault now, restored with 2 versions`,
      ) as unknown,
      hint: expect.stringContaining("adopt: { id:") as unknown,
    });
    expect(other.id).toBeUndefined();
  });

  it("offers the import where the vault does not take the backup", async () => {
    await purge();
    world.vault.backups.clear();
    const failure: unknown = await key.up(restoring()).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      message: expect.stringContaining("Nothing was changed") as unknown,
      hint: expect.stringContaining("imported again") as unknown,
    });
  });

  it("goes on from a restore whose run was cut off, before and after each call", async () => {
    for (const after of [false, true]) {
      for (let call = 1; call <= 12; call += 1) {
        world = new World();
        key = world.resource(azureKey, "signing");
        await key.up(azureProgram());
        backup = world.resource(azureKeyBackup, "signing-backup");
        await purge();
        const before = imports();
        const wanted = restoring({ material: { source: { ...signingSource, version: 2 } } });
        world.vault.failAt = { call: world.vault.calls.length + call, after };
        await key.up(wanted).catch(() => undefined);
        world.vault.failAt = undefined;
        await key.up(wanted);
        expect([after, call, versions(), imports()]).toEqual([after, call, ["1", "2"], before]);
        expect(key.outputs).toMatchObject({ pending: [] });
      }
    }
  });
});
