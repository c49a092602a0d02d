import { execFile } from "node:child_process";
import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import path from "node:path";
import { z } from "zod";
import { importIntoAzure } from "../../../provider/custodian/operations/import-into-azure";
import { generate } from "../../../provider/custodian/operations/manage-versions";
import { recentReading } from "../../../provider/custodian/recent-reading";
import { fingerprintDomains } from "../../../provider/hsm/fingerprint-domains";
import type { AzureConnection } from "../../../provider/model/azure-connection";
import { azureKeyTypeOf } from "../../../provider/model/azure-key-type";
import { isAsymmetric, keySpecFacts, keySpecs, type KeySpec } from "../../../provider/model/key-spec";
import { azurePython } from "../../azure/azure-python";
import { labOwner as owner } from "../../custodian/doubles/requests";
import { Bench } from "../../custodian/doubles/test-context";
import { createNssToken } from "../../tokens/nss-token";
import { createSoftHsmToken } from "../../tokens/softhsm-token";
import type { TestToken } from "../../tokens/test-token";
import { startTokenProcess, type TokenProcess } from "../../tokens/token-process";
import { StandInVault } from "./stand-in-vault";
import { undoWithNode, undoWithOpenssl } from "./undo-wrap";
import { makeWrappingKey } from "./wrapping-keys";

// The .byok file that the custodian sends, opened by others who know the private wrapping key: OpenSSL's command and Python's cryptography.

jest.setTimeout(180_000);

const python = azurePython("opening .byok files with Python's cryptography");
const script = path.resolve(__dirname, "../../../../test/conformance/token/open-byok-file.py");

const vaultUrl = "https://127.0.0.1:1";
const tenantId = "0f0e0d0c-1111-2222-3333-444455556666";
const possible = keySpecs.filter((spec) => azureKeyTypeOf(spec) !== undefined);

const digestOf = (domain: Buffer | string, bytes: Buffer): string =>
  createHash("sha256").update(domain).update(bytes).digest("hex");

/** The fingerprint of what was unwrapped; Node reads a private key also with bytes behind it. */
function fingerprintOf(spec: KeySpec, material: Buffer): string {
  if (!isAsymmetric(spec)) return digestOf(fingerprintDomains.key, material.subarray(0, keySpecFacts[spec].bits / 8));
  const spki = createPublicKey(createPrivateKey({ key: material, format: "der", type: "pkcs8" })).export({
    format: "der",
    type: "spki",
  });
  return digestOf(fingerprintDomains.spki, spki);
}

const opened = z.object({
  header: z.record(z.string(), z.string()),
  schema: z.string(),
  ephemeralBytes: z.number(),
  trailingZeros: z.number(),
  trailingIsZero: z.boolean(),
  sha256: z.string(),
});

function openedByPython(python: string, vault: StandInVault, spec: KeySpec): Promise<z.infer<typeof opened>> {
  const wrappingKey = vault.privateKey.export({ format: "pem", type: "pkcs8" });
  return new Promise((resolve, reject) => {
    const child = execFile(python, [script], { timeout: 50_000, env: { PATH: process.env.PATH } }, (error, stdout) => {
      if (error === null) resolve(opened.parse(JSON.parse(stdout)));
      else reject(new Error(`Python did not open the file of ${spec}: ${error.message.split("\n").at(-2) ?? ""}`));
    });
    child.stdin?.end(JSON.stringify({ file: vault.file.toString("base64"), wrappingKey, spec }));
  });
}

interface Kind {
  readonly create: () => Promise<TestToken>;
  /** True where the token pads what it wraps with zeros to a multiple of 8 bytes, and only says so in its report. */
  readonly pads: boolean;
  readonly without: readonly KeySpec[];
}
const kinds: Readonly<Record<string, Kind>> = {
  SoftHSM2: { create: () => createSoftHsmToken(), pads: true, without: [] },
  // NSS has no curve secp256k1.
  "NSS softokn": { create: () => createNssToken(), pads: false, without: ["EC_SECP256K1"] },
};

