import { generateKeyPairSync } from "node:crypto";
import { CKA, CKF, CKO } from "../../provider/hsm/pkcs11-constants";
import { CKR } from "../../provider/hsm/return-codes";
import { ByokError } from "../../provider/model/errors";
import type { TokenPort } from "../../provider/model/ports/token";
import { FakeCryptoki, fakeToken } from "./fake-cryptoki";
import { openFake } from "./open-fake";

const label = `x v1 byok:${"a".repeat(32)}`;
const spki = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "der", type: "spki" });

describe("initialising the module", () => {
  it("tells it that threads will call, and adds the character that pkcs11js cuts off its parameters", async () => {
    const cryptoki = new FakeCryptoki(fakeToken());
    await (await openFake(cryptoki, { parameters: "configdir='x'" })).shutdown();
    expect(cryptoki.initialisedWith).toEqual({ flags: CKF.OS_LOCKING_OK, libraryParameters: "configdir='x' " });
  });

  it("gives no parameters where none are asked for", async () => {
    const cryptoki = new FakeCryptoki(fakeToken());
    await (await openFake(cryptoki)).shutdown();
    expect(cryptoki.initialisedWith).toEqual({ flags: CKF.OS_LOCKING_OK });
  });
});

describe("logging in", () => {
  it("tries no PIN when the token says that it is locked", async () => {
    const cryptoki = new FakeCryptoki(fakeToken({ flags: CKF.USER_PIN_LOCKED }));
    await expect(openFake(cryptoki)).rejects.toMatchObject({ code: "BYOK_TOKEN_PIN_LOCKED", property: "token.pin" });
    expect(cryptoki.token.tried).toEqual([]);
  });

  it("tries no PIN when a wrong one would lock the token", async () => {
    const cryptoki = new FakeCryptoki(fakeToken({ flags: CKF.USER_PIN_FINAL_TRY }));
    await expect(openFake(cryptoki)).rejects.toMatchObject({ code: "BYOK_TOKEN_PIN_FINAL_TRY" });
    expect(cryptoki.token.tried).toEqual([]);
  });

  it("tells that the PIN was locked by the token in this very attempt", async () => {
    const cryptoki = new FakeCryptoki(fakeToken());
    cryptoki.failNext("C_Login", "PIN_LOCKED");
    await expect(openFake(cryptoki)).rejects.toMatchObject({ code: "BYOK_TOKEN_PIN_LOCKED" });
  });

  it("never tries a refused PIN again, and a corrected one at once", async () => {
    const cryptoki = new FakeCryptoki(fakeToken({ serial: "refuses" }));
    for (let round = 0; round < 3; round += 1) {
      await expect(openFake(cryptoki, { pin: "wrong" })).rejects.toMatchObject({ code: "BYOK_TOKEN_PIN_INCORRECT" });
    }
    await (await openFake(cryptoki)).shutdown();
    expect(cryptoki.token.tried).toEqual(["wrong", "246810"]);
  });

  it("does not try the PIN again when a token comes back that refuses it now", async () => {
    const cryptoki = new FakeCryptoki(fakeToken({ serial: "changed" }));
    const port = await openFake(cryptoki);
    cryptoki.forgetSessions();
    cryptoki.failNext("C_Login", "PIN_INCORRECT");
    await expect(port.listKeys()).rejects.toMatchObject({ code: "BYOK_TOKEN_PIN_INCORRECT" });
    await expect(port.listKeys()).rejects.toMatchObject({ code: "BYOK_TOKEN_PIN_INCORRECT" });
    expect(cryptoki.token.tried).toHaveLength(1);
    await port.shutdown();
  });
});

