import { moveConsequence, moveRefusal, targetRefusal, type AliasTarget } from "../../provider/model/alias-move";

const key = (more: Partial<AliasTarget> = {}): AliasTarget => ({
  arn: "arn:aws:kms:eu-central-1:123456789012:key/1",
  account: "123456789012",
  region: "eu-central-1",
  spec: "SYMMETRIC_DEFAULT",
  usage: "ENCRYPT_DECRYPT",
  state: "Enabled",
  manager: "CUSTOMER",
  ...more,
});
const place = { account: "123456789012", region: "eu-central-1" };
const rsa = { spec: "RSA_2048", usage: "SIGN_VERIFY" };

describe("what AWS lets an alias point to", () => {
  it.each([
    ["another Region", { region: "eu-west-1" }, "share account and Region"],
    ["another account", { account: "444455556666" }, "share account and Region"],
    ["a key of AWS", { manager: "AWS" }, "AWS manages"],
    ["a key that is going to be deleted", { state: "PendingDeletion" }, "scheduled for deletion"],
    ["a primary that waits for its replicas", { state: "PendingReplicaDeletion" }, "scheduled for deletion"],
  ])("is not %s", (_name, more, words) => {
    expect(targetRefusal(key(more), place)).toContain(words);
  });

  it.each(["Enabled", "Disabled", "PendingImport"])("may be %s", (state) => {
    expect(targetRefusal(key({ state }), place)).toBeUndefined();
  });
});

describe("between which keys AWS moves an alias", () => {
  it.each([
    ["symmetric to symmetric", {}, {}],
    ["RSA to EC of the same usage", rsa, { spec: "ECC_NIST_P256", usage: "SIGN_VERIFY" }],
    [
      "HMAC to a longer HMAC",
      { spec: "HMAC_224", usage: "GENERATE_VERIFY_MAC" },
      { spec: "HMAC_512", usage: "GENERATE_VERIFY_MAC" },
    ],
  ])("%s", (_name, from, to) => {
    expect(moveRefusal(key(from), key(to))).toBeUndefined();
  });

  it.each([
    ["symmetric to asymmetric", {}, { spec: "RSA_2048" }, "a symmetric key"],
    ["asymmetric to HMAC", rsa, { spec: "HMAC_256", usage: "GENERATE_VERIFY_MAC" }, "an asymmetric key"],
    ["signing to encryption", rsa, { spec: "RSA_2048", usage: "ENCRYPT_DECRYPT" }, "same usage"],
  ])("never %s", (_name, from, to, words) => {
    expect(moveRefusal(key(from), key(to))).toContain(words);
  });
});

describe("what a move means", () => {
  it("leaves symmetric ciphertext readable, but for callers that name the alias", () => {
    expect(moveConsequence(key())).toMatch(/stays readable.*only callers that name this alias in Decrypt/);
  });

  it.each([
    ["SIGN_VERIFY", "ECC_NIST_P256", "do not verify by this name"],
    ["GENERATE_VERIFY_MAC", "HMAC_256", "do not verify by this name"],
    ["ENCRYPT_DECRYPT", "RSA_2048", "does not decrypt by this name"],
    ["KEY_AGREEMENT", "ECC_NIST_P256", "not derived by this name"],
  ])("breaks %s by the alias", (usage, spec, words) => {
    expect(moveConsequence({ spec, usage })).toContain(words);
  });
});
