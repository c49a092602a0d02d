import { generateKeyPairSync, randomBytes } from "node:crypto";
import { decodeFile, fileDigest, requireMaterial } from "../../provider/custodian/decode-material";
import { ByokError } from "../../provider/model/errors";
import type { KeySpec } from "../../provider/model/key-spec";

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const pkcs8 = (key: typeof ec): Buffer => key.export({ format: "der", type: "pkcs8" });

const refusal = (act: () => unknown): string => {
  try {
    act();
    return "nothing";
  } catch (thrown) {
    if (!(thrown instanceof ByokError)) throw thrown;
    expect(thrown).toMatchObject({ code: "BYOK_MATERIAL_INVALID", property: "material.file" });
    return thrown.message;
  }
};

describe("the bytes of a file", () => {
  const bytes = randomBytes(32);
  it("are the same in every encoding, white space or not", () => {
    const lines = bytes.toString("base64").replace(/.{20}/g, "$&\r\n");
    expect(decodeFile(bytes, "raw").equals(bytes)).toBe(true);
    expect(decodeFile(Buffer.from(`${bytes.toString("hex").toUpperCase()}\n`), "hex").equals(bytes)).toBe(true);
    expect(decodeFile(Buffer.from(lines), "base64").equals(bytes)).toBe(true);
  });

  it.each([
    ["hex with a digit too many", "hex", `${bytes.toString("hex")}a`, /not hex digits, as material\.encoding says/],
    ["base64 that is none", "base64", "====", /not base64/],
    ["nothing as raw", "raw", "", /is empty/],
    ["blanks as hex", "hex", " \n", /is empty/],
    [
      "PEM as base64",
      "base64",
      "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
      /is PEM text.*openssl pkey/,
    ],
  ] as const)("are refused where they are %s", (_name, encoding, content, fault) => {
    expect(refusal(() => decodeFile(Buffer.from(content), encoding))).toMatch(fault);
  });

  it("have a digest that is no digest of anybody else", () => {
    expect(fileDigest(bytes)).toMatch(/^[0-9a-f]{64}$/);
    expect(fileDigest(bytes)).not.toBe(fileDigest(randomBytes(32)));
  });
});

describe("material in clear", () => {
  it.each<[KeySpec, Buffer]>([
    ["AES_256", randomBytes(32)],
    ["HMAC_224", randomBytes(28)],
    ["EC_P256", pkcs8(ec)],
    ["RSA_2048", pkcs8(rsa)],
  ])("of type %s is taken", (spec, bytes) => {
    expect(() => requireMaterial(bytes, spec)).not.toThrow();
  });

  const sealed = ec.export({ format: "der", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "x" });
  it.each<[string, KeySpec, Buffer, RegExp]>([
    ["16 bytes", "AES_256", randomBytes(16), /holds 16 bytes, and AES_256 material has 32/],
    [
      "SEC 1",
      "EC_P256",
      ec.export({ format: "der", type: "sec1" }),
      /as SEC 1, and PKCS#8 is wanted\. .*openssl pkcs8 -topk8/,
    ],
    ["PKCS#1", "RSA_2048", rsa.export({ format: "der", type: "pkcs1" }), /as PKCS#1, and PKCS#8 is wanted/],
    ["PEM", "EC_P256", Buffer.from(ec.export({ format: "pem", type: "pkcs8" })), /is PEM text/],
    ["another curve", "EC_P384", pkcs8(ec), /holds EC_P256, and material\.spec is EC_P384/],
    ["another length", "RSA_4096", pkcs8(rsa), /holds RSA_2048/],
    ["another family", "RSA_2048", pkcs8(ec), /holds EC_P256/],
    ["an encrypted PKCS#8", "EC_P256", sealed, /no unencrypted private key/],
    ["rubbish", "EC_P256", randomBytes(40), /no unencrypted private key/],
  ])("that is %s is refused, and not repeated", (_name, spec, bytes, fault) => {
    const message = refusal(() => requireMaterial(bytes, spec));
    expect(message).toMatch(fault);
    expect(message).not.toContain(bytes.toString("hex").slice(0, 16));
  });
});