describe("a token that has trouble", () => {
  let cryptoki: FakeCryptoki;
  let port: TokenPort;

  beforeEach(async () => {
    cryptoki = new FakeCryptoki(fakeToken());
    port = await openFake(cryptoki);
  });
  afterEach(() => port.shutdown());

  it("says that it is full, and nothing of a pair stays in it", async () => {
    await expect(port.generate({ spec: "EC_P256", label })).rejects.toMatchObject({ code: "BYOK_TOKEN_FULL" });
    expect(cryptoki.objects.size).toBe(0);
  });

  it("takes a key away again that it cannot be read back from", async () => {
    cryptoki.failNext("C_GetAttributeValue", "DEVICE_MEMORY");
    await expect(port.generate({ spec: "AES_256", label })).rejects.toMatchObject({ code: "BYOK_TOKEN_FULL" });
    expect(cryptoki.objects.size).toBe(0);
  });

  it("is connected to again after it was pulled, and the operation goes on", async () => {
    const key = await port.generate({ spec: "HMAC_256", label });
    const mac = await port.mac(key.id, Buffer.from("x"));
    cryptoki.forgetSessions();
    expect(await port.mac(key.id, Buffer.from("x"))).toEqual(mac);
    expect(cryptoki.token.tried).toHaveLength(2);
  });

  it("does not say that there is no key only because the login is gone", async () => {
    const key = await port.generate({ spec: "AES_256", label });
    cryptoki.logOut();
    expect(await port.findKey(key.id)).toEqual(key);
    cryptoki.logOut();
    expect(await port.listKeys()).toEqual([key]);
  });

  it("makes one key, not two, when it fails after the key was made", async () => {
    cryptoki.failNext("C_GetAttributeValue", "DEVICE_ERROR");
    const key = await port.generate({ spec: "AES_256", label });
    expect(cryptoki.objects.size).toBe(1);
    expect(await port.findKey(key.id)).toEqual(key);
  });

  it("is reported as gone while it is away, and works when it is back", async () => {
    const key = await port.generate({ spec: "AES_256", label });
    cryptoki.token.present = false;
    await expect(port.findKey(key.id)).rejects.toMatchObject({ code: "BYOK_TOKEN_REMOVED", retryable: true });
    await expect(port.listKeys()).rejects.toMatchObject({ code: "BYOK_TOKEN_REMOVED", retryable: true });
    cryptoki.token.present = true;
    expect(await port.findKey(key.id)).toEqual(key);
  });

  it("does not take another token in the same slot for the one that was there", async () => {
    cryptoki.forgetSessions();
    Object.assign(cryptoki.token, { serial: "0002" });
    await expect(port.listKeys()).rejects.toMatchObject({ code: "BYOK_TOKEN_REMOVED" });
  });

  it("looks a key up again when its handle went stale", async () => {
    const key = await port.generate({ spec: "HMAC_256", label });
    const mac = await port.mac(key.id, Buffer.from("x"));
    cryptoki.renumber();
    expect(await port.mac(key.id, Buffer.from("x"))).toEqual(mac);
    expect(cryptoki.calls.filter((name) => name === "C_Initialize")).toHaveLength(1);
  });

  it("gives up after one new connection instead of trying for ever", async () => {
    for (let round = 0; round < 5; round += 1) cryptoki.failNext("C_FindObjectsInit", "GENERAL_ERROR");
    await expect(port.listKeys()).rejects.toMatchObject({ code: "BYOK_TOKEN_FAILED", retryable: true });
    expect(cryptoki.calls.filter((name) => name === "C_FindObjectsInit")).toHaveLength(2);
  });

  it("destroys the wrapping key and the ephemeral when a wrap fails in the middle", async () => {
    const key = await port.generate({ spec: "AES_256", label });
    await port.report();
    // OAEP of the ephemeral succeeds, the key wrap under it does not.
    cryptoki.failNext("C_WrapKeyAsync", "DEVICE_MEMORY", 1);
    await expect(port.wrap(key.id, spki, "RSA_AES_KEY_WRAP_SHA_256")).rejects.toMatchObject({
      code: "BYOK_TOKEN_FULL",
    });
    expect(cryptoki.calls.filter((name) => name === "C_DestroyObject").length).toBeGreaterThanOrEqual(2);
    expect(cryptoki.sessionObjects).toBe(0);
  });

  it("says so when it forgets that a key was closed", async () => {
    const key = await port.generate({ spec: "AES_256", label });
    cryptoki.token.keepsClosed = false;
    await expect(port.close(key.id)).rejects.toMatchObject({ code: "BYOK_TOKEN_UNSUPPORTED" });
  });

  it("reads the attributes of a key again before each wrap", async () => {
    const key = await port.generate({ spec: "AES_256", label });
    await port.wrap(key.id, spki, "RSAES_OAEP_SHA_256");
    for (const { attributes } of cryptoki.objects.values()) attributes.set(CKA.SENSITIVE, Buffer.from([0]));
    const refused = {
      code: "BYOK_KEY_DRIFTED",
      message: "CKA_SENSITIVE of the key is false; keys of this package are made with true.",
    };
    await expect(port.wrap(key.id, spki, "RSAES_OAEP_SHA_256")).rejects.toMatchObject(refused);
  });
});

describe("a token with limits", () => {
  it("serves many callers through the two sessions that it opens", async () => {
    const cryptoki = new FakeCryptoki(fakeToken({ maxSessions: 2 }));
    const port = await openFake(cryptoki);
    const key = await port.generate({ spec: "HMAC_256", label });
    const macs = await Promise.all(Array.from({ length: 30 }, () => port.mac(key.id, Buffer.from("x"))));
    expect(new Set(macs.map((mac) => mac.toString("hex"))).size).toBe(1);
    await port.shutdown();
  });

  it("gets fingerprints from MACs where keys cannot be digested, equal for equal keys", async () => {
    const cryptoki = new FakeCryptoki(fakeToken({ digestsKeys: false }));
    const port = await openFake(cryptoki);
    const report = await port.report();
    expect(report.identity).toEqual({
      label: "fake",
      serial: "0001",
      manufacturer: "nobody",
      model: "fake",
      firmware: "1.2",
    });
    expect(report.abilities).toEqual({
      oaepHashes: ["sha1", "sha256"],
      keyWrapPadding: "exact",
      // Without AES-CMAC and without C_DigestKey an AES key could not be told apart, and pairs and RSA are not made here.
      specs: ["HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512"],
      fingerprint: "mac",
      enforcesExtractable: false,
      storesLinks: true,
    });
    const [one, two] = [
      await port.generate({ spec: "HMAC_256", label }),
      await port.generate({ spec: "HMAC_256", label }),
    ];
    const fingerprint = await port.fingerprint(one.id);
    expect(fingerprint).toEqual({ method: "mac", value: fingerprint.value });
    expect(fingerprint.value).toMatch(/^[0-9a-f]{64}$/);
    expect(await port.fingerprint(one.id)).toEqual(fingerprint);
    expect(await port.fingerprint(two.id)).not.toEqual(fingerprint);
    await port.shutdown();
  });

  it("does not wrap a closed key although the token would", async () => {
    const cryptoki = new FakeCryptoki(fakeToken());
    const port = await openFake(cryptoki);
    const key = await port.generate({ spec: "AES_256", label });
    await port.close(key.id);
    await port.report();
    const before = cryptoki.calls.filter((name) => name === "C_WrapKeyAsync").length;
    await expect(port.wrap(key.id, spki, "RSAES_OAEP_SHA_256")).rejects.toMatchObject({
      code: "BYOK_KEY_NOT_EXPORTABLE",
    });
    expect(cryptoki.calls.filter((name) => name === "C_WrapKeyAsync")).toHaveLength(before);
    await port.shutdown();
  });
});

