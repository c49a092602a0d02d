import fc from "fast-check";
import type { GroupWrappingKey } from "../../provider/model/ports/azure-import";
import {
  knownWrappingKey,
  unknownWrappingKey,
  wrappingKeyGroup,
  type RememberedWrappingKey,
} from "../../provider/model/wrapping-key-trust";

const pin = fc.record({
  id: fc.constantFrom("a", "b", "c", "d").map((name) => `https://payments.vault.azure.net/keys/${name}/1`),
  publicKeySha256: fc.constantFrom("1".repeat(64), "2".repeat(64)),
});
const asked: fc.Arbitrary<GroupWrappingKey> = fc
  .record({ pin, made: fc.boolean() })
  .map((each) => ({ ...each.pin, made: each.made, remembers: true, group: "f".repeat(32), bits: 4096 }));
const remembered: fc.Arbitrary<readonly RememberedWrappingKey[]> = fc.array(
  fc
    .record({ pin, instead: fc.option(pin, { nil: undefined }) })
    .map((each) => (each.instead === undefined ? each.pin : { ...each.pin, insteadOf: each.instead.id })),
  { maxLength: 3 },
);
const isIn = (keys: readonly RememberedWrappingKey[], { id, publicKeySha256 }: RememberedWrappingKey): boolean =>
  keys.some((key) => key.id === id && key.publicKeySha256 === publicKeySha256);

describe("what material goes under", () => {
  it("is only ever what the token remembers, what this run made, or what is made for it", () => {
    fc.assert(
      fc.property(asked, remembered, (key, keys) => {
        const known = knownWrappingKey(key, keys);
        if (known.kind === "known") expect(isIn(keys, known.key) && isIn([key], known.key)).toBe(true);
        if (known.kind === "made") expect(key.made).toBe(true);
        const unknown = unknownWrappingKey(key, keys);
        if (unknown.kind === "instead") expect(isIn(keys, unknown.key)).toBe(true);
        if (unknown.kind === "make") expect(keys).toEqual([]);
      }),
    );
  });

  it("is a contradiction wherever the token remembers a living one that stands for another", () => {
    fc.assert(
      fc.property(asked, remembered, (key, keys) => {
        fc.pre(keys.length > 0 && keys.every(({ insteadOf }) => insteadOf !== key.id));
        expect(unknownWrappingKey(key, keys).kind).toBe("contradicted");
      }),
    );
  });
});

describe("the mark of a group's wrapping keys", () => {
  const urn = (project: string, name: string): string => `urn:pulumi:prod::${project}::kind::${name}`;
  const facts = { organization: "acme", name: "vault", vaultUrl: "https://payments.vault.azure.net" };

  it("is the same for the group and for each of its keys", () => {
    const ofGroup = wrappingKeyGroup({ ...facts, self: urn("pay", "vault") });
    expect(wrappingKeyGroup({ ...facts, self: urn("pay", "signing") })).toBe(ofGroup);
    expect(wrappingKeyGroup({ ...facts, vaultUrl: `${facts.vaultUrl}/`, self: urn("pay", "x") })).toBe(ofGroup);
    expect(ofGroup).toMatch(/^[0-9a-f]{32}$/);
  });

  it("differs by organisation, stack, project, name and vault", () => {
    const marks = [
      wrappingKeyGroup({ ...facts, self: urn("pay", "vault") }),
      wrappingKeyGroup({ ...facts, self: urn("other", "vault") }),
      wrappingKeyGroup({ ...facts, self: "urn:pulumi:dev::pay::kind::vault" }),
      wrappingKeyGroup({ ...facts, organization: "other", self: urn("pay", "vault") }),
      wrappingKeyGroup({ ...facts, name: "other", self: urn("pay", "vault") }),
      wrappingKeyGroup({ ...facts, vaultUrl: "https://other.vault.azure.net", self: urn("pay", "vault") }),
    ];
    expect(new Set(marks).size).toBe(marks.length);
  });
});
