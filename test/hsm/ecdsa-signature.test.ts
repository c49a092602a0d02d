import { createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { derSignature } from "../../provider/hsm/ecdsa-signature";

const message = Buffer.from("message");

describe("an ECDSA signature of a token", () => {
  it.each(["P-256", "P-384", "P-521", "secp256k1"])(
    "on %s verifies in DER, whatever its leading bytes are",
    (namedCurve) => {
      const { privateKey } = generateKeyPairSync("ec", { namedCurve });
      const publicKey = createPublicKey(privateKey);
      // Of 300 signatures some have a first byte above 0x7f, and some begin with zeros.
      for (let round = 0; round < 300; round += 1) {
        const raw = sign("sha256", message, { key: privateKey, dsaEncoding: "ieee-p1363" });
        expect(verify("sha256", message, publicKey, derSignature(raw))).toBe(true);
      }
    },
  );

  it.each([
    ["0001", "3006020100020101"],
    ["80ff", "3008020200800202" + "00ff"],
    ["00007f01", "3007020100" + "02027f01"],
  ])("r and s of %s are %s", (raw, der) => {
    expect(derSignature(Buffer.from(raw, "hex")).toString("hex")).toBe(der);
  });
});
