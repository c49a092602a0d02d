import { azureKey } from "../../provider/lifecycle/azure-key";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { deletionSchedule } from "../../provider/lifecycle/deletion-schedule";
import { ByokError } from "../../provider/model/errors";
import { ownershipTags } from "../../provider/model/owner";
import { UNKNOWN } from "../../provider/model/unknown";
import { azureProgram, recordOfKey, signingSource } from "./azure-programs";
import { report } from "./fake-custodian";
import { vaultUrl } from "./fake-key-vault";
import { World, type EngineResource } from "./lifecycle-world";

const self = "urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:DeletionSchedule::retire";
const keyId = `${vaultUrl}/keys/signing`;

let world: World;
let key: EngineResource;
let schedule: EngineResource;
const start = async (): Promise<void> => {
  world = new World();
  key = world.resource(azureKey, "signing");
  schedule = world.resource(deletionSchedule, "retire");
  await key.up(azureProgram());
};
beforeEach(start);

const program = (more: PlainRecord = {}): PlainRecord => ({
  key: recordOfKey(key, { source: signingSource }),
  cloud: "azure",
  self,
  ...more,
});
const wordIn = (text: string): string => /confirm: "([a-z]+-[0-9a-f]{8})"/.exec(text)?.[1] ?? "no word";
const askedWord = async (more: PlainRecord = {}): Promise<string> =>
  wordIn((await schedule.complaints(program(more))).join("\n"));
const confirmed = async (more: PlainRecord = {}): Promise<PlainRecord> =>
  program({ ...more, confirm: await askedWord(more) });
const calls = (name: string): number => world.vault.calls.filter((call) => call.startsWith(name)).length;
const enabled = (): readonly boolean[] => (world.vault.keys.get("signing") ?? []).map((version) => version.enabled);
const warned = (): string => world.warnings.join("\n");
/** Azure purges what is due. */
const later = (date: string): void => {
  world.kms.now = new Date(date);
  for (const [name, { facts }] of world.vault.deleted)
    if (facts.scheduledPurgeDate <= world.kms.now) world.vault.deleted.delete(name);
};

