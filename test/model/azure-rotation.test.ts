import { numberRotated, type RotatedKey } from "../../provider/model/azure-rotated-versions";
import {
  azureRotationFaults,
  periodAfter,
  rotationOf,
  samePolicy,
  vaultPolicyOf,
} from "../../provider/model/azure-rotation";
import type { KeyVersionFacts } from "../../provider/model/ports/key-vault";

const day = 86_400_000;
const version = (name: string, at: number, tags: Record<string, string> = {}): KeyVersionFacts => ({
  ...{ id: name, name: "orders", version: name, enabled: true, recoveryLevel: "Recoverable", tags },
  createdOn: new Date(at * day),
  updatedOn: new Date(at * day),
});
const ours = (number: number): Record<string, string> => ({
  ...{ "byok:lineage": "l", "byok:owner": "o", "byok:version": String(number) },
});
const key = (known: Record<string, number> = {}): RotatedKey => ({
  ...{ lineage: "l", owner: "o", rotateAfter: "90d", known: new Map(Object.entries(known)) },
});
const numbersOf = (all: readonly KeyVersionFacts[], about = key()): readonly string[] =>
  numberRotated(all, about).own.map(({ number, facts }) => `${facts.version}=${String(number)}`);

describe("versions of a key that Azure rotates", () => {
  it("count on by their creation, whichever order Azure lists them in", () => {
    const all = [version("c", 180, ours(1)), version("a", 0, ours(1)), version("b", 90, ours(1))];
    expect(numbersOf(all)).toEqual(["a=1", "b=2", "c=3"]);
    // Once they are told their numbers, nothing changes.
    const tagged = [version("c", 180, ours(3)), version("a", 0, ours(1)), version("b", 90, ours(2))];
    expect(numbersOf(tagged)).toEqual(["a=1", "b=2", "c=3"]);
  });

  it("keep what the state knows, and the gap that a version by hand left", () => {
    expect(numbersOf([version("a", 0, ours(4)), version("b", 90, ours(4))], key({ a: 4 }))).toEqual(["a=4", "b=5"]);
    expect(numbersOf([version("a", 0), version("b", 0)], key({ b: 2, a: 1 }))).toEqual(["a=1", "b=2"]);
  });

  it("are ours without a tag only when the policy was due", () => {
    const all = [version("a", 0, ours(1)), version("early", 50), version("due", 90), version("next", 180)];
    const { own, foreign } = numberRotated(all, key());
    expect(own.map(({ facts }) => facts.version)).toEqual(["a", "due", "next"]);
    expect(foreign.map(({ version: name }) => name)).toEqual(["early"]);
    expect(numbersOf(all, { ...key(), rotateAfter: undefined })).toEqual(["a=1"]);
  });

  it("are others' where they carry another lineage, or were there before our first", () => {
    const theirs = { "byok:lineage": "x", "byok:owner": "y", "byok:version": "1" };
    expect(numbersOf([version("old", 0), version("a", 100, ours(1)), version("b", 190, theirs)])).toEqual(["a=1"]);
  });
});

describe("a rotation policy", () => {
  it("is what Azure keeps, in days or months, and is told in the same words again", () => {
    for (const rotateAfter of ["7d", "28d", "365d", "1mo", "12mo", "24mo"]) {
      expect(azureRotationFaults({ rotateAfter }, "premium")).toEqual([]);
      const policy = vaultPolicyOf({ rotateAfter });
      expect(rotationOf(policy, undefined)).toEqual({ rotateAfter });
      expect(samePolicy(policy, { ...policy, notifyBefore: "P30D" })).toBe(true);
    }
    expect(samePolicy({ rotateAfter: "P12M" }, { rotateAfter: "P1Y" })).toBe(true);
    expect(samePolicy({ rotateAfter: "P14D" }, { rotateAfter: "P2W" })).toBe(true);
    expect(samePolicy({ rotateAfter: "P30D" }, { rotateAfter: "P1M" })).toBe(false);
    expect(rotationOf({ notifyBefore: "P30D" }, undefined)).toBeUndefined();
  });

  it("needs 28 days on a Managed HSM, and 7 in a vault", () => {
    expect(azureRotationFaults({ rotateAfter: "27d" }, "managed-hsm")).toHaveLength(1);
    expect(azureRotationFaults({ rotateAfter: "28d" }, "managed-hsm")).toEqual([]);
    expect(azureRotationFaults({ rotateAfter: "7d" }, "standard")).toEqual([]);
  });

  it("counts calendar months", () => {
    expect(periodAfter("12mo", new Date("2026-03-15T00:00:00Z"))?.toISOString()).toBe("2027-03-15T00:00:00.000Z");
    expect(periodAfter("1 year", new Date())).toBeUndefined();
  });
});
