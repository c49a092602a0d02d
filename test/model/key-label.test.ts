import fc from "fast-check";
import { formatKeyLabel, maxNameBytes, nameFault, parseKeyLabel } from "../../provider/model/key-label";
import { thrownBy } from "../custodian/doubles/thrown-by";

const owner = fc
  .array(fc.constantFrom(..."0123456789abcdef".split("")), { minLength: 32, maxLength: 32 })
  .map((digits) => digits.join(""));
const version = fc.integer({ min: 1, max: 999_999_999 });
const name = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
  .filter((text) => nameFault(text) === undefined);

describe("the label of a key", () => {
  it("gives back what was put into it, whatever the name looks like", () => {
    fc.assert(
      fc.property(fc.record({ name, version, owner }), (label) => {
        expect(parseKeyLabel(formatKeyLabel(label))).toEqual(label);
      }),
    );
  });

  it("gives back a name that looks like a label itself", () => {
    const label = { name: `a v3 byok:${"0".repeat(32)}`, version: 2, owner: "f".repeat(32) };
    expect(parseKeyLabel(formatKeyLabel(label))).toEqual(label);
  });

  it("reads as people expect", () => {
    expect(formatKeyLabel({ name: "orders", version: 12, owner: "a1".repeat(16) })).toBe(
      "orders v12 byok:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
    );
  });

  it.each([
    "orders",
    "orders v1",
    " v1 byok:",
    `x v0 byok:${"a".repeat(32)}`,
    `x v1 byok:${"a".repeat(31)}`,
    `x v1 byok:${"A".repeat(32)}`,
    `x v01 byok:${"a".repeat(32)}`,
  ])("is not seen in %j", (text) => {
    expect(parseKeyLabel(text)).toBeUndefined();
  });

  it.each([
    ["an empty name", ""],
    ["a control character", "a\nb"],
    ["a lone surrogate", "a\ud800"],
    ["a name that is too long", "ü".repeat(maxNameBytes / 2 + 1)],
  ])("refuses %s and blames the name", async (_, bad) => {
    const error = await thrownBy(() => formatKeyLabel({ name: bad, version: 1, owner: "a".repeat(32) }));
    expect(error).toMatchObject({ code: "BYOK_INPUT_INVALID", property: "name" });
  });

  it("takes the longest name that is allowed", () => {
    expect(nameFault("ü".repeat(maxNameBytes / 2))).toBeUndefined();
  });
});
