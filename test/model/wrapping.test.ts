import fc from "fast-check";
import { keySpecFacts, keySpecs } from "../../provider/model/key-spec";
import type { OaepHash, TokenAbilities } from "../../provider/model/token";
import { chooseWrapping, type Wrapping, type WrappingRefusal, wrappingKeySpecs } from "../../provider/model/wrapping";

const softhsm: TokenAbilities = {
  oaepHashes: ["sha1"],
  keyWrapPadding: "pads",
  specs: keySpecs,
  fingerprint: "digest-key",
  enforcesExtractable: true,
  storesLinks: true,
};
const hardware: TokenAbilities = { ...softhsm, oaepHashes: ["sha1", "sha256"], keyWrapPadding: "exact" };

const abilities = fc.record({
  oaepHashes: fc.constantFrom<readonly OaepHash[]>([], ["sha1"], ["sha256"], ["sha1", "sha256"]),
  keyWrapPadding: fc.constantFrom("exact", "pads", "none"),
  specs: fc.subarray([...keySpecs]),
  fingerprint: fc.constantFrom("digest-key", "mac"),
  enforcesExtractable: fc.boolean(),
  storesLinks: fc.boolean(),
}) satisfies fc.Arbitrary<TokenAbilities>;
const isWrapping = (answer: Wrapping | WrappingRefusal): answer is Wrapping => "algorithm" in answer;

describe("the choice of a wrapping algorithm", () => {
  it.each(keySpecs)("gives %s SHA-256 on a token that has it, and SHA-1 on one that has only that and may", (spec) => {
    const composed = ["rsa", "ec"].includes(keySpecFacts[spec].family);
    const strong = chooseWrapping({ spec, abilities: hardware, minOaepHash: "sha256", partition: "aws" });
    const weak = chooseWrapping({ spec, abilities: softhsm, minOaepHash: "sha1", partition: "aws" });
    expect(strong).toMatchObject({
      algorithm: composed ? "RSA_AES_KEY_WRAP_SHA_256" : "RSAES_OAEP_SHA_256",
      padded: false,
    });
    expect(weak).toMatchObject({ algorithm: composed ? "RSA_AES_KEY_WRAP_SHA_1" : "RSAES_OAEP_SHA_1" });
  });

  it("refuses SHA-1 unless the group permits it, and names the property to set", () => {
    const answer = chooseWrapping({
      spec: "AES_256",
      abilities: softhsm,
      minOaepHash: "sha256",
      partition: "aws",
      tokenModel: "SoftHSM v2",
    });
    expect(answer).toMatchObject({
      hint: expect.stringContaining('minOaepHash: "sha1"'),
      refused: expect.stringContaining("SoftHSM v2"),
    });
  });

  it.each([
    ["RSA_2048", true],
    ["EC_P256", true],
    ["EC_P521", true],
    ["EC_P384", false],
    ["EC_SECP256K1", false],
    ["AES_256", false],
    ["HMAC_224", false],
  ] as const)("says whether %s arrives with padding from a token that pads", (spec, padded) => {
    expect(chooseWrapping({ spec, abilities: softhsm, minOaepHash: "sha1", partition: "aws" })).toMatchObject({
      padded,
    });
  });

  it("refuses RSA in the partition that imports none", () => {
    expect(
      chooseWrapping({ spec: "RSA_2048", abilities: hardware, minOaepHash: "sha256", partition: "aws-cn" }),
    ).toHaveProperty("refused");
    expect(
      chooseWrapping({ spec: "EC_P256", abilities: hardware, minOaepHash: "sha256", partition: "aws-cn" }),
    ).not.toHaveProperty("refused");
  });

  it("never goes below the policy, never uses what the token lacks, and only what AWS takes for the key type", () => {
    const question = fc.record({
      spec: fc.constantFrom(...keySpecs),
      abilities,
      minOaepHash: fc.constantFrom<OaepHash>("sha1", "sha256"),
      wrappingKeySpec: fc.option(fc.constantFrom(...wrappingKeySpecs), { nil: undefined }),
      partition: fc.constantFrom("aws", "aws-cn", "aws-us-gov"),
    });
    fc.assert(
      fc.property(question, (asked) => {
        const answer = chooseWrapping(asked);
        if (!isWrapping(answer)) {
          expect(answer.refused.length * answer.hint.length).toBeGreaterThan(0);
          return;
        }
        const hash: OaepHash = answer.algorithm.endsWith("SHA_1") ? "sha1" : "sha256";
        expect(asked.abilities.oaepHashes).toContain(hash);
        expect(asked.abilities.specs).toContain(asked.spec);
        if (asked.minOaepHash === "sha256") expect(hash).toBe("sha256");
        if (hash === "sha1") expect(asked.abilities.oaepHashes).not.toContain("sha256");
        const { family } = keySpecFacts[asked.spec];
        expect(answer.algorithm.startsWith("RSA_AES_KEY_WRAP")).toBe(family === "rsa" || family === "ec");
        if (family === "rsa" || family === "ec") expect(asked.abilities.keyWrapPadding).not.toBe("none");
        expect(answer.wrappingKeySpec).toBe(asked.wrappingKeySpec ?? "RSA_4096");
      }),
      { numRuns: 500 },
    );
  });
});
