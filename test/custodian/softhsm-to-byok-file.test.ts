import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { openKeyVault } from "../../provider/azure/open-key-vault";
import { openKeyVaultImport } from "../../provider/azure/open-key-vault-import";
import { azureExportCommand, azureForgetExportCommand } from "../../provider/cli/azure-export-command";
import { openCustodian, type OpenCustodian } from "../../provider/custodian/client";
import { azureKeyTypeOf } from "../../provider/model/azure-key-type";
import type { KeySpec } from "../../provider/model/key-spec";
import type { AzureExportRequest, PinnedWrappingKey } from "../../provider/model/ports/azure-import";
import type { KeyVaultPort, VaultWrappingKey } from "../../provider/model/ports/key-vault";
import { wrappingKeyGroup } from "../../provider/model/wrapping-key-trust";
import { caDigests } from "../../provider/network/ca-digests";
import { azureBench, secretOf, type AzureBench } from "../azure/local-vault";
import { createSoftHsmToken, type SoftHsmToken } from "../tokens/softhsm-token";
import { labOwner as owner } from "./doubles/requests";

jest.setTimeout(180_000);

let token: SoftHsmToken;
let bench: AzureBench;
let custodian: OpenCustodian;
let vault: KeyVaultPort;
let wrappingKey: VaultWrappingKey;
let folder: string;

beforeAll(async () => {
  token = await createSoftHsmToken();
  bench = await azureBench();
  folder = mkdtempSync(path.join(os.tmpdir(), "byok-file-"));
  process.env["TEST_AZURE_SECRET"] = secretOf(bench);
  custodian = openCustodian(token.connection);
  vault = openKeyVault(bench.connection("premium"), { configValues: {}, env: process.env });
  wrappingKey = await vault.makeWrappingKey({ name: "byok-kek-export", bits: 3072, tags: {} });
  for (const [version, spec] of [
    [1, "EC_P256"],
    [2, "RSA_2048"],
  ] as const)
    await custodian.generate({ owner, version, name: "signing", spec });
});
afterAll(async () => {
  await custodian.end();
  await bench.dispose();
  await token.dispose();
  rmSync(folder, { recursive: true, force: true });
  delete process.env["TEST_AZURE_SECRET"];
});

const fileOf = (name: string): string => path.join(folder, name);

const pin = (): PinnedWrappingKey => ({ id: wrappingKey.id, publicKeySha256: wrappingKey.publicKeySha256 });

/** What marks the wrapping keys of the group in {@link state}. */
const markOfState = (): string =>
  wrappingKeyGroup({ self: "urn:pulumi:prod::pay", name: "vault", vaultUrl: bench.connection("premium").vaultUrl });

const exporting = (more: Partial<AzureExportRequest> = {}): AzureExportRequest => ({
  ...{ owner, version: 1, spec: "EC_P256", overwrite: false, copyName: "signing.byok", path: fileOf("signing.byok") },
  rules: { allowedTargets: [], lab: true, minOaepHash: "sha256" },
  target: { connection: bench.connection("premium"), keyName: "signing", configValues: {} },
  wrappingKey: { ...pin(), ...{ group: markOfState(), made: true, remembers: true, bits: 3072 } },
  ...more,
});

/** As az keyvault key import does: the bytes of the file, and nothing else of ours. */
async function importByHand(file: string, name: string, spec: KeySpec): Promise<Buffer | undefined> {
  const facts = azureKeyTypeOf(spec);
  const port = openKeyVaultImport(bench.connection("premium"), {
    ...{
      configValues: {},
      env: process.env,
      caSha256: await caDigests(bench.caFile),
      signal: new AbortController().signal,
    },
  });
  const key = await port.importWrapped({
    ...{ name, enabled: true, tags: {}, byok: readFileSync(file), operations: ["sign", "verify"] },
    kty: facts?.kty === "RSA" ? "RSA-HSM" : "EC-HSM",
    ...(facts?.curve === undefined ? {} : { curve: facts.curve }),
  });
  return key.publicKey;
}

const publicKeyOf = async (version: number): Promise<string | undefined> =>
  (await custodian.list(owner)).find((one) => one.version === version)?.publicKey;

