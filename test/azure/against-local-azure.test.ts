import { generateKeyPairSync } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { openKeyVault } from "../../provider/azure/open-key-vault";
import { openKeyVaultImport } from "../../provider/azure/open-key-vault-import";
import { openVaultInventory } from "../../provider/azure/open-vault-inventory";
import { vaultPermissions, type KeyVaultPort } from "../../provider/model/ports/key-vault";
import type { AzureConnection } from "../../provider/model/azure-connection";
import { keyClient } from "../local/azure/azure-fixture";
import { makeBlob } from "../local/azure/byok-blob";
import { azureBench, secretOf, type AzureBench } from "./local-vault";

jest.setTimeout(120_000);

let bench: AzureBench;
let vault: KeyVaultPort;
const heard: string[] = [];
const open = (connection: AzureConnection, secret = secretOf(bench)): KeyVaultPort =>
  openKeyVault(connection, {
    configValues: {},
    env: { TEST_AZURE_SECRET: secret },
    onSecret: (each) => void heard.push(each),
  });

beforeAll(async () => {
  bench = await azureBench();
  vault = open(bench.connection("premium"));
});
afterAll(() => bench.dispose());

const ec = { kty: "EC", curve: "P-256", operations: ["sign", "verify"], enabled: true, tags: {} } as const;

describe("a vault", () => {
  it("tells who is asking, and what Resource Manager shows", async () => {
    const { azure } = bench;
    expect(await vault.caller()).toMatchObject({ tenantId: azure.tenants[0]?.id });
    expect(heard).toEqual([secretOf(bench)]);
    const seen = await vault.vaults();
    expect(seen?.map(({ name, tier, url }) => [name, tier, url]).sort()).toEqual(
      azure.vaults.map(({ name, tier, url }) => [name, tier, url]).sort(),
    );
  });

  it("keeps versions, settings and tags", async () => {
    const name = "settings";
    const expiresOn = new Date("2031-05-01T00:00:00Z");
    const first = await vault.createKey({ ...ec, name, expiresOn, tags: { team: "ledger" } });
    expect(first).toMatchObject({ kty: "EC", curve: "P-256", expiresOn, tags: { team: "ledger" }, enabled: true });
    const second = await vault.createKey({ ...ec, name });
    // Azure tells whole seconds, so two of one second may come in any order.
    expect((await vault.listVersions(name)).map(({ version }) => version).sort()).toEqual(
      [first.version, second.version].sort(),
    );
    await vault.updateVersion(name, first.version, { enabled: false, tags: { team: "risk" }, operations: ["verify"] });
    expect(await vault.getKey(name, first.version)).toMatchObject({
      enabled: false,
      tags: { team: "risk" },
      operations: ["verify"],
      expiresOn,
    });
    expect(await vault.getKey(name)).toMatchObject({ version: second.version });
    expect(await vault.getKey("nothing-here")).toBeUndefined();
    expect(await vault.listVersions("nothing-here")).toEqual([]);
  });

  it("deletes, recovers and purges, and says what is gone", async () => {
    const name = "to-and-fro";
    const { version } = await vault.createKey({ ...ec, name });
    const deleted = await vault.deleteKey(name);
    expect(deleted).toMatchObject({ name, version });
    expect(await vault.getKey(name)).toBeUndefined();
    await expect(vault.createKey({ ...ec, name })).rejects.toMatchObject({ code: "BYOK_AZURE_NAME_TAKEN" });
    await vault.recoverKey(name);
    expect(await vault.getKey(name)).toMatchObject({ version });
    await vault.deleteKey(name);
    await vault.purgeKey(name);
    expect(await vault.getDeleted(name)).toBeUndefined();
    await vault.purgeKey(name);
    expect(await vault.deleteKey(name)).toBeUndefined();
  });

  it("lists over pages of 25, and takes 30 keys at once on a cold client, each with its body", async () => {
    const cold = open(bench.connection("standard"));
    const names = Array.from({ length: 30 }, (_, index) => `parallel-${String(index)}`);
    // A first answer 401 that comes after those of others is what makes the SDK repeat that request without its body.
    const late = { kind: "slow", milliseconds: 700 } as const;
    await bench.azure.admin.injectFault({ operation: "Challenge", key: "parallel-0", effect: late });
    await Promise.all(names.map((name) => cold.createKey({ ...ec, name, tags: { at: name } })));
    const seen: string[] = [];
    for await (const key of cold.listKeys()) if (key.name.startsWith("parallel-")) seen.push(key.tags["at"] ?? "");
    expect(seen.sort()).toEqual([...names].sort());
    await Promise.all(names.slice(0, 27).map((name) => cold.deleteKey(name)));
    let deleted = 0;
    for await (const { name } of cold.listDeleted()) deleted += name.startsWith("parallel-") ? 1 : 0;
    expect(deleted).toBe(27);
  });

  it("never sends a date that 32 bits cannot hold", async () => {
    const expiresOn = new Date("2038-01-19T03:14:08Z");
    await expect(vault.createKey({ ...ec, name: "late", expiresOn })).rejects.toMatchObject({
      code: "BYOK_INPUT_INVALID",
      property: "expiresOn",
    });
    expect(await vault.getKey("late")).toBeUndefined();
    await vault.createKey({ ...ec, name: "in-time", expiresOn: new Date("2038-01-19T03:14:07Z") });
    await expect(
      vault.updateVersion("in-time", (await vault.getKey("in-time"))?.version ?? "", { expiresOn }),
    ).rejects.toMatchObject({ code: "BYOK_INPUT_INVALID", property: "expiresOn" });
    expect(await vault.getKey("in-time")).toMatchObject({ expiresOn: new Date("2038-01-19T03:14:07Z") });
  });

  it("never sends a wrapped import without its file, which the SDK drops under the name that Azure gives it", async () => {
    const importing = openKeyVaultImport(bench.connection("premium"), {
      configValues: {},
      env: { TEST_AZURE_SECRET: secretOf(bench) },
    });
    const made = await importing.makeWrappingKey({ name: "byok-kek-file", bits: 2048, tags: {} });
    const local = bench.azure.vaults.find(({ tier }) => tier === "premium");
    if (local === undefined) throw new Error("there is no premium vault");
    const kek = await keyClient(bench.azure, local).getKey("byok-kek-file");
    expect(kek.id).toBe(made.id);
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const imported = await importing.importWrapped({
      ...{
        name: "from-a-file",
        kty: "EC-HSM",
        curve: "P-256",
        operations: ["sign", "verify"],
        enabled: true,
        tags: {},
      },
      byok: makeBlob(kek, privateKey.export({ format: "der", type: "pkcs8" })),
    });
    expect(imported.publicKey?.equals(publicKey.export({ format: "der", type: "spki" }))).toBe(true);
    const again = await vault.importByok({
      ...{
        name: "from-a-file",
        kty: "EC-HSM",
        curve: "P-256",
        operations: ["verify"],
        enabled: false,
        tags: { by: "hand" },
      },
      byok: makeBlob(kek, privateKey.export({ format: "der", type: "pkcs8" })),
    });
    expect(again).toMatchObject({ enabled: false, operations: ["verify"], tags: { by: "hand" } });
    expect(again.publicKey?.equals(imported.publicKey ?? Buffer.alloc(0))).toBe(true);
  });

  it("changes the version that is named, and no newer one", async () => {
    const first = await vault.createKey({ ...ec, name: "named" });
    const second = await vault.createKey({ ...ec, name: "named" });
    await vault.updateVersion("named", first.version, { enabled: false });
    expect(await vault.getKey("named", second.version)).toMatchObject({ enabled: true });
    // Azure takes a change without a version for one of the newest.
    await expect(vault.updateVersion("named", "", { enabled: false })).rejects.toMatchObject({ code: "BYOK_INTERNAL" });
    expect(await vault.getKey("named")).toMatchObject({ version: second.version, enabled: true });
  });

  it("makes wrapping keys that can do nothing but import", async () => {
    const made = await vault.makeWrappingKey({ name: "byok-kek-test", bits: 2048, tags: { "byok:kek": "x" } });
    expect(await vault.getKey("byok-kek-test")).toMatchObject({
      id: made.id,
      kty: "RSA-HSM",
      bits: 2048,
      operations: ["import"],
    });
  });
});