describe("scheduling", () => {
  it("asks for a word that belongs to the key as it stands, and says what goes, and until when", async () => {
    const [refusal = ""] = await schedule.complaints(program());
    expect(refusal).toContain("is soft-deleted with 1 version: from now on nobody can use it");
    expect(refusal).toContain("in 90 days (2026-08-30) Azure purges it");
    expect(refusal).toContain("importing the same source version again");
    expect(refusal).toContain("No backup of it is known");
    expect(refusal).toContain("[BYOK_CONFIRM_REQUIRED]");
    const word = wordIn(refusal);
    await key.up(azureProgram({ material: { source: { ...signingSource, version: 2 } } }));
    expect(await askedWord({ confirm: word })).not.toBe(word);
    await key.up(azureProgram({ enabled: false, material: { source: { ...signingSource, version: 2 } } }));
    expect(await askedWord()).not.toBe(word);
    expect(world.vault.deleted.size).toBe(0);
  });

  it("soft-deletes once, tells the date to state and token, and changes nothing more", async () => {
    expect(await schedule.up(await confirmed())).toBe("created");
    expect(schedule.outputs).toMatchObject({
      keyId,
      keyState: "Deleted",
      deletionDate: "2026-08-30T00:00:00.000Z",
      retentionDays: 90,
      pending: [],
    });
    expect(schedule.outputs).not.toHaveProperty("windowInDays");
    const before = world.vault.calls.length;
    expect(await schedule.up(program())).toBe("same");
    expect(world.vault.calls.length).toBe(before);
    await schedule.refresh();
    expect(await schedule.up(program())).toBe("same");
    expect(calls("deleteKey")).toBe(1);
    expect(warned()).not.toContain("drift");
  });

  it("tells the token of the copies that it links", async () => {
    world.custodian.copies = [
      {
        owner: String(signingSource["owner"]),
        version: 1,
        arn: keyId,
        copyName: "signing",
        copiedAt: "",
        copiedBy: "",
      },
    ];
    await schedule.up(await confirmed({ onRemove: "cancel" }));
    expect(world.custodian.calls).toContain(`noteDeletion 1 ${keyId} 2026-08-30T00:00:00.000Z`);
    await schedule.destroy();
    expect(world.custodian.calls).toContain(`noteRevival 1 ${keyId}`);
  });

  it("lets the token hear of a recovery by hand, from a refresh or from the key's next update", async () => {
    world.custodian.copies = [
      {
        owner: String(signingSource["owner"]),
        version: 1,
        arn: keyId,
        copyName: "signing",
        copiedAt: "",
        copiedBy: "",
      },
    ];
    const revivals = (): number => world.custodian.calls.filter((call) => call.startsWith("noteRevival")).length;
    for (const by of ["refresh", "update"]) {
      await world.vault.deleteKey("signing");
      await key.refresh();
      await world.vault.recoverKey("signing");
      const before = revivals();
      if (by === "refresh") await key.refresh();
      else await key.up(azureProgram({ tags: { team: "risk" } }));
      expect([by, revivals(), key.outputs["keyState"]]).toEqual([by, before + 1, "Enabled"]);
    }
  });

  it("lets the token hear of a recovery by hand that no refresh of the key saw deleted", async () => {
    const ways: Readonly<Record<string, () => Promise<unknown>>> = {
      "the schedule's refresh": () => schedule.refresh(),
      "the schedule's removal": () => schedule.destroy(),
      "the key's refresh": () => key.refresh(),
      "the key's update": () => key.up(azureProgram({ tags: { team: "risk" } })),
    };
    for (const onRemove of ["leave", "cancel"]) {
      for (const [name, way] of Object.entries(ways)) {
        await start();
        const owner = String(signingSource["owner"]);
        world.custodian.copies = [{ owner, version: 1, arn: keyId, copyName: "signing", copiedAt: "", copiedBy: "" }];
        await schedule.up(await confirmed({ onRemove }));
        expect(world.custodian.copies[0]).toHaveProperty("deletionDate");
        await world.vault.recoverKey("signing");
        await way();
        expect([onRemove, name, world.custodian.copies[0]?.deletionDate]).toEqual([onRemove, name, undefined]);
      }
    }
  });

  it("takes the vault's retention as the only window, before and after", async () => {
    world.vault.retentionDays = 30;
    await start();
    world.vault.retentionDays = 30;
    const complaints = await schedule.complaints(program({ windowInDays: 14 }));
    expect(complaints.join()).toContain("keeps deleted keys for 90 days");
    const word = await askedWord({ windowInDays: 90 });
    await schedule.up(program({ windowInDays: 90, confirm: word }));
    expect((await schedule.complaints(program({ windowInDays: 30 }))).join()).toContain(
      "Write 90, or leave windowInDays out",
    );
    expect(await schedule.up(program())).toBe("updated");
    expect(calls("deleteKey")).toBe(1);
  });

  it("does not go with a key that purges itself, is not there, or is another resource's", async () => {
    const purging = { key: recordOfKey(key, { deletion: { purge: true } }) };
    expect((await schedule.complaints(program(purging))).join()).toContain("deletion: { purge: true }");
    const [version] = world.vault.keys.get("signing") ?? [];
    if (version !== undefined)
      world.vault.change(version, { tags: { ...version.tags, [ownershipTags.lineage]: "d".repeat(32) } });
    expect((await schedule.complaints(program())).join()).toContain("belongs to another resource now");
    world.vault.keys.clear();
    expect((await schedule.complaints(program())).join()).toContain("there is nothing to delete");
  });

  it("is told in a preview that does not know the key yet, whatever the window", async () => {
    expect(await schedule.complaints(program({ key: UNKNOWN, windowInDays: 90 }))).toEqual([]);
    expect(warned()).toContain("names the word to confirm");
  });

  it("ends the same wherever it is cut off, before and after each call, with the same word, with and without its state", async () => {
    for (const lost of [false, true]) {
      for (const after of [false, true]) {
        for (let call = 1; call <= 4; call += 1) {
          await start();
          const wanted = await confirmed();
          world.vault.failAt = { call: world.vault.calls.length + call, after };
          await schedule.up(wanted).catch(() => undefined);
          world.vault.failAt = undefined;
          if (lost) schedule = world.resource(deletionSchedule, "retire");
          await schedule.up(wanted);
          expect([lost, after, call, schedule.outputs["keyState"], calls("recoverKey")]).toEqual([
            ...[lost, after, call, "Deleted", 0],
          ]);
          expect(await schedule.up(program())).toBe("same");
        }
      }
    }
  });
});

