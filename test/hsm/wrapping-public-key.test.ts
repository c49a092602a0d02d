import { generateKeyPairSync } from "node:crypto";
import { readWrappingPublicKey } from "../../provider/hsm/wrapping-public-key";
import { thrownBy } from "./thrown-by";

const rsa = (modulusLength: number, publicExponent = 65537): Buffer =>
  generateKeyPairSync("rsa", { modulusLength, publicExponent }).publicKey.export({ format: "der", type: "spki" });

describe("a wrapping key", () => {
  it("is read from SubjectPublicKeyInfo", () => {
    const { modulus, exponent } = readWrappingPublicKey(rsa(2048));
    expect(modulus).toHaveLength(256);
    expect(exponent).toEqual(Buffer.from([1, 0, 1]));
  });

  it.each([
    ["of 1024 bits", rsa(1024)],
    ["of 2056 bits", rsa(2056)],
    ["with exponent 3", rsa(2048, 3)],
    [
      "of another algorithm",
      generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "der", type: "spki" }),
    ],
    [
      "that is a private key",
      generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "der", type: "pkcs8" }),
    ],
    ["that is no key", Buffer.from("no key")],
    ["of nothing", Buffer.alloc(0)],
  ])("%s is refused", (_, spki) => {
    expect(thrownBy(() => readWrappingPublicKey(spki)).code).toBe("BYOK_WRAP_REFUSED");
  });
});