describe("a .byok file of a source key", () => {
  it.each([
    [1, "EC_P256"],
    [2, "RSA_2048"],
  ] as const)(
    "of version %i (%s) is imported by hand as the same key, and only its owner reads it",
    async (version, spec) => {
      const file = fileOf(`v${version}.byok`);
      await custodian.exportForAzure(exporting({ version, spec, path: file }));
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect((await importByHand(file, `by-hand-${version}`, spec))?.toString("base64")).toBe(
        await publicKeyOf(version),
      );
      expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ header: { kid: wrappingKey.id } });
    },
  );

  it("leaves a file alone that is there, unless that is forced, and leaves no draft", async () => {
    const file = fileOf("taken.byok");
    writeFileSync(file, "mine");
    await expect(custodian.exportForAzure(exporting({ path: file }))).rejects.toThrow("exists already");
    expect(readFileSync(file, "utf8")).toBe("mine");
    await custodian.exportForAzure(exporting({ path: file, overwrite: true }));
    expect(readFileSync(file, "utf8")).toContain("CKM_RSA_AES_KEY_WRAP");
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("is written under the pinned wrapping key alone, and for no target that the rules do not name", async () => {
    const file = fileOf("refused.byok");
    const wrong = { ...exporting().wrappingKey, publicKeySha256: "0".repeat(64) };
    await expect(custodian.exportForAzure(exporting({ path: file, wrappingKey: wrong }))).rejects.toMatchObject({
      code: "BYOK_WRAP_REFUSED",
    });
    const rules = { allowedTargets: [], lab: false, minOaepHash: "sha256" } as const;
    await expect(custodian.exportForAzure(exporting({ path: file, rules }))).rejects.toMatchObject({
      code: "BYOK_TARGET_NOT_TRUSTED",
    });
    await expect(
      custodian.exportForAzure(
        exporting({ path: file, rules: { ...exporting().rules, compromisedSince: "2026-01-01T00:00:00Z" } }),
      ),
    ).rejects.toMatchObject({ code: "BYOK_KEY_COMPROMISED" });
    expect(existsSync(file)).toBe(false);
  });

  it("is not written for a wrapping key that only an altered state knows", async () => {
    await custodian.exportForAzure(exporting({ path: fileOf("remembered.byok") }));
    const attackers = await vault.makeWrappingKey({ name: "byok-kek-attacker", bits: 2048, tags: {} });
    const altered = { ...exporting().wrappingKey, id: attackers.id, publicKeySha256: attackers.publicKeySha256 };
    const file = fileOf("for-the-attacker.byok");
    await expect(
      custodian.exportForAzure(exporting({ path: file, wrappingKey: { ...altered, made: false } })),
    ).rejects.toMatchObject({ code: "BYOK_WRAPPING_KEY_UNKNOWN" });
    expect(existsSync(file)).toBe(false);
  });

  it("is not written of a closed version", async () => {
    await custodian.generate({ owner, version: 3, name: "signing", spec: "EC_P256" });
    await custodian.close({ owner, version: 3 });
    const file = fileOf("closed.byok");
    await expect(custodian.exportForAzure(exporting({ version: 3, path: file }))).rejects.toMatchObject({
      code: "BYOK_KEY_NOT_EXPORTABLE",
    });
    expect(existsSync(file)).toBe(false);
  });
});

describe("byok azure export", () => {
  const lines: string[] = [];
  const terminal = {
    out: (text: string) => Promise.resolve(void lines.push(text)),
    err: (line: string) => void lines.push(line),
  };

  /** What the state of a stack tells of a token, a key and a vault. */
  function state(pinned: boolean): string {
    const { connection } = exporting().target;
    const { vaultUrl, ...reached } = connection;
    const group = { name: "hsm", token: token.connection, allowedTargets: [], lab: true, minOaepHash: "sha256" };
    const resource = (kind: string, name: string, outputs: unknown): unknown => ({
      urn: `urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:${kind}::${name}`,
      type: `pulumi-nodejs:dynamic/byok:${kind}`,
      outputs,
    });
    const { id, publicKeySha256 } = wrappingKey;
    const resources = [
      resource("SourceKey", "signing", { owner, version: 1, spec: "EC_P256", group: JSON.stringify(group) }),
      resource("AzureKeyVaultGroup", "vault", {
        ...reached,
        vaultUrl,
        kek: { size: 3072, lifetime: pinned ? "group" : "import" },
        ...(pinned ? { wrappingKey: { id, publicKeySha256 } } : {}),
      }),
    ];
    const file = fileOf("state.json");
    writeFileSync(file, JSON.stringify({ version: 3, deployment: { resources } }));
    return file;
  }

  it("prints the line that imports the file, keeps the version in the token, and lets it go when it is told to", async () => {
    const choice = { key: "signing", group: "vault", file: state(true), name: "partner-signing" };
    await azureExportCommand({ ...choice, out: fileOf("partner's.byok") }, terminal);
    expect(lines.join("\n")).toContain(
      `--name partner-signing --kty EC --curve P-256 --protection hsm --ops sign verify`,
    );
    expect(lines.join("\n")).toContain(String.raw`partner'\''s.byok'`);
    const remembered = async (): Promise<readonly string[]> =>
      (await custodian.links(owner)).map(({ arn }) => arn).filter((arn) => arn.includes("partner-signing"));
    expect(await remembered()).toHaveLength(1);
    await expect(custodian.destroy({ owner, version: 1 })).rejects.toMatchObject({
      hint: expect.stringContaining("byok azure forget-export"),
    });
    await azureForgetExportCommand(choice, terminal);
    expect(await remembered()).toEqual([]);
    await expect(azureForgetExportCommand(choice, terminal)).rejects.toThrow("remembers no file");
  });

  it("refuses before it asks for a PIN what it cannot write or wrap", async () => {
    const choice = { key: "signing", group: "vault", file: state(true), out: fileOf("partner's.byok") };
    await expect(azureExportCommand(choice, terminal)).rejects.toThrow("exists already");
    await expect(azureExportCommand({ ...choice, key: "absent" }, terminal)).rejects.toMatchObject({
      hint: "It has: signing.",
    });
    await expect(azureExportCommand({ ...choice, keyVersion: "two" }, terminal)).rejects.toThrow("--key-version two");
    await expect(
      azureExportCommand({ ...choice, file: state(false), out: fileOf("other.byok") }, terminal),
    ).rejects.toThrow("keeps no wrapping key");
  });
});
