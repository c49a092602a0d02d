import { adoptionProgram, type Adoption } from "../../provider/cli/adoption-program";
import { awsList } from "../../provider/cli/aws-list";
import { KeyChoice } from "../../provider/cli/choose-keys";
import { inventoryRecord, type InventoryRecord } from "../../provider/model/inventory";
import { adoptionObstacle } from "../../provider/model/adoptability";
import type { ListedKey } from "../../provider/model/ports/kms-inventory";
import { listedKey } from "../model/listed-key";

const own = { resources: new Map([["l1", "payments"]]), told: true };
const record = (
  keyId: string,
  more: Partial<ListedKey> = {},
  facts: Partial<NonNullable<ListedKey["facts"]>> = {},
): InventoryRecord => inventoryRecord(listedKey(keyId, more, facts), own);

const program = (chosen: readonly InventoryRecord[], more: Partial<Adoption> = {}): string =>
  adoptionProgram({
    group: "frankfurt",
    account: "123456789012",
    region: "eu-central-1",
    chosen,
    sources: new Map(),
    taken: new Set(),
    module: "adopted-keys",
    ...more,
  });

const multiRegion = { role: "PRIMARY", primary: "arn:p", replicas: [] } as const;

describe("whether a key can be adopted", () => {
  it.each([
    ["an enabled key with imported material", record("k"), undefined],
    ["a placeholder", record("k", {}, { state: "PendingImport" }), undefined],
    ["a key of another stack", record("k", { tags: { "byok:lineage": "l2" } }), undefined],
    ["a key of AWS", record("k", {}, { manager: "AWS" }), "AWS manages it."],
    ["a key of this stack", record("k", { tags: { "byok:lineage": "l1" } }), "as payments."],
    ["a key whose material AWS made", record("k", {}, { origin: "AWS_KMS" }), undefined],
    ["a key of a key store", record("k", {}, { origin: "AWS_CLOUDHSM" }), "its origin is AWS_CLOUDHSM"],
    ["a multi-Region primary", record("k", { multiRegion }), undefined],
    ["a replica", record("k", { multiRegion: { ...multiRegion, role: "REPLICA" } }), "it is a replica of arn:p"],
    ["a key of a spec that takes no import", record("k", {}, { spec: "SM2" }), "its spec SM2"],
    [
      "a key that is about to be deleted",
      record("k", {}, { state: "PendingDeletion" }),
      "its state is PendingDeletion.",
    ],
    ["a key that is gone", { ...record("k"), goneSince: "2026-02-01" }, "it is gone since 2026-02-01."],
  ])("is told of %s", (_name, key, obstacle) => {
    if (obstacle === undefined) expect(adoptionObstacle(key)).toBeUndefined();
    else expect(adoptionObstacle(key)).toContain(obstacle);
  });

  it("is told of a key that the caller may not read", () => {
    const { facts: _facts, ...unread } = listedKey("k", { denied: ["kms:DescribeKey"] });
    expect(adoptionObstacle(inventoryRecord(unread, own))).toContain("kms:DescribeKey");
  });
});

