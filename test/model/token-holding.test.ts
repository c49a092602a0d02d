import { holdingKind } from "../../provider/model/token-holding";

describe("what lies in a token", () => {
  it.each([
    ["made there", { made: true }, undefined, "source"],
    ["made there, before its source key claimed it", { made: true }, false, "source"],
    ["brought there and claimed by a source key", { made: false }, true, "source"],
    ["brought there, and nobody's", { made: false }, false, "kept"],
    ["brought to a token that remembers no claims", { made: false }, undefined, "kept"],
    ["claimed, in a token that does not tell what it made", {}, true, "source"],
    ["claimed by nobody, in a token that does not tell what it made", {}, false, "source"],
    ["unknown in every way", {}, undefined, "source"],
  ] as const)("%s is told by what speaks for a source key", (_name, traits, claimed, kind) => {
    expect(holdingKind({ unwraps: false, ...traits }, claimed)).toBe(kind);
    expect(holdingKind({ unwraps: true, ...traits }, claimed)).toBe("kek");
  });
});
