import { awsKmsKey } from "../../provider/lifecycle/aws-kms-key";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { account } from "./fake-kms";
import { groupRecord, keyProgram, sourceRecord, World, type EngineResource } from "./lifecycle-world";

/** A source that may go to a second Region. */
const allowedTargets = [{ aws: { account, regions: ["eu-central-1", "eu-west-1"] } }];
const elsewhere = {
  group: { ...groupRecord, region: "eu-west-1" },
  material: { source: { ...sourceRecord, group: { ...sourceRecord.group, allowedTargets } } },
};

let world: World;
let key: EngineResource;
beforeEach(async () => {
  world = new World();
  key = world.resource(awsKmsKey, "payments");
  await key.up(keyProgram({ deletionWindowInDays: 14 }));
});

/** What a preview of a changed program warns of. */
async function warnings(more: PlainRecord): Promise<string> {
  world.warnings.length = 0;
  const { inputs, failures } = await key.check(keyProgram({ deletionWindowInDays: 14, ...more }));
  expect(failures).toEqual([]);
  await awsKmsKey.diff(world.context("payments"), key.id ?? "", key.outputs, inputs);
  return world.warnings.join("\n");
}

describe("a preview says of what is destructive or reaches far", () => {
  it.each([
    ["enabled: false", { enabled: false }, ["nothing that it encrypted can be read", "until it is enabled again"]],
    [
      "deleted material",
      { materialState: "deleted" },
      ["nothing that it encrypted can be read", 'To go on: confirm: "', "for as long as that is kept"],
    ],
    [
      "another policy",
      { policy: '{"Version":"2012-10-17","Statement":[]}' },
      ["key policy changes at once", "until a policy allows them again"],
    ],
    [
      "another Region",
      elsewhere,
      [
        "unreadable for ever",
        "importing the same material into another key does not help",
        "After 14 days (2026-06-15)",
        "Until then kms:CancelKeyDeletion",
        "BYOK_CONFIRM=",
      ],
    ],
  ] as const)(
    "%s: what becomes of ciphertext, who names the key, and until when it can be taken back",
    async (_name, more, words) => {
      const said = await warnings(more);
      for (const word of words) expect(said).toContain(word);
      expect(said).toContain("It answers to alias/payments.");
    },
  );

  it("an alias that goes: who fails, and that what was encrypted stays readable", async () => {
    const said = await warnings({ aliases: [] });
    expect(said).toContain("alias/payments will be deleted: callers that name it fail");
    expect(said).toContain(`stays readable by the key itself, ${String(key.outputs["arn"])}`);
  });

  it("the word of a replacement is the one that the removal of the old half asks for", async () => {
    const said = await warnings(elsewhere);
    const word = /BYOK_CONFIRM=([a-z]+-[0-9a-f]{8})/.exec(said)?.[1] ?? "none";
    await expect(key.destroy()).rejects.toMatchObject({ hint: expect.stringContaining(`BYOK_CONFIRM=${word} `) });
  });

  it("a key that goes already: the day, and what is lost", async () => {
    await world.kms.scheduleDeletion(String(key.outputs["keyId"]), 7);
    await key.refresh();
    const said = await warnings({ description: "another" });
    expect(said).toContain(
      "AWS deletes it on 2026-06-08, and then everything encrypted with it becomes unreadable for ever",
    );
    expect(said).toContain("Until then kms:CancelKeyDeletion takes that back.");
  });
});