describe.each(Object.entries(kinds))("the .byok file of a key in %s", (_name, { create, pads, without }) => {
  let token: TestToken;
  let tokenProcess: TokenProcess;
  const vaults = new Map<number, StandInVault>();

  beforeAll(async () => {
    token = await create();
    tokenProcess = await startTokenProcess(token);
    for (const bits of [2048, 3072, 4096])
      vaults.set(bits, new StandInVault(vaultUrl, tenantId, await makeWrappingKey(bits)));
  });
  afterAll(async () => {
    await tokenProcess.end();
    await token.dispose();
  });

  async function imported(spec: KeySpec, version: number, bits: number): Promise<[StandInVault, string]> {
    const vault = vaults.get(bits);
    if (vault === undefined) throw new Error(`no wrapping key of ${String(bits)} bits`);
    const { port } = tokenProcess;
    const context = {
      ...new Bench().context,
      token: port,
      listKeys: () => port.listKeys(),
      recentKeys: recentReading(() => port.listKeys()),
      openKeyVaultImport: () => Promise.resolve(vault),
    };
    const made = await generate(context, { owner, version, name: `key ${spec}`, spec });
    const connection: AzureConnection = {
      cloud: "public",
      tenantId,
      vaultUrl,
      tier: "managed-hsm",
      endpoint: { authority: vaultUrl, resourceManager: vaultUrl },
    };
    const { storesLinks } = (await port.report()).abilities;
    const receipt = await importIntoAzure(context, {
      ...{ owner, version, spec, enabled: true, tags: {}, copyName: "copy" },
      wrappingKey: { ...vault.pin, ...{ group: "c".repeat(32), made: true, remembers: storesLinks, bits: 4096 } },
      rules: { allowedTargets: [], lab: true, minOaepHash: "sha256" },
      target: { connection, keyName: "copy", configValues: {} },
      operations: azureKeyTypeOf(spec)?.operations ?? [],
    });
    expect(receipt).toMatchObject({
      wrappingKey: { ...vault.pin, rememberedBy: storesLinks ? "token" : "state" },
      fingerprint: made.fingerprint,
      proof: isAsymmetric(spec) ? "public-key" : "challenge",
    });
    return [vault, made.fingerprint.value];
  }

  const cases = possible
    .filter((spec) => !without.includes(spec))
    .map((spec, index) => [spec, index + 1, [4096, 2048, 3072][index % 3] ?? 2048] as const);

  it.each(cases)("of type %s holds that key, for OpenSSL and for Python", async (spec, version, bits) => {
    const [vault, fingerprint] = await imported(spec, version, bits);
    expect(vault.parsed).toMatchObject({
      schema_version: "1.0.0",
      header: { kid: vault.pin.id, alg: "dir", enc: "CKM_RSA_AES_KEY_WRAP" },
      generator: expect.stringMatching(/^pulumi-byok; \S/),
    });
    const byOpenssl = undoWithOpenssl(vault.ciphertext, vault.privateKey, "RSA_AES_KEY_WRAP_SHA_1");
    expect(byOpenssl.equals(undoWithNode(vault.ciphertext, vault.privateKey, "RSA_AES_KEY_WRAP_SHA_1"))).toBe(true);
    expect(fingerprintOf(spec, byOpenssl)).toBe(fingerprint);
    if (python === undefined) return;
    const byPython = await openedByPython(python, vault, spec);
    expect(byPython).toMatchObject({
      ...{ sha256: fingerprint, schema: "1.0.0", ephemeralBytes: 32, trailingIsZero: true },
      header: { kid: vault.pin.id, alg: "dir", enc: "CKM_RSA_AES_KEY_WRAP" },
    });
    // A token that pads does so to a multiple of 8; one that is exact leaves nothing behind the key.
    expect(byPython.trailingZeros).toBe(pads ? (8 - ((byOpenssl.length - byPython.trailingZeros) % 8)) % 8 : 0);
  });

  it("says of its padding what the token's report says", async () => {
    expect((await tokenProcess.port.report()).abilities.keyWrapPadding).toBe(pads ? "pads" : "exact");
  });
});
