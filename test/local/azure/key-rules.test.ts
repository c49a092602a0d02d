import { createHash } from "node:crypto";
import type { LocalAzure } from "../../../provider/local";
import { cryptographyClient, endAzure, keyClient, startAzure, vaultOf } from "./azure-fixture";
import { ask, send, tokenFor } from "./raw-request";

let azure: LocalAzure;

beforeAll(async () => {
  azure = await startAzure();
});

afterAll(endAzure);

const create = (tier: "standard" | "premium" | "managed-hsm", body: object, name = "made"): ReturnType<typeof ask> =>
  ask(azure, vaultOf(azure, tier), "POST", `/keys/${name}/create`, body);

describe("key types", () => {
  const rows = [
    ["standard", "RSA", true],
    ["standard", "EC", true],
    ["standard", "RSA-HSM", false],
    ["standard", "EC-HSM", false],
    ["standard", "oct-HSM", false],
    ["premium", "EC", true],
    ["premium", "EC-HSM", true],
    ["premium", "oct-HSM", false],
    ["managed-hsm", "EC", false],
    ["managed-hsm", "RSA", false],
    ["managed-hsm", "EC-HSM", true],
    ["managed-hsm", "oct-HSM", true],
    ["managed-hsm", "oct", false],
  ] as const;
  it.each(rows)("in a vault of tier %s: %s is possible: %s", async (tier, kty, possible) => {
    const answer = await create(tier, { kty });
    expect(answer.status).toBe(possible ? 200 : 400);
    if (possible) expect(answer.body.key).toMatchObject({ kty });
  });

  it("have their sizes and curves", async () => {
    expect((await create("premium", { kty: "RSA", key_size: 1024 })).status).toBe(400);
    expect((await create("managed-hsm", { kty: "oct-HSM", key_size: 512 })).status).toBe(400);
    expect((await create("premium", { kty: "EC", crv: "P-999" })).status).toBe(400);
    for (const crv of ["P-256", "P-384", "P-521", "P-256K"])
      expect((await create("premium", { kty: "EC-HSM", crv })).body.key).toMatchObject({ crv });
  });
});

