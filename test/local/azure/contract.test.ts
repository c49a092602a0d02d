import type { KeyVaultKey } from "@azure/keyvault-keys";
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import type { LocalAzure } from "../../../provider/local";
import {
  clientOptions,
  cryptographyClient,
  endAzure,
  keyClient,
  secretCredential,
  startAzure,
  vaultOf,
} from "./azure-fixture";
import { makeBlob } from "./byok-blob";
import { KeyVaultManagementClient } from "@azure/arm-keyvault";

let azure: LocalAzure;

beforeAll(async () => {
  azure = await startAzure();
});

afterAll(endAzure);

const curves = { "P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1", "P-256K": "secp256k1" } as const;
const algorithms = { "P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "P-256K": "ES256K" } as const;
const digests = { "P-256": "sha256", "P-384": "sha384", "P-521": "sha512", "P-256K": "sha256" } as const;
const curveNames = ["P-256", "P-384", "P-521", "P-256K"] as const;

describe("unmodified SDKs", () => {
  it("create, read, list, change, delete, recover and purge a key", async () => {
    const vault = vaultOf(azure, "premium");
    const client = keyClient(azure, vault);
    const made = await client.createKey("first", "EC", { tags: { team: "ledger" } });
    expect(made.id).toBe(`${vault.url}/keys/first/${made.properties.version ?? ""}`);
    expect(made.properties.recoveryLevel).toBe("Recoverable+Purgeable");
    expect(made.properties.recoverableDays).toBe(90);
    const second = await client.createKey("first", "EC");
    const versions: (string | undefined)[] = [];
    for await (const { version } of client.listPropertiesOfKeyVersions("first")) versions.push(version);
    expect(versions.sort()).toEqual([made.properties.version, second.properties.version].sort());
    const changed = await client.updateKeyProperties("first", { enabled: false });
    expect(changed.properties.version).toBe(second.properties.version);
    expect((await client.getKey("first")).properties.enabled).toBe(false);
    expect((await client.getKey("first", { version: made.properties.version ?? "" })).properties.enabled).toBe(true);
    const poller = await client.beginDeleteKey("first", { intervalInMs: 5 });
    const deleted = await poller.pollUntilDone();
    expect(deleted.properties.scheduledPurgeDate).toBeInstanceOf(Date);
    const recovery = await client.beginRecoverDeletedKey("first", { intervalInMs: 5 });
    expect((await recovery.pollUntilDone()).properties.version).toBe(second.properties.version);
    await (await client.beginDeleteKey("first", { intervalInMs: 5 })).pollUntilDone();
    await client.purgeDeletedKey("first");
    await expect(client.getDeletedKey("first")).rejects.toMatchObject({ statusCode: 404 });
  });

  it.each(["premium", "managed-hsm"] as const)(
    "import RSA and EC keys through BYOK into a vault of tier %s",
    async (tier) => {
      const client = keyClient(azure, vaultOf(azure, tier));
      const exchangeKey = await client.createRsaKey("exchange", { hsm: true, keySize: 2048, keyOps: ["import"] });
      const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
      const t = makeBlob(exchangeKey, rsa.export({ format: "der", type: "pkcs8" }));
      const imported = await client.importKey("rsa", { kty: "RSA-HSM", t }, { hardwareProtected: true });
      expect(imported.keyType).toBe("RSA-HSM");
      expect(Buffer.from(imported.key?.n ?? []).toString("base64url")).toBe(rsa.export({ format: "jwk" }).n);
      for (const crv of curveNames) {
        const { privateKey } = generateKeyPairSync("ec", { namedCurve: curves[crv] });
        const blob = makeBlob(exchangeKey, privateKey.export({ format: "der", type: "pkcs8" }));
        const key = await client.importKey(`ec-${crv}`, { kty: "EC-HSM", crv, t: blob }, { hardwareProtected: true });
        expect([key.keyType, key.key?.crv]).toEqual(["EC-HSM", crv]);
        const crypto = cryptographyClient(azure, key.id ?? "");
        const digest = createHash(digests[crv]).update("message").digest();
        const { result } = await crypto.sign(algorithms[crv], digest);
        expect((await crypto.verify(algorithms[crv], digest, result)).result).toBe(true);
      }
    },
  );

  it("import an AES key into a managed HSM, and encrypt with it as the owner of the material does", async () => {
    const client = keyClient(azure, vaultOf(azure, "managed-hsm"));
    const exchangeKey: KeyVaultKey = await client.createRsaKey("exchange-2", {
      hsm: true,
      keySize: 2048,
      keyOps: ["import"],
    });
    const key = await client.importKey(
      "aes",
      { kty: "oct-HSM", t: makeBlob(exchangeKey, randomBytes(32)) },
      { hardwareProtected: true },
    );
    expect(key.keyType).toBe("oct-HSM");
    const crypto = cryptographyClient(azure, key.id ?? "");
    const sealed = await crypto.encrypt({ algorithm: "A256GCM", plaintext: Buffer.from("plain") });
    const opened = await crypto.decrypt({
      algorithm: "A256GCM",
      ciphertext: sealed.result,
      iv: sealed.iv ?? new Uint8Array(),
      authenticationTag: sealed.authenticationTag ?? new Uint8Array(),
    });
    expect(Buffer.from(opened.result).toString()).toBe("plain");
  });

  it("list and read vaults and managed HSMs in Resource Manager", async () => {
    const [subscription] = azure.subscriptions;
    const arm = new KeyVaultManagementClient(secretCredential(azure), subscription?.id ?? "", {
      endpoint: azure.resourceManager,
      ...clientOptions(azure),
    });
    const vaults: (string | undefined)[] = [];
    for await (const vault of arm.vaults.listBySubscription({ top: 1 })) vaults.push(vault.properties.vaultUri);
    expect(vaults).toEqual([`${vaultOf(azure, "standard").url}/`, `${vaultOf(azure, "premium").url}/`]);
    const hsms: (string | undefined)[] = [];
    for await (const hsm of arm.managedHsms.listBySubscription()) hsms.push(hsm.properties?.hsmUri);
    expect(hsms).toEqual([`${vaultOf(azure, "managed-hsm").url}/`]);
    const read = await arm.vaults.get("local", "local-premium");
    expect(read.properties.sku.name).toBe("premium");
    expect(read.properties.softDeleteRetentionInDays).toBe(90);
  });
});