describe("the key meanwhile", () => {
  it("stays as it is: no update fails, recovers it or imports anything", async () => {
    await schedule.up(await confirmed());
    const imports = world.custodian.azureImports.length;
    expect(await key.up(azureProgram())).toBe("same");
    expect(await key.up(azureProgram({ tags: { team: "risk" } }))).toBe("updated");
    expect(key.outputs).toMatchObject({ keyState: "Deleted", scheduledPurgeDate: "2026-08-30T00:00:00.000Z" });
    await key.up(azureProgram({ material: { source: { ...signingSource, version: 2 } } }));
    await key.refresh();
    expect(key.outputs).toMatchObject({ keyState: "Deleted", version: 1 });
    expect([calls("recoverKey"), world.custodian.azureImports.length, world.vault.keys.size]).toEqual([0, imports, 0]);
  });

  it("is never usable while both are removed together", async () => {
    await schedule.up(await confirmed({ onRemove: "cancel", restoreEnabled: true }));
    // Pulumi's deletedWith: the schedule is let go of without a call.
    await key.destroy();
    expect([calls("recoverKey"), world.vault.deleted.size]).toEqual([0, 1]);
  });

  it("stays in the state after its date with the schedule, and both say what to remove, with or without a refresh in between", async () => {
    for (const refreshed of [true, false]) {
      await start();
      await schedule.up(await confirmed());
      if (refreshed) {
        await key.refresh();
        // The state knows the date by now; else only the token does.
        world.custodian.copies = [];
      }
      later("2026-08-31T00:00:00Z");
      expect(await schedule.up(program())).toBe("updated");
      await key.refresh();
      expect([schedule.outputs["keyState"], key.outputs["keyState"]]).toEqual(["Destroyed", "Destroyed"]);
      expect(await key.up(azureProgram({ tags: { team: "risk" } }))).toBe("same");
      expect(await schedule.up(program())).toBe("same");
      expect(warned()).toContain('the DeletionSchedule "retire" and the AzureKey "signing"');
      expect(warned()).toContain("its name is free again");
      await schedule.refresh();
      await schedule.destroy();
      await key.destroy();
      expect([...world.vault.keys.keys(), ...world.vault.deleted.keys()]).toEqual([]);
    }
  });
});

