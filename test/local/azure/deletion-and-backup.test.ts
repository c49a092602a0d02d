import type { LocalAzure } from "../../../provider/local";
import { endAzure, keyClient, startAzure, vaultOf } from "./azure-fixture";
import { ask } from "./raw-request";

let azure: LocalAzure;

const other = "11111111-2222-4333-8444-555555555555";
const home = "99999999-2222-4333-8444-555555555555";

beforeAll(async () => {
  azure = await startAzure({
    subscriptions: [{ id: home }, { id: other }],
    vaults: [
      { name: "plain", tier: "premium" },
      { name: "short", tier: "standard", retentionDays: 7 },
      { name: "protected", tier: "managed-hsm", retentionDays: 7, purgeProtection: true },
      { name: "whole", tier: "premium", purgeProtection: true },
      { name: "foreign", tier: "premium", subscriptionId: other },
      { name: "far-away", tier: "premium", location: "eastus" },
      { name: "neighbour", tier: "premium" },
      { name: "other-hsm", tier: "managed-hsm" },
    ],
  });
});

afterAll(endAzure);

function vault(name: string): LocalAzure["vaults"][number] {
  const found = azure.vaults.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no vault ${name}`);
  return found;
}

const make = (name: string, key: string): ReturnType<typeof ask> =>
  ask(azure, vault(name), "POST", `/keys/${key}/create`, { kty: vault(name).tier === "managed-hsm" ? "EC-HSM" : "EC" });

describe("a deleted key", () => {
  it("keeps its name until it is purged or recovered", async () => {
    await make("plain", "Kept");
    expect((await ask(azure, vault("plain"), "DELETE", "/keys/kept")).status).toBe(200);
    for (const attempt of [
      make("plain", "kept"),
      ask(azure, vault("plain"), "PUT", "/keys/kept", { key: { kty: "EC", crv: "P-256" } }),
    ]) {
      const { status, body } = await attempt;
      expect([status, body.error?.innererror?.code]).toEqual([409, "ObjectIsDeletedButRecoverable"]);
    }
    expect((await ask(azure, vault("plain"), "GET", "/keys/kept")).body.error?.code).toBe("KeyNotFound");
    expect((await ask(azure, vault("plain"), "POST", "/deletedkeys/kept/recover")).status).toBe(200);
    expect((await make("plain", "kept")).status).toBe(200);
    await ask(azure, vault("plain"), "DELETE", "/keys/kept");
    expect((await ask(azure, vault("plain"), "DELETE", "/deletedkeys/kept")).status).toBe(204);
    expect((await make("plain", "kept")).status).toBe(200);
  });

  it("cannot be purged from a protected vault, and goes by itself when the retention ends", async () => {
    await make("protected", "guarded");
    const deleted = await ask(azure, vault("protected"), "DELETE", "/keys/guarded");
    expect(Number(deleted.body.scheduledPurgeDate) - Number(deleted.body.deletedDate)).toBe(7 * 86_400);
    expect((await ask(azure, vault("protected"), "DELETE", "/deletedkeys/guarded")).status).toBe(403);
    await azure.admin.advanceClock({ days: 6, hours: 23 });
    expect((await ask(azure, vault("protected"), "GET", "/deletedkeys/guarded")).status).toBe(200);
    await azure.admin.advanceClock({ hours: 2 });
    expect((await ask(azure, vault("protected"), "GET", "/deletedkeys/guarded")).status).toBe(404);
    expect((await make("protected", "guarded")).status).toBe(200);
  });

  it("and every other says by its recovery level what can become of it", async () => {
    const levels = {
      plain: "Recoverable+Purgeable",
      short: "CustomizedRecoverable+Purgeable",
      protected: "CustomizedRecoverable",
      whole: "Recoverable",
    };
    for (const [name, recoveryLevel] of Object.entries(levels))
      expect((await make(name, "levelled")).body.attributes).toMatchObject({ recoveryLevel });
  });

  it("shows late when the cloud is asked to be eventually consistent", async () => {
    const slow = await startAzure({ eventualConsistencyMs: 60_000 });
    const premium = vaultOf(slow, "premium");
    await ask(slow, premium, "POST", "/keys/late/create", { kty: "EC" });
    await ask(slow, premium, "DELETE", "/keys/late");
    const get = async (path: string): Promise<number> => (await ask(slow, premium, "GET", path)).status;
    expect([await get("/keys/late"), await get("/deletedkeys/late")]).toEqual([404, 404]);
    const blocked = await ask(slow, premium, "POST", "/keys/late/create", { kty: "EC" });
    expect(blocked.body.error?.innererror?.code).toBe("ObjectIsBeingDeleted");
    await slow.admin.advanceClock({ minutes: 1 });
    expect(await get("/deletedkeys/late")).toBe(200);
    await ask(slow, premium, "POST", "/deletedkeys/late/recover");
    expect([await get("/keys/late"), await get("/deletedkeys/late")]).toEqual([404, 404]);
    await slow.admin.advanceClock({ minutes: 1 });
    expect(await get("/keys/late")).toBe(200);
  });
});

describe("a backup", () => {
  it("brings all versions back, under the same name, and never over a key", async () => {
    const client = keyClient(azure, vault("plain"));
    await make("plain", "saved");
    await make("plain", "saved");
    const backup = await client.backupKey("saved");
    if (backup === undefined) throw new Error("no backup");
    await expect(client.restoreKeyBackup(backup)).rejects.toMatchObject({ statusCode: 409 });
    await (await client.beginDeleteKey("saved", { intervalInMs: 5 })).pollUntilDone();
    await expect(client.restoreKeyBackup(backup)).rejects.toMatchObject({ statusCode: 409 });
    await client.purgeDeletedKey("saved");
    const restored = await client.restoreKeyBackup(backup);
    expect(restored.name).toBe("saved");
    const versions: unknown[] = [];
    for await (const { version } of client.listPropertiesOfKeyVersions("saved")) versions.push(version);
    expect(versions).toHaveLength(2);
  });

  it("is for the same subscription and geography, and for HSM keys the same security domain", async () => {
    await make("plain", "bound");
    const { body } = await ask(azure, vault("plain"), "POST", "/keys/bound/backup");
    const restore = async (name: string): Promise<number> =>
      (await ask(azure, vault(name), "POST", "/keys/restore", { value: body.value })).status;
    expect(await restore("foreign")).toBe(400);
    expect(await restore("far-away")).toBe(400);
    expect(await restore("other-hsm")).toBe(400);
    expect(await restore("neighbour")).toBe(200);
    await make("protected", "hsm-bound");
    const hsm = await ask(azure, vault("protected"), "POST", "/keys/hsm-bound/backup");
    expect((await ask(azure, vault("other-hsm"), "POST", "/keys/restore", { value: hsm.body.value })).status).toBe(400);
    expect((await ask(azure, vault("plain"), "POST", "/keys/restore", { value: "AAAA" })).status).toBe(400);
  });
});
