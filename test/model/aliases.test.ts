import fc from "fast-check";
import { aliasFault, aliasFaults } from "../../provider/model/aliases";

describe("alias names", () => {
  it.each(["alias/payments", "alias/a", "alias/ledger/invoices_2-x", `alias/${"x".repeat(250)}`])(
    "takes %s",
    (alias) => {
      expect(aliasFault(alias)).toBeUndefined();
    },
  );

  it("shows the corrected form where the prefix is missing", () => {
    expect(aliasFault("payments")).toBe('"payments" must start with "alias/". Write "alias/payments".');
  });

  it.each(["alias/aws/ebs", "alias/", "alias/ü", "alias/a b", `alias/${"x".repeat(251)}`])("refuses %s", (alias) => {
    expect(aliasFault(alias)).toBeDefined();
  });

  it("names the index of a wrong or doubled alias", () => {
    expect(aliasFaults(["alias/a", "b", "alias/a"]).map((fault) => fault.index)).toEqual([1, 2]);
  });

  it("refuses the 51st", () => {
    const many = Array.from({ length: 51 }, (_, index) => `alias/k${index}`);
    expect(aliasFaults(many)).toEqual([{ index: -1, reason: "A KMS key can have 50 aliases; these are 51." }]);
  });

  it("takes whatever it suggests, as long as the characters are right", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/), (name) => {
        expect(aliasFault(`alias/${name}`)).toBeUndefined();
      }),
    );
  });
});