describe("a failure", () => {
  it("of credentials says what Entra ID says, and nothing of the secret", async () => {
    const wrong = open(bench.connection("premium"), "not-the-secret-of-this-client");
    const error: unknown = await wrong.getKey("any").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "BYOK_AZURE_CREDENTIALS" });
    expect(JSON.stringify(error)).not.toContain("not-the-secret");
  });

  it("to reach Entra ID names its host, and not that of the vault", async () => {
    const connection = bench.connection("premium");
    const elsewhere = open({ ...connection, endpoint: { ...connection.endpoint, authority: "https://127.0.0.1:1" } });
    await expect(elsewhere.caller()).rejects.toThrow(
      "Signing in failed at 127.0.0.1:1: Microsoft Entra ID cannot be reached there, or knows no such tenant",
    );
  });

  it("of trust names the setting for the authority", async () => {
    const { tls: _, ...untrusted } = bench.connection("premium");
    await expect(open(untrusted).getKey("any")).rejects.toMatchObject({ code: "BYOK_AZURE_TLS_UNTRUSTED" });
  });

  it("of a lost answer is never repeated where that would make a second version", async () => {
    await bench.azure.admin.injectFault({ operation: "CreateKey", effect: { kind: "drop", when: "after" }, times: 1 });
    await expect(vault.createKey({ ...ec, name: "lost" })).rejects.toMatchObject({ retryable: true });
    expect(await vault.listVersions("lost")).toHaveLength(1);
  });

  it("to answer at all keeps no process alive that has to stop", async () => {
    const stop = new AbortController();
    const stoppable = openKeyVault(bench.connection("premium"), {
      configValues: {},
      env: { TEST_AZURE_SECRET: secretOf(bench) },
      signal: stop.signal,
    });
    await bench.azure.admin.injectFault({ operation: "CreateKey", effect: { kind: "hang", when: "after" } });
    const made = stoppable.createKey({ ...ec, name: "hanging" });
    const failed = expect(made).rejects.toMatchObject({ code: "BYOK_AZURE_FAILED", retryable: true });
    while ((await vault.listVersions("hanging")).length === 0);
    stop.abort();
    await failed;
    await expect(stoppable.getKey("hanging")).rejects.toThrow("was stopped before it ended");
    expect(await vault.listVersions("hanging")).toHaveLength(1);
  });

  it("to give the next page of a listing keeps no process alive either", async () => {
    const stop = new AbortController();
    const deps = { configValues: {}, env: { TEST_AZURE_SECRET: secretOf(bench) }, signal: stop.signal };
    const listings = [
      openKeyVault(bench.connection("premium"), deps).listKeys(),
      openKeyVault(bench.connection("premium"), deps).listDeleted(),
      openVaultInventory(bench.connection("premium"), deps).keys(),
    ];
    for (const operation of ["GetKeys", "GetDeletedKeys"])
      await bench.azure.admin.injectFault({ operation, effect: { kind: "hang", when: "before" }, times: "always" });
    const asked = async (): Promise<number> =>
      (await bench.azure.admin.requestLog()).filter(({ operation }) => /^Get(Deleted)?Keys$/.test(operation)).length;
    const before = await asked();
    const ended = listings.map(async (listing) => {
      for await (const key of listing) expect(key).toBeUndefined();
    });
    const told = expect(Promise.allSettled(ended)).resolves.toEqual(
      listings.map(() => ({
        status: "rejected",
        reason: expect.objectContaining({ message: expect.stringMatching(/^listing .*was stopped before it ended/) }),
      })),
    );
    while ((await asked()) < before + listings.length) await setImmediate();
    stop.abort();
    await told;
    await bench.azure.admin.clearFaults();
  });

  it("to answer in time is no answer: a read is asked again, and what would make a second version is not", async () => {
    const hurried = openKeyVault(bench.connection("premium"), {
      ...{ configValues: {}, env: { TEST_AZURE_SECRET: secretOf(bench) }, answerMs: 1_000 },
    });
    await vault.createKey({ ...ec, name: "slow" });
    await hurried.getKey("slow");
    await bench.azure.admin.injectFault({ operation: "GetKey", effect: { kind: "hang", when: "before" }, times: 1 });
    expect(await hurried.getKey("slow")).toMatchObject({ name: "slow" });
    await bench.azure.admin.injectFault({ operation: "CreateKey", effect: { kind: "hang", when: "after" }, times: 1 });
    await expect(hurried.createKey({ ...ec, name: "slow" })).rejects.toMatchObject({
      ...{ code: "BYOK_AZURE_UNREACHABLE", retryable: true },
      message: expect.stringContaining("It may have been done all the same"),
    });
    expect(await vault.listVersions("slow")).toHaveLength(2);
    await bench.azure.admin.injectFault({
      operation: "GetKeys",
      effect: { kind: "hang", when: "before" },
      times: "always",
    });
    const listing = hurried.listKeys()[Symbol.asyncIterator]();
    await expect(listing.next()).rejects.toMatchObject({ code: "BYOK_AZURE_UNREACHABLE" });
    await bench.azure.admin.clearFaults();
  });

  it("of throttling is waited for as long as Azure says", async () => {
    await vault.createKey({ ...ec, name: "busy" });
    await bench.azure.admin.injectFault({ operation: "GetKey", effect: { kind: "status", status: 429 }, times: 2 });
    expect(await vault.getKey("busy")).toBeDefined();
  });
});