describe("taking it back", () => {
  const twoVersions = async (): Promise<void> => {
    await key.up(azureProgram({ material: { source: { ...signingSource, version: 2 } } }));
    await key.up(azureProgram({ material: { source: { ...signingSource, version: 3 } } }));
    const [first] = world.vault.keys.get("signing") ?? [];
    if (first !== undefined) world.vault.change(first, { enabled: false });
  };

  it("recovers the key with every version disabled", async () => {
    await twoVersions();
    await schedule.up(await confirmed({ onRemove: "cancel" }));
    await schedule.destroy();
    expect(enabled()).toEqual([false, false, false]);
  });

  it("brings back what was enabled, and nothing else, where that was asked for", async () => {
    await twoVersions();
    await schedule.up(await confirmed({ onRemove: "cancel", restoreEnabled: true }));
    await schedule.destroy();
    expect(enabled()).toEqual([false, true, true]);
    await key.refresh();
    expect(key.outputs).toMatchObject({ keyState: "Enabled" });
  });

  it("leaves the key deleted where nothing else was asked for, and says so", async () => {
    await schedule.up(await confirmed());
    await schedule.destroy();
    expect(calls("recoverKey")).toBe(0);
    expect(warned()).toContain("stays soft-deleted: Azure purges it on 2026-08-30");
  });

  it("leaves a key alone that somebody recovered meanwhile, and that may be in use, though no refresh saw it", async () => {
    await schedule.up(await confirmed({ onRemove: "cancel" }));
    await world.vault.recoverKey("signing");
    await schedule.destroy();
    expect(enabled()).toEqual([true]);
    expect(warned()).toContain("is there already, and stays as it is");
  });

  it("disables no version of somebody else", async () => {
    await twoVersions();
    const second = world.vault.keys.get("signing")?.[1];
    if (second !== undefined) world.vault.change(second, { tags: { theirs: "yes" } });
    await schedule.up(await confirmed({ onRemove: "cancel" }));
    await schedule.destroy();
    expect(enabled()).toEqual([false, true, false]);
    expect((world.vault.keys.get("signing") ?? []).flatMap(({ tags }) => Object.keys(tags))).not.toContain(
      ownershipTags.returning,
    );
  });

  /** A removal that is cut off at every call, then once more to the end. */
  async function cutOffEverywhere(
    source: PlainRecord,
    judge: (cut: { readonly after: boolean; readonly call: number }, isEnabled: boolean) => readonly boolean[],
  ): Promise<void> {
    for (const after of [false, true]) {
      for (let call = 1; call <= 9; call += 1) {
        await start();
        await twoVersions();
        await schedule.up(await confirmed({ onRemove: "cancel", key: recordOfKey(key, { source }) }));
        world.vault.failAt = { call: world.vault.calls.length + call, after };
        await schedule.destroy().catch(() => undefined);
        world.vault.failAt = undefined;
        const expected = judge({ after, call }, enabled().at(-1) === true);
        await schedule.destroy();
        expect([after, call, enabled()]).toEqual([after, call, expected]);
      }
    }
  }

  it("ends the same wherever it is cut off, because the token remembers what is not done yet", async () => {
    await cutOffEverywhere(signingSource, () => {
      expect(warned()).not.toContain("may still be enabled");
      return [false, false, false];
    });
    expect(world.custodian.copies.map(({ returning }) => returning)).not.toContainEqual(expect.anything());
  });

  it("ends the same with a token that stores no links, but for a recovery after which it noted nothing: that is left, and told", async () => {
    const abilities = { ...report.abilities, storesLinks: false };
    const group = { ...(signingSource["group"] as PlainRecord), abilities };
    await cutOffEverywhere({ ...signingSource, group }, ({ after, call }, isUntold) => {
      expect([after, call, isUntold]).toEqual([after, call, after ? call === 4 : call === 4 || call === 5]);
      if (isUntold) expect(warned()).toContain("is recovered and may still be enabled");
      return isUntold ? [false, true, true] : [false, false, false];
    });
  });

  it.each([
    ["may not recover", "BYOK_AZURE_ACCESS_DENIED", false, true],
    ["the vault's firewall refused", "BYOK_AZURE_UNREACHABLE", false, true],
    ["was throttled", "BYOK_AZURE_THROTTLED", true, true],
    ["met a conflict", "BYOK_AZURE_CONFLICT", true, false],
    ["got no answer, while the key still shows as deleted", "BYOK_AZURE_UNREACHABLE", true, false],
  ] as const)(
    "leaves a key alone that somebody recovered after a removal that %s",
    async (_name, code, retryable, isShutOut) => {
      await schedule.up(await confirmed({ onRemove: "cancel" }));
      const failure = new ByokError(code, "planned", { retryable });
      jest.spyOn(world.vault, "recoverKey").mockImplementationOnce(() => {
        if (isShutOut) {
          jest.spyOn(world.vault, "listVersions").mockRejectedValueOnce(failure);
          jest.spyOn(world.vault, "getDeleted").mockRejectedValueOnce(failure);
        }
        return Promise.reject(failure);
      });
      await expect(schedule.destroy()).rejects.toMatchObject({ code });
      await world.vault.recoverKey("signing");
      await schedule.destroy();
      expect(enabled()).toEqual([true]);
    },
  );

  it("leaves a key alone that somebody recovered after a removal that was stopped before it asked Azure", async () => {
    await schedule.up(await confirmed({ onRemove: "cancel" }));
    world.engineLost = true;
    await expect(schedule.destroy()).rejects.toThrow("the engine is gone");
    world.engineLost = false;
    await world.vault.recoverKey("signing");
    await schedule.destroy();
    expect(enabled()).toEqual([true]);
  });

  /** A removal that dies in the moment in which it asks Azure, so that nothing tells whether Azure heard it. */
  async function dyingRemoval(): Promise<void> {
    await schedule.up(await confirmed({ onRemove: "cancel" }));
    jest.spyOn(world.vault, "recoverKey").mockImplementationOnce(() => {
      world.vault.dead = true;
      return Promise.reject(new ByokError("BYOK_AZURE_UNREACHABLE", "planned", { retryable: true }));
    });
    await expect(schedule.destroy()).rejects.toBeInstanceOf(ByokError);
    world.vault.dead = false;
  }

  it("warns where versions are disabled only because the token remembers a removal that died", async () => {
    await dyingRemoval();
    await world.vault.recoverKey("signing");
    await schedule.destroy();
    expect(enabled()).toEqual([false]);
    expect(warned()).toContain("the token remembers that a removal was cut off while Azure recovered it");
    expect(warned()).toContain("If somebody recovered it by hand since");
  });

  it.each(["a refresh", "an update"])(
    "leaves a key alone that somebody recovered after a removal that died, once %s found it deleted still",
    async (by) => {
      await dyingRemoval();
      if (by === "a refresh") await schedule.refresh();
      else expect(await schedule.up(program({ onRemove: "cancel", windowInDays: 90 }))).toBe("updated");
      await world.vault.recoverKey("signing");
      await schedule.destroy();
      expect(enabled()).toEqual([true]);
    },
  );

  it("leaves a key alone that was deleted and recovered once more since a removal was cut off", async () => {
    await schedule.up(await confirmed({ onRemove: "cancel" }));
    const [copy] = world.custodian.copies;
    if (copy === undefined) throw new Error("the token links no copy");
    world.custodian.copies = [{ ...copy, returning: "2020-01-01T00:00:00.000Z" }];
    await world.vault.recoverKey("signing");
    await schedule.destroy();
    expect(enabled()).toEqual([true]);
  });
});

