import { createPublicKey, ECDH, generateKeyPairSync } from "node:crypto";
import { readPublicKeyFile } from "../../provider/model/public-key-file";

const pem = (der: Buffer): Buffer =>
  Buffer.from(`-----BEGIN PUBLIC KEY-----\n${der.toString("base64")}\n-----END PUBLIC KEY-----\n`);

describe("the public key in a file", () => {
  it("is the same however its point is written", () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const full = publicKey.export({ format: "der", type: "spki" });
    const point = ECDH.convertKey(full.subarray(-65), "prime256v1", undefined, undefined, "compressed");
    if (typeof point === "string") throw new Error("bytes were asked for");
    const header = Buffer.from("3039301306072a8648ce3d020106082a8648ce3d030107032200", "hex");
    const compressed = Buffer.concat([header, point]);
    expect(createPublicKey({ key: compressed, format: "der", type: "spki" }).equals(publicKey)).toBe(true);
    expect(readPublicKeyFile(pem(compressed), "EC_P256")).toEqual(readPublicKeyFile(pem(full), "EC_P256"));
    expect(readPublicKeyFile(pem(full), "EC_P256")).toHaveProperty("sha256");
  });

  it.each([
    ["EC_P384", "EC on prime256v1, and EC_P384 is EC on secp384r1"],
    ["RSA_2048", "EC on prime256v1, and RSA_2048 is RSA of 2048 bits"],
  ] as const)("is none of type %s where it is of another", (spec, fault) => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const read = readPublicKeyFile(pem(publicKey.export({ format: "der", type: "spki" })), spec);
    expect(read).toEqual({ fault: `its public key is ${fault}` });
  });

  it.each([
    ["secp256k1", "EC_SECP256K1"],
    ["P-384", "EC_P384"],
    ["P-521", "EC_P521"],
  ] as const)("on %s is of type %s", (namedCurve, spec) => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve });
    expect(readPublicKeyFile(pem(publicKey.export({ format: "der", type: "spki" })), spec)).toHaveProperty("sha256");
  });

  it("is no other kind of key", () => {
    const { publicKey } = generateKeyPairSync("ed25519");
    const read = readPublicKeyFile(pem(publicKey.export({ format: "der", type: "spki" })), "EC_P256");
    expect(read).toEqual({ fault: "its public key is of type ed25519, and EC_P256 is EC on prime256v1" });
  });
});
