import { awsKeyInventory } from "../../provider/lifecycle/aws-key-inventory";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { ByokError } from "../../provider/model/errors";
import { unpackInventory } from "../../provider/model/packed-inventory";
import { listedKey } from "../model/listed-key";
import { groupRecord, World, type EngineResource } from "./lifecycle-world";

let world: World;
let inventory: EngineResource;
beforeEach(() => {
  world = new World();
  inventory = world.resource(awsKeyInventory, "frankfurt-keys");
});
const program = (more: PlainRecord = {}): PlainRecord => ({ group: groupRecord, ...more });
const listed = (): readonly string[] =>
  (unpackInventory(inventory.outputs["listing"]) ?? []).map((key) =>
    key.goneSince === undefined ? `${key.keyId} ${key.managedBy}` : `${key.keyId} gone`,
  );
const tagged = (lineage: string): { tags: Record<string, string> } => ({ tags: { "byok:lineage": lineage } });

describe("the list of all keys", () => {
  it("is read once; a second preview and up call no cloud", async () => {
    expect(await inventory.up(program())).toBe("created");
    expect(listed()).toEqual(["one nobody", "two nobody"]);
    expect(inventory.outputs).toMatchObject({ counts: { total: 2, gone: 0 }, account: groupRecord.account });
    expect(await inventory.up(program())).toBe("same");
    expect(world.inventory.listings).toHaveLength(1);
  });

  it("calls no cloud in its first preview either", async () => {
    expect((await inventory.check(program())).failures).toEqual([]);
    expect(world.inventory.listings).toEqual([]);
  });

  it("is read again for another refreshTrigger and on refresh: new keys are appended, gone ones marked", async () => {
    await inventory.up(program({ refreshTrigger: "monday" }));
    world.inventory.keysThere = [listedKey("three"), listedKey("two")];
    expect(await inventory.up(program({ refreshTrigger: "tuesday" }))).toBe("updated");
    expect(listed()).toEqual(["one gone", "two nobody", "three nobody"]);
    world.inventory.keysThere = [listedKey("three"), listedKey("two"), listedKey("four")];
    await inventory.refresh();
    expect(listed()).toEqual(["one gone", "two nobody", "three nobody", "four nobody"]);
    expect(await inventory.up(program({ refreshTrigger: "tuesday" }))).toBe("same");
  });

  it("tells the program's own keys from those of other stacks where the program names its own", async () => {
    world.inventory.keysThere = [listedKey("one", tagged("mine")), listedKey("two", tagged("theirs"))];
    await inventory.up(program());
    expect(listed()).toEqual(["one a stack", "two a stack"]);
    expect(await inventory.up(program({ managed: { mine: "payments" } }))).toBe("updated");
    expect(listed()).toEqual(["one this stack", "two another stack"]);
  });

  it("holds only what is included, and does not call gone what is not", async () => {
    world.inventory.keysThere = [
      listedKey("one"),
      listedKey("two", {}, { manager: "AWS", origin: "AWS_KMS" }),
      listedKey("three", { aliases: ["alias/ledger/three"] }),
    ];
    await inventory.up(program());
    await inventory.up(program({ include: { managedBy: ["nobody"], origins: ["EXTERNAL"] } }));
    expect(listed()).toEqual(["one nobody", "three nobody"]);
    await inventory.up(program({ include: { aliasPrefix: "alias/ledger/" } }));
    expect(listed()).toEqual(["three nobody"]);
  });

  it("asks for the rotations so far only where that is wanted", async () => {
    await inventory.up(program());
    await inventory.up(program({ rotations: true }));
    expect(world.inventory.listings).toEqual([{ rotations: false }, { rotations: true }]);
  });

  it("begins anew for another Region", async () => {
    await inventory.up(program());
    world.inventory.keysThere = [listedKey("three")];
    await inventory.up(program({ group: { ...groupRecord, region: "eu-west-1" } }));
    expect(listed()).toEqual(["three nobody"]);
  });

  it("is no matter of what the group says of its keys, and one of how AWS is reached", async () => {
    await inventory.up(program());
    expect(await inventory.up(program({ group: { ...groupRecord, requiredTags: ["team"] } }))).toBe("same");
    expect(await inventory.up(program({ group: { ...groupRecord, credentials: { profile: "ci" } } }))).toBe("updated");
  });

  it("keeps the list before where a listing fails", async () => {
    await inventory.up(program());
    world.inventory.failure = new ByokError("BYOK_AWS_ACCESS_DENIED", "No.");
    await expect(inventory.refresh()).rejects.toThrow("No.");
    await expect(inventory.up(program({ refreshTrigger: "now" }))).rejects.toThrow("No.");
    expect(listed()).toEqual(["one nobody", "two nobody"]);
  });

  it("refuses credentials of another account", async () => {
    world.inventory.caller = "999999999999";
    await expect(inventory.up(program())).rejects.toMatchObject({ code: "BYOK_AWS_WRONG_ACCOUNT" });
  });

  it.each([
    ["an unknown filter", { include: { state: "Enabled" } }, "include.state: there is no such property."],
    ["a manager that is none", { include: { managedBy: ["me"] } }, "include.managedBy[0]: "],
    [
      "an alias prefix that is none",
      { include: { aliasPrefix: "ledger" } },
      'include.aliasPrefix: must start with "alias/".',
    ],
    ["an empty trigger", { refreshTrigger: "" }, "refreshTrigger: "],
  ])("refuses %s", async (_name, more, complaint) => {
    expect((await inventory.complaints(program(more))).join()).toContain(complaint);
  });
});