describe("a refresh", () => {
  it("tells that somebody recovered the key; it is deleted again only with a new word", async () => {
    const first = await confirmed();
    await schedule.up(first);
    await world.vault.recoverKey("signing");
    await schedule.refresh();
    expect(warned()).toContain("drift: somebody recovered the key; it is Enabled");
    expect(schedule.outputs).toMatchObject({ keyState: "Enabled", scheduled: false });
    const [refusal = "no refusal"] = await schedule.complaints(first);
    expect(refusal).toContain("The present confirm belongs to another moment.");
    const second = program({ confirm: wordIn(refusal) });
    // A run that dies right after the call takes the same word again.
    world.vault.failAt = { call: world.vault.calls.length + 3, after: true };
    await schedule.up(second).catch(() => undefined);
    world.vault.failAt = undefined;
    await schedule.up(second);
    expect(schedule.outputs).toMatchObject({ keyState: "Deleted" });
  });

  it("leaves a key alone that somebody recovered, when the schedule goes", async () => {
    await schedule.up(await confirmed({ onRemove: "cancel" }));
    await world.vault.recoverKey("signing");
    await schedule.refresh();
    await schedule.destroy();
    expect(enabled()).toEqual([true]);
  });

  it("tells an early purge and another date", async () => {
    await schedule.up(await confirmed());
    await world.vault.recoverKey("signing");
    world.kms.now = new Date("2026-06-11T00:00:00Z");
    await world.vault.deleteKey("signing");
    await schedule.refresh();
    expect(warned()).toContain("drift: Azure purges the key on 2026-09-09, not on 2026-08-30");
    world.vault.deleted.clear();
    await schedule.refresh();
    expect(warned()).toContain("drift: somebody purged");
    expect(schedule.outputs).toMatchObject({ keyState: "Destroyed" });
  });
});
