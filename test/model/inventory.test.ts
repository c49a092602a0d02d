import { awsIdentity } from "../../provider/model/inventory";
import { inventoryRecord } from "../../provider/model/inventory";
import { countInventory, mergeInventory } from "../../provider/model/merge-inventory";
import { packInventory, unpackInventory } from "../../provider/model/packed-inventory";
import type { ListedKey } from "../../provider/model/ports/kms-inventory";
import { listedKey } from "./listed-key";

const own = { resources: new Map([["l1", "payments"]]), told: true };
const record = (key: ListedKey): ReturnType<typeof inventoryRecord> => inventoryRecord(key, own);
const ours = (lineage: string): Partial<ListedKey> => ({ tags: { "byok:lineage": lineage, "byok:owner": "o" } });

describe("a listed key", () => {
  it.each([
    ["this stack", listedKey("k", ours("l1"))],
    ["another stack", listedKey("k", ours("l2"))],
    ["another stack", listedKey("k", { tags: { "byok:owner": "o" } })],
    ["nobody", listedKey("k", { tags: { team: "ledger" } })],
    ["AWS", listedKey("k", { tags: {} }, { manager: "AWS" })],
  ])("is managed by %s", (managedBy, key) => {
    expect(record(key).managedBy).toBe(managedBy);
  });

  it("is named as the resource that it belongs to", () => {
    expect(record(listedKey("k", ours("l1"))).resource).toBe("payments");
    expect(record(listedKey("k", ours("l2")))).not.toHaveProperty("resource");
  });

  it("is of a stack where nobody told which keys are one's own", () => {
    const key = listedKey("k", ours("l1"));
    expect(inventoryRecord(key, { resources: new Map(), told: false }).managedBy).toBe("a stack");
  });

  it("is of nobody known where its tags may not be read, and says which read was denied", () => {
    const { tags: _tags, ...unread } = listedKey("k", { denied: ["kms:ListResourceTags"] });
    expect(record(unread)).toMatchObject({ managedBy: "unknown", denied: ["kms:ListResourceTags"] });
    const { facts: _facts, ...undescribed } = listedKey("k", { denied: ["kms:DescribeKey"] });
    expect(record(undescribed).managedBy).toBe("unknown");
  });

  it("tells spec, usage, origin, state, dates, place among its relatives, rotation and tags", () => {
    const at = new Date("2027-01-01T00:00:00Z");
    const multiRegion = { role: "PRIMARY", primary: "arn:p", replicas: ["arn:r"] } as const;
    const rotation = {
      automatic: "on",
      periodInDays: 90,
      nextAt: at,
      done: { count: 2, onDemand: 1, latestAt: at },
    } as const;
    const key = listedKey(
      "k",
      { aliases: ["alias/b", "alias/a"], tags: { team: "ledger" }, multiRegion, rotation },
      { expires: true, validTo: at, deletionDate: at, description: "the ledger's" },
    );
    expect(record(key)).toEqual({
      keyId: "k",
      arn: key.arn,
      aliases: ["alias/a", "alias/b"],
      managedBy: "nobody",
      description: "the ledger's",
      spec: "SYMMETRIC_DEFAULT",
      usage: "ENCRYPT_DECRYPT",
      origin: "EXTERNAL",
      state: "Enabled",
      createdAt: "2026-01-02T03:04:05.000Z",
      validTo: at.toISOString(),
      deletionDate: at.toISOString(),
      multiRegion,
      rotation: {
        automatic: "on",
        periodInDays: 90,
        nextAt: at.toISOString(),
        done: { count: 2, onDemand: 1, latestAt: at.toISOString() },
      },
      tags: { team: "ledger" },
    });
  });
});

describe("an earlier list", () => {
  const [a, b, c] = [record(listedKey("a")), record(listedKey("b")), record(listedKey("c"))];
  const listing = (records: readonly (typeof a)[], at: string, others: readonly (typeof a)[] = []) => ({
    records,
    present: new Set([...records, ...others].map(({ arn }) => arn)),
    at,
  });

  it("keeps its order; what is new is appended, and what is gone is marked with the date of the first listing without it", () => {
    const first = mergeInventory([a, b], listing([c, a], "2026-02-01"), awsIdentity);
    expect(first).toEqual([a, { ...b, goneSince: "2026-02-01" }, c]);
    expect(mergeInventory(first, listing([c, a], "2026-03-01"), awsIdentity)).toEqual(first);
  });

  it("takes what is known of a key by now, also of one that came back", () => {
    const changed = { ...a, state: "Disabled" };
    expect(mergeInventory([{ ...a, goneSince: "2026-01-01" }], listing([changed], "2026-02-01"), awsIdentity)).toEqual([
      changed,
    ]);
  });

  it("drops a key that is there and not asked for any more, instead of calling it gone", () => {
    expect(mergeInventory([a, b], listing([a], "2026-02-01", [b]), awsIdentity)).toEqual([a]);
  });

  it("is counted by who manages the keys, without those that are gone", () => {
    const gone = { ...b, goneSince: "2026-02-01" };
    const aws = record(listedKey("d", {}, { manager: "AWS" }));
    expect(countInventory([a, gone, c, aws])).toEqual({ total: 3, gone: 1, managedBy: { nobody: 2, AWS: 1 } });
  });
});

describe("a list in the state", () => {
  const random = (seed: number): string => ((seed * 2_654_435_761) >>> 0).toString(16).padStart(8, "0").repeat(4);
  const keys = Array.from({ length: 1000 }, (_, number) =>
    record(
      listedKey(random(number), {
        aliases: [`alias/team-${number % 7}/key-${number}`],
        tags: { team: `t${number % 7}` },
      }),
    ),
  );

  it("is read as it was written", () => {
    expect(unpackInventory(packInventory(keys))).toEqual(keys);
    expect(unpackInventory(packInventory([]))).toEqual([]);
  });

  it("takes about a hundred bytes a key", () => {
    expect(packInventory(keys).length).toBeLessThan(150 * keys.length);
  });

  it.each([[undefined], [""], ["nonsense"], [7]])("is none where it was replaced by %j", (text) => {
    expect(unpackInventory(text)).toBeUndefined();
  });
});
