import { lastUsageSentence } from "../../provider/model/last-usage";

const [april, may] = [new Date("2026-04-01T00:00:00Z"), new Date("2026-05-01T00:00:00Z")];

describe("when a key was last used", () => {
  it.each([
    [undefined, "When it was last used is not known: AWS did not tell (kms:GetKeyLastUsage)."],
    [
      { trackedSince: april, at: may, operation: "Sign" },
      "It was last used on 2026-05-01 (Sign); AWS counts since 2026-04-01.",
    ],
    [
      { trackedSince: april, createdAt: april },
      "It has never been used; AWS counts since 2026-04-01, when it was made.",
    ],
    [
      { trackedSince: may, createdAt: april },
      "AWS knows of no use since 2026-05-01, when it began to count; what was before, only CloudTrail tells.",
    ],
  ])("of %j is said with the day since when AWS counts", (usage, sentence) => {
    expect(lastUsageSentence(usage)).toBe(sentence);
  });
});