describe("a request", () => {
  it("without a token, with a stale one or for another resource is challenged before its body is read", async () => {
    const vault = vaultOf(azure, "premium");
    const url = `${vault.url}/keys/a/create?api-version=7.6`;
    const challenge = `Bearer authorization="${azure.authority}/${vault.tenantId}", resource="https://vault.azure.net"`;
    const foreign = await tokenFor(azure, vaultOf(azure, "managed-hsm"));
    for (const authorization of [undefined, "Bearer nonsense", `Bearer ${foreign}`]) {
      const headers = authorization === undefined ? {} : { authorization };
      const answer = await send(azure, { method: "POST", url, headers, body: "{" });
      expect([answer.status, answer.headers["www-authenticate"]]).toEqual([401, challenge]);
    }
    const hsm = await send(azure, { method: "GET", url: `${vaultOf(azure, "managed-hsm").url}/keys?api-version=7.6` });
    expect(hsm.headers["www-authenticate"]).toContain('resource="https://managedhsm.azure.net"');
  });

  it("needs an api-version that the service knows", async () => {
    const vault = vaultOf(azure, "premium");
    const authorization = `Bearer ${await tokenFor(azure, vault)}`;
    const statusOf = async (query: string): Promise<number> =>
      (await send(azure, { method: "GET", url: `${vault.url}/keys${query}`, headers: { authorization } })).status;
    for (const version of ["7.4", "7.5", "7.6", "2025-07-01"])
      expect(await statusOf(`?api-version=${version}`)).toBe(200);
    for (const query of ["", "?api-version=1.0"]) expect(await statusOf(query)).toBe(400);
  });

  it("has a name of letters, digits and hyphens, at most fifteen tags, and dates of 32 bits", async () => {
    expect((await create("premium", { kty: "EC" }, "under_score")).status).toBe(400);
    const tags = (count: number): object =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${String(index)}`, ""]));
    expect((await create("premium", { kty: "EC", tags: tags(15) })).status).toBe(200);
    expect((await create("premium", { kty: "EC", tags: tags(16) })).status).toBe(400);
    expect((await create("premium", { kty: "EC", tags: { long: "x".repeat(257) } })).status).toBe(400);
    expect((await create("premium", { kty: "EC", attributes: { exp: 2 ** 31 - 1 } })).status).toBe(200);
    expect((await create("premium", { kty: "EC", attributes: { exp: 2 ** 31 } })).status).toBe(400);
  });

  it("of the JavaScript client with a date after 2038 arrives as a negative number, which is refused", async () => {
    const client = keyClient(azure, vaultOf(azure, "premium"));
    const late = { expiresOn: new Date("2038-01-19T03:14:08Z") };
    await expect(client.createKey("late", "EC", late)).rejects.toMatchObject({ statusCode: 400 });
  });

  it("without a body is refused", async () => {
    expect((await ask(azure, vaultOf(azure, "premium"), "POST", "/keys/empty/create")).status).toBe(400);
  });

  it("to change a key without a version changes the newest, and leaves what it does not name", async () => {
    const vault = vaultOf(azure, "premium");
    await create("premium", { kty: "EC", tags: { a: "1" }, attributes: { exp: 4_000_00 + 2_000_000_000 } }, "changed");
    await create("premium", { kty: "EC", tags: { a: "2" }, attributes: { exp: 2_000_000_000 } }, "changed");
    const answer = await ask(azure, vault, "PATCH", "/keys/changed", { attributes: { enabled: false } });
    expect(answer.body).toMatchObject({ attributes: { enabled: false, exp: 2_000_000_000 }, tags: { a: "2" } });
    const cleared = await ask(azure, vault, "PATCH", "/keys/changed", { attributes: { exp: null }, tags: {} });
    expect(cleared.body.attributes).not.toHaveProperty("exp");
    expect(cleared.body).not.toHaveProperty("tags");
  });
});

describe("using a key", () => {
  const digest = createHash("sha256").update("x").digest();

  it("outside its dates only verifies, decrypts and unwraps", async () => {
    const own = await startAzure();
    const client = keyClient(own, vaultOf(own, "premium"));
    const expiresOn = new Date(Date.now() + 3_600_000);
    const signing = await client.createKey("signing", "EC", { expiresOn });
    const sealing = await client.createRsaKey("sealing", { expiresOn, keySize: 2048 });
    const ecCrypto = cryptographyClient(own, signing.id ?? "");
    const rsaCrypto = cryptographyClient(own, sealing.id ?? "");
    const { result: signature } = await ecCrypto.sign("ES256", digest);
    const { body } = await ask(own, vaultOf(own, "premium"), "POST", "/keys/sealing/wrapkey", {
      alg: "RSA-OAEP",
      value: "AAAA",
    });
    await own.admin.advanceClock({ hours: 2 });
    await expect(ecCrypto.sign("ES256", digest)).rejects.toMatchObject({ statusCode: 403 });
    const value = Buffer.from(signature).toString("base64url");
    const verified = await ask(own, vaultOf(own, "premium"), "POST", "/keys/signing/verify", {
      alg: "ES256",
      digest: digest.toString("base64url"),
      value,
    });
    expect(verified.body.value).toBe(true);
    const wrapped = await ask(own, vaultOf(own, "premium"), "POST", "/keys/sealing/wrapkey", {
      alg: "RSA-OAEP",
      value: "AAAA",
    });
    expect([wrapped.status, wrapped.body.error?.innererror?.code]).toEqual([403, "KeyExpired"]);
    const opened = await rsaCrypto.unwrapKey("RSA-OAEP", Buffer.from(String(body.value), "base64url"));
    expect(Buffer.from(opened.result).toString("base64url")).toBe("AAAA");
    await client.createKey("later", "EC", { notBefore: new Date((await own.admin.now()).getTime() + 3_600_000) });
    const early = await ask(own, vaultOf(own, "premium"), "POST", "/keys/later/sign", {
      alg: "ES256",
      value: digest.toString("base64url"),
    });
    expect(early.body.error?.innererror?.code).toBe("KeyNotYetValid");
  });

  it("works only with its own operations, and not at all while it is disabled", async () => {
    const vault = vaultOf(azure, "premium");
    const client = keyClient(azure, vault);
    await client.createKey("verifier", "EC", { keyOps: ["verify"] });
    const body = { alg: "ES256", value: digest.toString("base64url") };
    const refused = await ask(azure, vault, "POST", "/keys/verifier/sign", body);
    expect([refused.status, refused.body.error?.innererror?.code]).toEqual([403, "KeyOperationForbidden"]);
    await client.updateKeyProperties("verifier", { keyOps: ["sign", "verify"], enabled: false });
    const disabled = await ask(azure, vault, "POST", "/keys/verifier/sign", body);
    expect([disabled.status, disabled.body.error?.innererror?.code]).toEqual([403, "KeyDisabled"]);
    await client.updateKeyProperties("verifier", { enabled: true });
    expect((await ask(azure, vault, "POST", "/keys/verifier/sign", body)).status).toBe(200);
    expect((await ask(azure, vault, "POST", "/keys/verifier/release", { target: "x" })).status).toBe(403);
  });

  it("is real cryptography under every algorithm of RSA keys", async () => {
    const client = keyClient(azure, vaultOf(azure, "premium"));
    const key = await client.createRsaKey("rsa", { keySize: 2048 });
    const crypto = cryptographyClient(azure, key.id ?? "");
    for (const algorithm of ["RSA1_5", "RSA-OAEP", "RSA-OAEP-256"] as const) {
      const { result } = await crypto.encrypt({ algorithm, plaintext: Buffer.from("plain") });
      const opened = await crypto.decrypt({ algorithm, ciphertext: result });
      expect(Buffer.from(opened.result).toString()).toBe("plain");
    }
    for (const [algorithm, hash] of [
      ["RS256", "sha256"],
      ["RS384", "sha384"],
      ["RS512", "sha512"],
      ["PS256", "sha256"],
      ["PS384", "sha384"],
      ["PS512", "sha512"],
    ] as const) {
      const value = createHash(hash).update("message").digest();
      const { result } = await crypto.sign(algorithm, value);
      expect((await crypto.verify(algorithm, value, result)).result).toBe(true);
      result[0] = (result[0] ?? 0) ^ 1;
      const changed = await ask(azure, vaultOf(azure, "premium"), "POST", "/keys/rsa/verify", {
        alg: algorithm,
        digest: value.toString("base64url"),
        value: Buffer.from(result).toString("base64url"),
      });
      expect(changed.body.value).toBe(false);
    }
  });

  it("is real cryptography under every algorithm of AES keys of a managed HSM", async () => {
    const vault = vaultOf(azure, "managed-hsm");
    const value = Buffer.alloc(32, 7).toString("base64url");
    const iv = Buffer.alloc(16, 1).toString("base64url");
    for (const bits of [128, 192, 256]) {
      const name = `aes-${String(bits)}`;
      await create("managed-hsm", { kty: "oct-HSM", key_size: bits }, name);
      const roundTrip = async (alg: string, seal: string, open: string, more: object = {}): Promise<void> => {
        const sealed = await ask(azure, vault, "POST", `/keys/${name}/${seal}`, { alg, value, ...more });
        expect([alg, sealed.status]).toEqual([alg, 200]);
        const opened = await ask(azure, vault, "POST", `/keys/${name}/${open}`, { alg, ...more, ...sealed.body });
        expect(opened.body.value).toBe(value);
      };
      await roundTrip(`A${String(bits)}GCM`, "encrypt", "decrypt", { aad: "AAAA" });
      await roundTrip(`A${String(bits)}CBC`, "encrypt", "decrypt", { iv });
      await roundTrip(`A${String(bits)}CBCPAD`, "encrypt", "decrypt", { iv });
      await roundTrip(`A${String(bits)}KW`, "wrapkey", "unwrapkey");
    }
    const wrongSize = await ask(azure, vault, "POST", "/keys/aes-128/encrypt", { alg: "A256CBC", value, iv });
    expect(wrongSize.status).toBe(400);
    const uneven = await ask(azure, vault, "POST", "/keys/aes-256/encrypt", { alg: "A256CBC", value: "AAAA", iv });
    expect(uneven.status).toBe(400);
    expect((await ask(azure, vault, "POST", "/rng", { count: 16 })).status).toBe(200);
    expect((await ask(azure, vaultOf(azure, "premium"), "POST", "/rng", { count: 16 })).status).toBe(404);
  });
});