describe("permissions", () => {
  it("are not what is missing where the vault's firewall refuses everybody from here", async () => {
    const effect = { kind: "error", code: "ForbiddenByFirewall", status: 403 } as const;
    await bench.azure.admin.injectFault({ vault: "local-premium", effect, times: "always" });
    const asked = vault.missingPermissions(vaultPermissions);
    await expect(asked).rejects.toMatchObject({ code: "BYOK_AZURE_UNREACHABLE" });
    await expect(asked).rejects.toThrow("the vault's firewall refuses this machine");
    await bench.azure.admin.clearFaults();
  });

  it("that are missing are found without changing anything", async () => {
    const clientId = "11111111-2222-3333-4444-555555555555";
    const limited = await azureBench({
      tenants: [
        {
          id: "99999999-2222-3333-4444-555555555555",
          clients: [{ id: clientId, secret: "limited", permissions: ["get", "list", "create", "backup"] }],
        },
      ],
    });
    try {
      const port = openKeyVault(limited.connection("premium"), {
        configValues: {},
        env: { TEST_AZURE_SECRET: "limited" },
      });
      expect(await port.missingPermissions(vaultPermissions)).toEqual(
        vaultPermissions.filter((each) => !["get", "list", "create", "backup"].includes(each)),
      );
      const all = [];
      for await (const key of port.listKeys()) all.push(key.name);
      expect(all).toEqual([]);
    } finally {
      await limited.dispose();
    }
    expect(await vault.missingPermissions(vaultPermissions)).toEqual([]);
  });
});
