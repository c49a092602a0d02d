import { rename, rm } from "node:fs/promises";
import type { TokenKey } from "../../../provider/model/ports/token";
import { createSoftHsmToken, type SoftHsmToken } from "../../tokens/softhsm-token";
import { startTokenProcess, type TokenProcess } from "../../tokens/token-process";
import { markedLabel } from "./marked-label";
import { undoWithNode } from "./undo-wrap";
import { makeWrappingKey, type TestWrappingKey } from "./wrapping-keys";
import { containing, matching, notContaining } from "./matching";

jest.setTimeout(120_000);

describe("SoftHSM2 and its traps", () => {
  let token: SoftHsmToken;
  let opened: TokenProcess;
  let wrappingKey: TestWrappingKey;

  beforeAll(async () => {
    token = await createSoftHsmToken();
    opened = await startTokenProcess(token);
    wrappingKey = await makeWrappingKey(2048);
  });
  afterAll(async () => {
    await opened.end();
    await token.dispose();
  });

  const generate = (spec: TokenKey["spec"]): Promise<TokenKey> =>
    opened.port.generate({ spec, label: markedLabel(spec) });
  const unwrapped = async (key: TokenKey): Promise<Buffer> => {
    const algorithm = "RSA_AES_KEY_WRAP_SHA_1";
    return undoWithNode(await opened.port.wrap(key.id, wrappingKey.spki, algorithm), wrappingKey.privateKey, algorithm);
  };

  it.each([
    ["EC_P256", 5],
    ["EC_P384", 0],
    ["EC_P521", 6],
    ["EC_SECP256K1", 0],
  ] as const)("wraps the private key of %s with %d zero bytes behind it", async (spec, zeros) => {
    const key = await generate(spec);
    const material = await unwrapped(key);
    // PKCS#8 is one SEQUENCE; what stands behind its length is padding.
    const padding = material.subarray(derLength(material));
    expect(padding).toEqual(Buffer.alloc(zeros));
    await opened.port.destroy(key.id);
  });

  it("refuses OAEP with SHA-256 by name, before the token is asked", async () => {
    const key = await generate("AES_256");
    await expect(opened.port.wrap(key.id, wrappingKey.spki, "RSAES_OAEP_SHA_256")).rejects.toMatchObject({
      code: "BYOK_TOKEN_UNSUPPORTED",
      message: containing("sha1"),
    });
    await opened.port.destroy(key.id);
  });

  it("refuses a key of known value that was planted under a CKA_ID of ours", async () => {
    const id = "00112233445566778899aabbccddeeff";
    await opened.raw.plantAes(id, markedLabel("planted"), Buffer.alloc(32, 1));
    await expect(opened.port.wrap(id, wrappingKey.spki, "RSAES_OAEP_SHA_1")).rejects.toMatchObject({
      code: "BYOK_KEY_DRIFTED",
      message: matching(/CKA_(ALWAYS_SENSITIVE|LOCAL)/),
    });
    await opened.raw.destroy(id);
  });

  it("can be initialised again in the same process without harm", async () => {
    const key = await generate("AES_256");
    expect(await opened.raw.initialiseAgain()).toBe("CKR_CRYPTOKI_ALREADY_INITIALIZED");
    expect(await opened.port.findKey(key.id)).toEqual(key);
    await opened.port.destroy(key.id);
  });

  it("sees keys that another process made and destroyed", async () => {
    const other = await startTokenProcess(token);
    const key = await other.port.generate({ spec: "AES_256", label: markedLabel("from elsewhere") });
    expect(await opened.port.findKey(key.id)).toEqual(key);
    const fingerprint = await other.port.fingerprint(key.id);
    expect(await opened.port.fingerprint(key.id)).toEqual(fingerprint);
    await other.port.destroy(key.id);
    await expect(opened.port.fingerprint(key.id)).rejects.toMatchObject({ code: "BYOK_KEY_NOT_FOUND" });
    expect(await other.end()).toBe(0);
  });

  it("never says that a key does not exist while the token is away, and finds it again when it is back", async () => {
    const key = await generate("EC_P256");
    const fingerprint = await opened.port.fingerprint(key.id);
    const away = `${token.tokenFolder}.away`;
    await rename(token.tokenFolder, away);
    for (const act of [
      () => opened.port.findKey(key.id),
      () => opened.port.listKeys(),
      () => opened.port.fingerprint(key.id),
      () => opened.port.listData(""),
      () => opened.port.destroy(key.id),
      () => generate("AES_256"),
    ]) {
      await expect(act()).rejects.toMatchObject({ code: "BYOK_TOKEN_REMOVED", retryable: true });
    }
    await rename(away, token.tokenFolder);
    expect(await opened.port.fingerprint(key.id)).toEqual(fingerprint);
    expect(await opened.port.listKeys()).toEqual([key]);
    await opened.port.destroy(key.id);
  });

  it("heals when the token went and came back unnoticed, with many callers at once", async () => {
    const key = await generate("HMAC_256");
    const expected = await opened.port.mac(key.id, Buffer.from("x"));
    await rename(token.tokenFolder, `${token.tokenFolder}.away`);
    await expect(opened.port.listKeys()).rejects.toMatchObject({ code: "BYOK_TOKEN_REMOVED" });
    await rename(`${token.tokenFolder}.away`, token.tokenFolder);
    const macs = await Promise.all(Array.from({ length: 40 }, () => opened.port.mac(key.id, Buffer.from("x"))));
    expect(macs.every((mac) => mac.equals(expected))).toBe(true);
    await opened.port.destroy(key.id);
  });

  it("tries a wrong PIN once in a process", async () => {
    const wrong = { connection: token.connection, pin: "111111" };
    await expect(startTokenProcess(wrong)).rejects.toMatchObject({
      code: "BYOK_TOKEN_PIN_INCORRECT",
      property: "token.pin",
    });
    await expect(startTokenProcess(wrong)).rejects.toMatchObject({ message: notContaining("111111") });
  });

  it("names the tokens that are there when the label is wrong", async () => {
    const wrong = { connection: { ...token.connection, label: "nowhere" }, pin: token.pin };
    await expect(startTokenProcess(wrong)).rejects.toMatchObject({
      code: "BYOK_TOKEN_NOT_FOUND",
      property: "token.label",
      hint: containing('"byok-test"'),
    });
  });

  it("asks for the serial number when two tokens have one label", async () => {
    const twin = await token.addToken("byok-test");
    const failure: unknown = await startTokenProcess(twin).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: "BYOK_TOKEN_AMBIGUOUS", property: "token.serial" });
    const { serial } = (await opened.port.report()).identity;
    const byserial = await startTokenProcess({ connection: { ...token.connection, serial }, pin: token.pin });
    expect((await byserial.port.report()).identity.serial).toBe(serial);
    expect(await byserial.end()).toBe(0);
  });

  it("reports that the token is gone for good when its files were removed", async () => {
    const lost = await createSoftHsmToken({ label: "lost" });
    const process = await startTokenProcess(lost);
    await process.port.generate({ spec: "AES_256", label: markedLabel("lost") });
    await rm(lost.tokenFolder, { recursive: true });
    await expect(process.port.listKeys()).rejects.toMatchObject({ code: "BYOK_TOKEN_REMOVED" });
    expect(await process.end()).toBe(0);
    await lost.dispose();
  });
});

/** Length of the DER value at the beginning of a buffer, header included. */
function derLength(der: Buffer): number {
  const first = der[1] ?? 0;
  if (first < 0x80) return 2 + first;
  const bytes = first - 0x80;
  return 2 + bytes + der.readUIntBE(2, bytes);
}