describe("the program that adopts keys", () => {
  it("names each key after its first alias, or its id, and never as another key is named", () => {
    const text = program(
      [record("a", { aliases: ["alias/x"] }), record("b", { aliases: [] }), record("c", { aliases: ["alias/x"] })],
      {
        taken: new Set(["x"]),
      },
    );
    expect(text.match(/new byok\.AwsKmsKey\("[^"]*"/g)).toEqual([
      'new byok.AwsKmsKey("x-2"',
      'new byok.AwsKmsKey("b"',
      'new byok.AwsKmsKey("x-3"',
    ]);
  });

  it("takes the source that the token remembers, and asks for it as a parameter", () => {
    const key = record("ledger");
    const text = program([key], { sources: new Map([[key.arn, { source: "payments-master", version: 2 }]]) });
    expect(text).toContain('readonly "payments-master": byok.SourceKey;');
    expect(text).toContain('material: { source: sources["payments-master"] },');
    expect(text).toContain("version 2 of payments-master");
    expect(text).not.toContain("SOURCE_KEY_OF_");
  });

  it("leaves a name that nothing declares where nobody knows the source", () => {
    const text = program([record("team/ledger-1")]);
    expect(text).toContain("material: { source: SOURCE_KEY_OF_team_ledger_1 },");
    expect(text).not.toContain("sources");
  });

  it("writes native material for keys whose material AWS made, with their key type", () => {
    const text = program([
      record("a", {}, { origin: "AWS_KMS" }),
      record("b", {}, { origin: "AWS_KMS", spec: "ECC_NIST_P256" }),
    ]);
    expect(text).toContain("material: { native: true },");
    expect(text).toContain('material: { native: true, spec: "EC_P256" },');
  });

  it("adopts a multi-Region key whole, and asks for the groups of the other Regions as a parameter", () => {
    const replicaArns = ["eu-west-1", "us-east-1"].map((place) => `arn:aws:kms:${place}:111122223333:key/mrk-1`);
    const text = program([record("a", { multiRegion: { ...multiRegion, replicas: replicaArns } }), record("b")]);
    expect(text).toContain('  readonly "eu-west-1": byok.AwsKmsGroup;\n  readonly "us-east-1": byok.AwsKmsGroup;');
    expect(text).toContain("replicaGroups: ReplicaGroups) {");
    expect(text.match(/multiRegion: true/g)).toHaveLength(1);
    expect(text).toContain('replicas: [{ group: replicaGroups["eu-west-1"] }, { group: replicaGroups["us-east-1"] }],');
    expect(program([record("a", { multiRegion })])).toContain("  multiRegion: true,\n");
    expect(program([record("b")])).not.toContain("ReplicaGroups");
  });

  it("says of each key that it does not adopt why", () => {
    const text = program([record("a"), record("b", {}, { origin: "AWS_CLOUDHSM" })]);
    expect(text).toMatch(/\/\/ Not adopted:\n\/\/ - arn:[^\n]*key\/b \(alias\/b\): its origin is AWS_CLOUDHSM/);
    expect(program([record("b", {}, { manager: "AWS" })])).toMatch(
      /export \{\};\n\n\/\/ Not adopted:\n\/\/ - .*AWS manages it\./,
    );
  });

  it("lets nobody write code into it through a description", () => {
    const description = 'x\n  evil();\u2028evil(); */ ${evil()} "';
    const text = program([record("a", {}, { description })]);
    const lines = text.split(/[\n\u2028]/).filter((line) => line.includes("evil"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\s*\/\/ /);
  });
});

describe("choosing keys", () => {
  const offered = [
    record("a"),
    record("b"),
    record("c", {}, { manager: "AWS" }),
    record("d", { tags: { "byok:lineage": "l1" } }),
  ];
  const list = awsList({ account: "123456789012", region: "eu-central-1" });
  const choose = (...names: readonly string[]): KeyChoice<InventoryRecord> => {
    const choice = new KeyChoice(names, list);
    for (const key of offered) choice.offer(key);
    return choice;
  };
  const ids = (choice: KeyChoice<InventoryRecord>): readonly string[] => choice.chosen.map(({ keyId }) => keyId);

  it("takes ids, ARNs and aliases", () => {
    expect(ids(choose("b", "alias/a"))).toEqual(["a", "b"]);
    expect(ids(choose(record("b").arn))).toEqual(["b"]);
  });

  it("takes with all what neither AWS nor this stack manages, besides what is named", () => {
    expect(ids(choose("all"))).toEqual(["a", "b"]);
    expect(ids(choose("all", "alias/c"))).toEqual(["a", "b", "c"]);
  });

  it("refuses a name that no key has", () => {
    expect(() => choose("a", "alias/nothing").requireFound()).toThrow("there is no key alias/nothing");
    expect(() => choose("a").requireFound()).not.toThrow();
  });
});
