import { deletionConsequence, type DeletionFacts } from "../../provider/model/deletion-consequence";

const facts = (more: Partial<DeletionFacts> = {}): DeletionFacts => ({
  spec: "SYMMETRIC_DEFAULT",
  usage: "ENCRYPT_DECRYPT",
  windowInDays: 14,
  date: new Date("2027-02-18T10:00:00Z"),
  aliases: 1,
  replicaRegions: [],
  ...more,
});

describe("the consequence of a deletion", () => {
  it("tells days, date, what is lost and who depends on it", () => {
    expect(deletionConsequence(facts())).toBe(
      "in 14 days (2027-02-18) AWS deletes this key; everything encrypted with it becomes unreadable for ever, and importing the same " +
        "material into another key does not help. 1 alias points to it and is deleted with it. From now on nobody can use it.",
    );
  });

  it.each([
    ["signatures", { spec: "RSA_2048", usage: "SIGN_VERIFY" }, "nothing can be signed"],
    ["MACs", { spec: "HMAC_256", usage: "GENERATE_VERIFY_MAC" }, "neither made nor verified"],
    ["shared secrets", { spec: "ECC_NIST_P256", usage: "KEY_AGREEMENT" }, "cannot be derived"],
    ["asymmetric ciphertext", { spec: "RSA_2048", usage: "ENCRYPT_DECRYPT" }, "is unreadable"],
  ])("says of %s that the same material in another key brings them back", (_name, more, words) => {
    const sentence = deletionConsequence(facts(more));
    expect(sentence).toContain(words);
    expect(sentence).toContain("until the same material is imported into another KMS key");
    expect(sentence).not.toContain("for ever");
  });

  it("says that what AWS made goes with it", () => {
    const sentence = deletionConsequence(facts({ spec: "HMAC_256", usage: "GENERATE_VERIFY_MAC", origin: "AWS_KMS" }));
    expect(sentence).toContain("for ever: AWS made its material, and nobody else has it.");
    expect(sentence).not.toContain("imported");
  });

  it("counts aliases and replicas, and tells the date that is replaced", () => {
    const sentence = deletionConsequence(
      facts({
        aliases: 3,
        replicaRegions: ["eu-west-1", "eu-north-1"],
        scheduledFor: new Date("2027-03-01T00:00:00Z"),
      }),
    );
    expect(sentence).toContain("3 aliases point to it and are deleted with it.");
    expect(sentence).toContain("2 replicas (eu-west-1, eu-north-1)");
    expect(sentence).toContain("As things are it would be deleted on 2027-03-01.");
    expect(deletionConsequence(facts({ aliases: 0 }))).toContain("No alias points to it.");
  });
});
