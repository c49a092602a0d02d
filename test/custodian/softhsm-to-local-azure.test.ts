import { createHash, createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { openKeyVault } from "../../provider/azure/open-key-vault";
import { openCustodian, type OpenCustodian } from "../../provider/custodian/client";
import { fingerprintDomains } from "../../provider/hsm/fingerprint-domains";
import type { LocalVaultTier } from "../../provider/local";
import { azureKeyTypeOf } from "../../provider/model/azure-key-type";
import { isAsymmetric, keySpecs, type KeySpec } from "../../provider/model/key-spec";
import { ownershipTags, wrappingKeyTag } from "../../provider/model/owner";
import type { AzureImportRequest, AzureProveRequest, GroupWrappingKey } from "../../provider/model/ports/azure-import";
import type { KeyVaultPort, VaultWrappingKey } from "../../provider/model/ports/key-vault";
import { wrappingKeyGroup } from "../../provider/model/wrapping-key-trust";
import { azureBench, secretOf, type AzureBench } from "../azure/local-vault";
import { createSoftHsmToken, type SoftHsmToken } from "../tokens/softhsm-token";
import { labOwner as owner } from "./doubles/requests";

jest.setTimeout(180_000);

let token: SoftHsmToken;
let bench: AzureBench;
let custodian: OpenCustodian;
const vaults = new Map<LocalVaultTier, KeyVaultPort>();
const wrappingKeys = new Map<LocalVaultTier, VaultWrappingKey>();

beforeAll(async () => {
  token = await createSoftHsmToken();
  bench = await azureBench();
  custodian = openCustodian(token.connection, {
    environment: { ...process.env, TEST_AZURE_SECRET: secretOf(bench), AZURE_AUTHORITY_HOST: "https://127.0.0.1:1" },
  });
  for (const tier of ["premium", "managed-hsm"] as const) {
    const port = openKeyVault(bench.connection(tier), {
      configValues: {},
      env: { TEST_AZURE_SECRET: secretOf(bench) },
    });
    vaults.set(tier, port);
    wrappingKeys.set(tier, await port.makeWrappingKey({ name: `byok-kek-${tier}`, bits: 3072, tags: {} }));
  }
});
afterAll(async () => {
  await custodian.end();
  await bench.dispose();
  await token.dispose();
});

const vaultOf = (tier: LocalVaultTier): KeyVaultPort => {
  const port = vaults.get(tier);
  if (port === undefined) throw new Error(`no vault of tier ${tier}`);
  return port;
};

/** As the run that made it asks; in another one the token has to know it. */
function madeNow(tier: LocalVaultTier): GroupWrappingKey {
  const { id, publicKeySha256 } = wrappingKeys.get(tier) ?? { id: "", publicKeySha256: "" };
  const group = wrappingKeyGroup({ name: tier, vaultUrl: bench.connection(tier).vaultUrl });
  return { id, publicKeySha256, group, made: true, remembers: true, bits: 3072 };
}

function importOf(spec: KeySpec, version: number, more: Partial<AzureImportRequest> = {}): AzureImportRequest {
  const tier = spec === "AES_256" ? "managed-hsm" : "premium";
  return {
    owner,
    version,
    spec,
    rules: { allowedTargets: [], lab: true, minOaepHash: "sha256" },
    target: { connection: bench.connection(tier), keyName: `key-${spec.replaceAll("_", "-")}`, configValues: {} },
    wrappingKey: madeNow(tier),
    operations: azureKeyTypeOf(spec)?.operations ?? [],
    enabled: true,
    tags: { [ownershipTags.owner]: "e".repeat(32) },
    copyName: "copy",
    ...more,
  };
}

/** The same import into the other kind of store. */
function inManagedHsm(request: AzureImportRequest): AzureImportRequest {
  const target = { ...request.target, connection: bench.connection("managed-hsm") };
  return { ...request, target, wrappingKey: madeNow("managed-hsm") };
}

const proving = ({ version, spec, rules, target }: AzureImportRequest, keyId: string): AzureProveRequest => ({
  ...{ owner, version, spec, rules, target },
  keyId,
});

async function fingerprintInTheVault(keyId: string, spec: KeySpec): Promise<string> {
  const material = await bench.azure.admin.materialOf(keyId);
  const hash = createHash("sha256");
  if (!isAsymmetric(spec)) return hash.update(fingerprintDomains.key).update(material).digest("hex");
  const spki = createPublicKey(createPrivateKey({ key: material, format: "der", type: "pkcs8" })).export({
    format: "der",
    type: "spki",
  });
  return hash.update(fingerprintDomains.spki).update(spki).digest("hex");
}

const possible = keySpecs.filter((spec) => azureKeyTypeOf(spec) !== undefined);

describe("a key from SoftHSM to the local Azure", () => {
  it.each(possible.map((spec, index) => [spec, index + 1] as const))(
    "of type %s is generated, imported and proven",
    async (spec, version) => {
      const made = await custodian.generate({ owner, version, name: `key of type ${spec}`, spec });
      const request = importOf(spec, version);
      const receipt = await custodian.importIntoAzure(request);
      const proof = spec === "AES_256" ? "challenge" : "public-key";
      expect(receipt).toMatchObject({ proof, fingerprint: made.fingerprint, checkValue: made.checkValue });
      expect(await fingerprintInTheVault(receipt.keyId, spec)).toBe(made.fingerprint.value);
      expect(await custodian.proveInAzure(proving(request, receipt.keyId))).toMatchObject({ proof });
      if (spec !== "AES_256") {
        const pooled = await custodian.importIntoAzure(inManagedHsm(request));
        expect(await fingerprintInTheVault(pooled.keyId, spec)).toBe(made.fingerprint.value);
      }
      const links = (await custodian.links(owner)).filter(({ arn }) => receipt.keyId.startsWith(arn));
      expect(links.filter((link) => link.version === version)).toMatchObject([
        { arn: receipt.keyId.slice(0, receipt.keyId.lastIndexOf("/")), copyName: "copy" },
      ]);
    },
  );

  it("makes a wrapping key for one import, and leaves none", async () => {
    const request = importOf("EC_P256", 5, { wrappingKey: { bits: 2048 } });
    await custodian.generate({ owner, version: 5, name: "key of type EC_P256", spec: "EC_P256" });
    const receipt = await custodian.importIntoAzure({
      ...request,
      target: { ...request.target, keyName: "one-import" },
    });
    expect(receipt.wrappingKey.id).toContain("/keys/byok-kek-");
    const left: string[] = [];
    for await (const key of vaultOf("premium").listKeys()) if (wrappingKeyTag in key.tags) left.push(key.name);
    expect(left).toEqual([]);
  });

  it("does not go under a wrapping key that is not the pinned one, bit by bit", async () => {
    const request = importOf("EC_P256", 5);
    const other = await vaultOf("premium").makeWrappingKey({ name: "byok-kek-other", bits: 2048, tags: {} });
    const pin = wrappingKeys.get("premium");
    for (const altered of [
      { id: other.id, publicKeySha256: pin?.publicKeySha256 ?? "" },
      { id: `${pin?.id.slice(0, -32) ?? ""}${"0".repeat(32)}`, publicKeySha256: pin?.publicKeySha256 ?? "" },
    ]) {
      const wrappingKey = { ...madeNow("premium"), ...altered };
      await expect(custodian.importIntoAzure({ ...request, wrappingKey })).rejects.toMatchObject({
        code: "BYOK_WRAP_REFUSED",
      });
    }
    const loose = await vaultOf("premium").createKey({
      name: "loose",
      kty: "RSA-HSM",
      bits: 2048,
      operations: ["wrapKey"],
      enabled: true,
      tags: {},
    });
    const publicKeySha256 = createHash("sha256")
      .update(loose.publicKey ?? "")
      .digest("hex");
    await expect(
      custodian.importIntoAzure({
        ...request,
        wrappingKey: { ...madeNow("premium"), id: loose.id, publicKeySha256 },
      }),
    ).rejects.toThrow("not import alone");
  });

  it("goes under what its token remembers, in whatever process; another wrapping key is refused, and nothing sent", async () => {
    const request = importOf("EC_P256", 5, { target: { ...importOf("EC_P256", 5).target, keyName: "by-memory" } });
    await custodian.importIntoAzure(request);
    const later = openCustodian(token.connection, {
      environment: { ...process.env, TEST_AZURE_SECRET: secretOf(bench) },
    });
    const asked = { ...madeNow("premium"), made: false };
    const { wrappingKey } = await later.importIntoAzure({ ...request, wrappingKey: asked });
    expect(wrappingKey).toEqual({ id: asked.id, publicKeySha256: asked.publicKeySha256, rememberedBy: "token" });
    const attackers = await vaultOf("premium").makeWrappingKey({ name: "byok-kek-attacker", bits: 2048, tags: {} });
    const altered = { ...asked, id: attackers.id, publicKeySha256: attackers.publicKeySha256 };
    const refused = { ...request, target: { ...request.target, keyName: "for-the-attacker" }, wrappingKey: altered };
    await expect(later.importIntoAzure(refused)).rejects.toMatchObject({ code: "BYOK_WRAPPING_KEY_UNKNOWN" });
    expect(await vaultOf("premium").listVersions("for-the-attacker")).toEqual([]);
    expect((await later.links(owner)).filter(({ arn }) => arn.endsWith("for-the-attacker"))).toEqual([]);
    await later.end();
  });

  it("goes to no vault that the rules do not name, and no lab key to any real one", async () => {
    const request = importOf("EC_P256", 5);
    const rules = { allowedTargets: [], lab: false, minOaepHash: "sha256" } as const;
    await expect(custodian.importIntoAzure({ ...request, rules })).rejects.toMatchObject({
      code: "BYOK_TARGET_NOT_TRUSTED",
    });
    const { endpoint: _, ...connection } = request.target.connection;
    await expect(custodian.importIntoAzure({ ...request, target: { ...request.target, connection } })).rejects.toThrow(
      "go to local clouds only",
    );
    expect(new X509Certificate(readFileSync(bench.caFile)).ca).toBe(true);
  });

  it("is told from another key that a version holds", async () => {
    const wrong = await vaultOf("premium").createKey({
      name: "stranger",
      kty: "EC-HSM",
      curve: "P-256",
      operations: ["sign", "verify"],
      enabled: true,
      tags: {},
    });
    const request = importOf("EC_P256", 5);
    const target = { ...request.target, keyName: "stranger" };
    await expect(custodian.proveInAzure({ ...proving(request, wrong.id), target })).rejects.toMatchObject({
      code: "BYOK_COPY_DIFFERS",
    });
  });
});
