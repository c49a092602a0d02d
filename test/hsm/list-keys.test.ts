import { CKA } from "../../provider/hsm/pkcs11-constants";
import type { TokenKey, TokenPort } from "../../provider/model/ports/token";
import { FakeCryptoki, fakeToken } from "./fake-cryptoki";
import { openFake } from "./open-fake";

const label = (name: string): string => `${name} v1 byok:0123456789abcdef0123456789abcdef`;

let cryptoki: FakeCryptoki;
let port: TokenPort;
let keys: readonly TokenKey[];
beforeEach(async () => {
  cryptoki = new FakeCryptoki(fakeToken());
  port = await openFake(cryptoki);
  const orders = await port.generate({ spec: "AES_256", label: label("orders") });
  const letters = await port.generate({ spec: "HMAC_384", label: label("letters") });
  keys = [orders, letters];
});
afterEach(() => port.shutdown());

describe("listing the keys of a token", () => {
  it("asks once for each key", async () => {
    cryptoki.calls.length = 0;
    expect(await port.listKeys()).toEqual(keys);
    expect(cryptoki.calls.filter((call) => call === "C_GetAttributeValue")).toHaveLength(keys.length);
  });

  it.each(["ATTRIBUTE_TYPE_INVALID", "ATTRIBUTE_SENSITIVE", "BUFFER_TOO_SMALL"] as const)(
    "asks for each attribute alone where a token answers %s to several",
    async (code) => {
      cryptoki.failNext("C_GetAttributeValue", code);
      expect(await port.listKeys()).toEqual(keys);
    },
  );

  it("never takes trouble with the token for a key that is not there", async () => {
    cryptoki.failNext("C_GetAttributeValue", "DEVICE_MEMORY", 1);
    await expect(port.listKeys()).rejects.toMatchObject({ code: "BYOK_TOKEN_FULL" });
  });

  it("passes over a key of another program that does not tell what ours tell", async () => {
    await port.generate({ spec: "AES_256", label: "somebody else's" });
    const foreign = [...cryptoki.objects.values()].at(-1);
    foreign?.attributes.delete(CKA.VALUE_LEN);
    foreign?.attributes.delete(CKA.ID);
    expect(await port.listKeys()).toEqual(keys);
  });

  it("shows what another process changed since the last time", async () => {
    await port.listKeys();
    for (const { attributes } of cryptoki.objects.values()) {
      attributes.set(CKA.LABEL, Buffer.from(label("renamed"), "utf8"));
      attributes.set(CKA.EXTRACTABLE, Buffer.from([0]));
    }
    expect(await port.listKeys()).toEqual(keys.map((key) => ({ ...key, label: label("renamed"), extractable: false })));
  });
});
