import type { KeyClient, KeyVaultKey } from "@azure/keyvault-keys";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import type { LocalAzure } from "../../../provider/local";
import { endAzure, keyClient, startAzure, vaultOf } from "./azure-fixture";
import { makeBlob } from "./byok-blob";
import { ask } from "./raw-request";

let azure: LocalAzure;
let client: KeyClient;
let exchangeKey: KeyVaultKey;

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey;
const pkcs8 = { format: "der", type: "pkcs8" } as const;

beforeAll(async () => {
  azure = await startAzure({ exposeMaterial: true });
  client = keyClient(azure, vaultOf(azure, "premium"));
  exchangeKey = await client.createRsaKey("exchange", { hsm: true, keySize: 2048, keyOps: ["import"] });
});

afterAll(endAzure);

const importRsa = (t: Buffer): Promise<KeyVaultKey> => client.importKey("target", { kty: "RSA-HSM", t });
const refused = { statusCode: 400, code: "BadParameter" };

describe("an import through BYOK", () => {
  it("really opens the blob: the vault holds the key that was wrapped", async () => {
    const imported = await importRsa(makeBlob(exchangeKey, rsa.export(pkcs8)));
    expect(await azure.admin.materialOf(imported.id ?? "")).toEqual(rsa.export(pkcs8));
  });

  it.each([
    ["a changed blob", { tamper: true }],
    ["OAEP with SHA-256", { oaepHash: "sha256" }],
    ["RFC 3394 instead of RFC 5649", { cipher: "id-aes256-wrap" }],
    ["another alg than dir", { header: { alg: "RSA-OAEP" } }],
    ["another enc", { header: { enc: "A256GCM" } }],
    ["an unknown kid", { kid: "https://elsewhere.vault.azure.net/keys/exchange/00000000000000000000000000000000" }],
  ] as const)("is refused with %s", async (_, options) => {
    await expect(importRsa(makeBlob(exchangeKey, rsa.export(pkcs8), options))).rejects.toMatchObject(refused);
  });

  it("is refused with PKCS#1 instead of PKCS#8", async () => {
    const material = rsa.export({ format: "der", type: "pkcs1" });
    await expect(importRsa(makeBlob(exchangeKey, material))).rejects.toMatchObject(refused);
  });

  it("is refused when the blob was made for another version of the exchange key", async () => {
    const name = "rotated-exchange";
    const first = await client.createRsaKey(name, { hsm: true, keySize: 2048, keyOps: ["import"] });
    const second = await client.createRsaKey(name, { hsm: true, keySize: 2048, keyOps: ["import"] });
    const blob = makeBlob(first, rsa.export(pkcs8), { kid: second.id ?? "" });
    await expect(importRsa(blob)).rejects.toMatchObject(refused);
    await importRsa(makeBlob(first, rsa.export(pkcs8)));
  });

  it("is refused under a key that is no exchange key, or can do more than import", async () => {
    const other = await client.createRsaKey("other", { hsm: true, keySize: 2048 });
    await expect(importRsa(makeBlob(other, rsa.export(pkcs8)))).rejects.toMatchObject(refused);
    const both = { kty: "RSA-HSM", key_size: 2048, key_ops: ["import", "encrypt"] };
    expect((await ask(azure, vaultOf(azure, "premium"), "POST", "/keys/both/create", both)).status).toBe(400);
    const software = { kty: "RSA", key_size: 2048, key_ops: ["import"] };
    expect((await ask(azure, vaultOf(azure, "premium"), "POST", "/keys/soft/create", software)).status).toBe(400);
  });

  it("is refused under an exchange key that is disabled or has expired, by itself where that is asked for", async () => {
    const expiring = await startAzure({ exchangeKeyDays: 2 });
    const own = keyClient(expiring, vaultOf(expiring, "premium"));
    const key = await own.createRsaKey("exchange", { hsm: true, keySize: 2048, keyOps: ["import"] });
    expect((key.properties.expiresOn?.getTime() ?? 0) - (key.properties.createdOn?.getTime() ?? 0)).toBe(
      2 * 86_400_000,
    );
    const attempt = (): Promise<KeyVaultKey> =>
      own.importKey("x", { kty: "RSA-HSM", t: makeBlob(key, rsa.export(pkcs8)) });
    await attempt();
    await own.updateKeyProperties("exchange", { enabled: false });
    await expect(attempt()).rejects.toMatchObject(refused);
    await own.updateKeyProperties("exchange", { enabled: true });
    await expiring.admin.advanceClock({ days: 2 });
    await expect(attempt()).rejects.toMatchObject(refused);
    expect(exchangeKey.properties.expiresOn).toBeUndefined();
  });

  it("is refused when type or curve differ from what the blob holds", async () => {
    const rsaBlob = makeBlob(exchangeKey, rsa.export(pkcs8));
    const ecBlob = makeBlob(exchangeKey, ec.export(pkcs8));
    await expect(client.importKey("x", { kty: "EC-HSM", crv: "P-256", t: rsaBlob })).rejects.toMatchObject(refused);
    await expect(client.importKey("x", { kty: "RSA-HSM", t: ecBlob })).rejects.toMatchObject(refused);
    await expect(client.importKey("x", { kty: "EC-HSM", crv: "P-384", t: ecBlob })).rejects.toMatchObject(refused);
    await expect(client.importKey("x", { kty: "EC-HSM", t: ecBlob })).rejects.toMatchObject(refused);
  });

  it("is refused for an RSA key of 1024 bits", async () => {
    const small = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export(pkcs8);
    await expect(importRsa(makeBlob(exchangeKey, small))).rejects.toMatchObject(refused);
  });

  it("works with Hsm false too, as the Azure CLI sends it, and makes an HSM key", async () => {
    const t = makeBlob(exchangeKey, rsa.export(pkcs8));
    const key = { kty: "RSA-HSM", key_hsm: t.toString("base64url") };
    const answer = await ask(azure, vaultOf(azure, "premium"), "PUT", "/keys/cli", { Hsm: false, key, attributes: {} });
    expect([answer.status, answer.body.key]).toEqual([200, expect.objectContaining({ kty: "RSA-HSM" })]);
  });

  it("reports zero bytes after the PKCS#8 structure, and refuses them when it is strict", async () => {
    const padded = Buffer.concat([ec.export(pkcs8), Buffer.alloc(6)]);
    const imported = await client.importKey("padded", {
      kty: "EC-HSM",
      crv: "P-256",
      t: makeBlob(exchangeKey, padded),
    });
    expect(await azure.admin.paddedImports()).toEqual([
      { vault: "local-premium", keyId: imported.id, trailingZeroBytes: 6 },
    ]);
    const other = Buffer.concat([ec.export(pkcs8), Buffer.from([1])]);
    await expect(
      client.importKey("padded", { kty: "EC-HSM", crv: "P-256", t: makeBlob(exchangeKey, other) }),
    ).rejects.toMatchObject(refused);
    const strict = await startAzure({ strictDer: true });
    const strictClient = keyClient(strict, vaultOf(strict, "premium"));
    const key = await strictClient.createRsaKey("exchange", { hsm: true, keySize: 2048, keyOps: ["import"] });
    await expect(
      strictClient.importKey("padded", { kty: "EC-HSM", crv: "P-256", t: makeBlob(key, padded) }),
    ).rejects.toMatchObject(refused);
  });

  it("takes AES keys of 128, 192 and 256 bits into a managed HSM, and no others", async () => {
    const hsm = keyClient(azure, vaultOf(azure, "managed-hsm"));
    const key = await hsm.createRsaKey("exchange", { hsm: true, keySize: 2048, keyOps: ["import"] });
    for (const bytes of [16, 24, 32]) {
      const imported = await hsm.importKey(`aes-${String(bytes)}`, {
        kty: "oct-HSM",
        t: makeBlob(key, randomBytes(bytes)),
      });
      expect(imported.keyType).toBe("oct-HSM");
    }
    await expect(hsm.importKey("aes", { kty: "oct-HSM", t: makeBlob(key, randomBytes(20)) })).rejects.toMatchObject(
      refused,
    );
    await expect(
      client.importKey("aes", { kty: "oct-HSM", t: makeBlob(exchangeKey, randomBytes(32)) }),
    ).rejects.toMatchObject(refused);
  });

  it("of a JSON web key refuses parts that do not belong together", async () => {
    const standard = vaultOf(azure, "standard");
    const other = generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey.export({ format: "jwk" });
    const jwk = ec.export({ format: "jwk" });
    const good = await ask(azure, standard, "PUT", "/keys/clear", { key: jwk });
    expect([good.status, good.body.key]).toEqual([200, expect.objectContaining({ kty: "EC", x: jwk.x })]);
    const mixed = await ask(azure, standard, "PUT", "/keys/clear", { key: { ...jwk, d: other.d } });
    expect(mixed.status).toBe(400);
    const rsaJwk = rsa.export({ format: "jwk" });
    const otherRsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
    expect((await ask(azure, standard, "PUT", "/keys/rsa", { key: rsaJwk })).status).toBe(200);
    expect((await ask(azure, standard, "PUT", "/keys/rsa", { key: { ...rsaJwk, n: otherRsa.n } })).status).toBe(400);
  });
});