describe("the self-test of data objects", () => {
  it("does not mistake the tidying of another process for a token that keeps none", async () => {
    const cryptoki = new FakeCryptoki(fakeToken());
    const port = await openFake(cryptoki);
    const create = cryptoki.C_CreateObject.bind(cryptoki);
    cryptoki.C_CreateObject = (session, template): Buffer => {
      const handle = create(session, template);
      const isData = template.some(({ type, value }) => type === CKA.CLASS && value === CKO.DATA);
      if (isData) cryptoki.objects.delete(handle.toString("hex"));
      return handle;
    };
    expect((await port.report()).abilities.storesLinks).toBe(true);
    await port.shutdown();
  });

  it.each(["OBJECT_HANDLE_INVALID", "GENERAL_ERROR"] as const)(
    "is run again where another process writes a link at that moment, and the token answers CKR_%s",
    async (code) => {
      const cryptoki = new FakeCryptoki(fakeToken());
      const port = await openFake(cryptoki);
      await port.putData("byok-link 1", Buffer.from("link"));
      const read = cryptoki.C_GetAttributeValue.bind(cryptoki);
      let failures = 0;
      cryptoki.C_GetAttributeValue = (session, object, template): ReturnType<typeof read> => {
        const isLabelAlone = template.length === 1 && template[0]?.type === CKA.LABEL;
        if (isLabelAlone && failures++ === 0) throw new Error(`CKR_${code}:${String(CKR[code])}`);
        return read(session, object, template);
      };
      expect((await port.report()).abilities.storesLinks).toBe(true);
      expect(failures).toBeGreaterThan(1);
      await port.shutdown();
    },
  );

  it.each(["GENERAL_ERROR", "DEVICE_MEMORY"] as const)(
    "does not take a failure for a refusal: CKR_%s that stays fails, and is asked again later",
    async (code) => {
      const cryptoki = new FakeCryptoki(fakeToken());
      const port = await openFake(cryptoki);
      const create = cryptoki.C_CreateObject.bind(cryptoki);
      cryptoki.C_CreateObject = (session, template): Buffer => {
        if (template.some(({ type, value }) => type === CKA.CLASS && value === CKO.DATA))
          throw new Error(`CKR_${code}:${String(CKR[code])}`);
        return create(session, template);
      };
      await expect(port.report()).rejects.toBeInstanceOf(ByokError);
      cryptoki.C_CreateObject = create;
      expect((await port.report()).abilities.storesLinks).toBe(true);
      await port.shutdown();
    },
  );

  it("tells a token that refuses them", async () => {
    const cryptoki = new FakeCryptoki(fakeToken());
    const port = await openFake(cryptoki);
    // The wrapping key of the self-test is created first.
    cryptoki.failNext("C_CreateObject", "ATTRIBUTE_VALUE_INVALID", 1);
    expect((await port.report()).abilities.storesLinks).toBe(false);
    await port.shutdown();
  });

  it("leaves nothing behind, also not what an interrupted one left", async () => {
    const cryptoki = new FakeCryptoki(fakeToken());
    const port = await openFake(cryptoki);
    await port.putData("byok-probe", Buffer.from("left"));
    await port.report();
    expect(cryptoki.objects.size).toBe(0);
    await port.shutdown();
  });
});

describe("shutting down", () => {
  it("waits for what runs before it finalizes, and refuses what comes after", async () => {
    const cryptoki = new FakeCryptoki(fakeToken());
    const port = await openFake(cryptoki);
    const running = port.generate({ spec: "AES_256", label });
    await port.shutdown();
    expect(await running).toMatchObject({ spec: "AES_256" });
    expect(cryptoki.calls.at(-1)).toBe("C_Finalize");
    await expect(port.listKeys()).rejects.toMatchObject({ code: "BYOK_TOKEN_FAILED" });
    await port.shutdown();
  });
});
