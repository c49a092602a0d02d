import { makePlan } from "../../provider/cli/plan/make-plan";
import type { PlanItem } from "../../provider/cli/plan/plan-item";
import { confirmWords, printPlan } from "../../provider/cli/plan/print-plan";
import { parsePreview, type Preview } from "../../provider/cli/plan/read-preview";
import { packageResources, type StackResource } from "../../provider/cli/stack-export";
import { awsAlias } from "../../provider/lifecycle/aws-alias";
import { awsKmsKey } from "../../provider/lifecycle/aws-kms-key";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { sourceKey } from "../../provider/lifecycle/source-key";
import { ByokError } from "../../provider/model/errors";
import { groupRecord, keyProgram, sourceRecord, World, type EngineResource } from "../lifecycle/lifecycle-world";

let world: World;
beforeEach(() => {
  world = new World();
});

const urnOf = (kind: string, name: string): string =>
  `urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:${kind}::${name}`;

/** What `pulumi stack export` shows of a resource; what it carries of others is text there. */
const exported = (kind: string, name: string, { id, outputs }: EngineResource, more: PlainRecord = {}): unknown => {
  const { group, material, versions, ...rest } = outputs;
  const text = (value: unknown): unknown => (value === undefined ? undefined : JSON.stringify(value));
  const source = (material as { source?: unknown } | undefined)?.source;
  return {
    urn: urnOf(kind, name),
    type: `pulumi-nodejs:dynamic/byok:${kind}`,
    id,
    outputs: {
      ...rest,
      group: text(group),
      ...(kind === "AwsKmsKey" ? { versions: text(versions) } : { versions }),
      ...(source === undefined ? {} : { material: { source: text(source) } }),
    },
    ...more,
  };
};
const stack = (...resources: readonly unknown[]): readonly StackResource[] =>
  packageResources({ deployment: { resources } });

const plan = (
  resources: readonly StackResource[],
  more: { readonly preview?: Preview; readonly offline?: boolean } = {},
): Promise<readonly PlanItem[]> =>
  makePlan({
    resources,
    preview: more.preview,
    ask: more.offline === true ? undefined : () => Promise.resolve(world.kms),
    now: world.kms.now,
  });

const preview = (steps: readonly unknown[], diagnostics: readonly unknown[] = []): Preview =>
  parsePreview(JSON.stringify({ steps, diagnostics }), undefined);

async function madeKey(more: PlainRecord = {}): Promise<EngineResource> {
  const key = world.resource(awsKmsKey, "payments");
  await key.up(keyProgram(more));
  return key;
}

const hintOf = (act: Promise<unknown>): Promise<string> =>
  act.then(
    () => "no refusal",
    (error: unknown) => (error instanceof ByokError ? (error.hint ?? "") : String(error)),
  );

describe("the plan of a destroy", () => {
  it("says of a symmetric key that no import elsewhere opens its ciphertext, who depends on it, and until when it can be taken back", async () => {
    const key = await madeKey();
    const alias = world.resource(awsAlias, "ledger");
    await alias.up({ group: groupRecord, name: "alias/ledger", key: String(key.outputs["keyId"]) });
    world.kms.usage = {
      trackedSince: new Date("2026-04-01T00:00:00Z"),
      at: new Date("2026-05-30T00:00:00Z"),
      operation: "Decrypt",
    };
    const [item, other] = await plan(
      stack(exported("AwsKmsKey", "payments", key), exported("AwsAlias", "ledger", alias)),
    );
    expect(item).toMatchObject({
      act: "delete",
      name: "payments",
      destructive: true,
      dependents: ["alias/payments", "alias/ledger", "AwsAlias ledger (alias/ledger)"],
      undo: { until: "2026-07-01", how: expect.stringContaining("kms:CancelKeyDeletion") },
    });
    expect(item).not.toHaveProperty("confirm");
    const [sentence] = item?.consequences ?? [];
    expect(sentence).toContain(
      "in 30 days (2026-07-01) AWS deletes this key; everything encrypted with it becomes unreadable for ever",
    );
    expect(sentence).toContain("importing the same material into another key does not help");
    expect(sentence).toContain("It was last used on 2026-05-30 (Decrypt); AWS counts since 2026-04-01.");
    expect(other).toMatchObject({ name: "ledger", consequences: [expect.stringContaining("alias/ledger is deleted")] });
  });

  it.each([true, false])("names the very word that the removal will ask for, offline: %s", async (offline) => {
    const key = await madeKey({ deletionWindowInDays: 7 });
    const items = await plan(stack(exported("AwsKmsKey", "payments", key)), { offline });
    const [word = "none"] = confirmWords(items);
    expect(items[0]?.confirm).toEqual({ word, as: "BYOK_CONFIRM", from: offline ? "state" : "cloud" });
    expect(await hintOf(key.destroy())).toContain(`BYOK_CONFIRM=${word} `);
    world.environment = { BYOK_CONFIRM: word };
    await key.destroy();
    expect(world.kms.writes).toContain("scheduleDeletion");
  });

  it("takes the word from the present, and says where it could not", async () => {
    const key = await madeKey({ deletionWindowInDays: 7 });
    const resources = stack(exported("AwsKmsKey", "payments", key));
    const [recorded] = confirmWords(await plan(resources, { offline: true }));
    world.kms.set(String(key.outputs["keyId"]), { state: "Disabled" });
    const [present = "none"] = confirmWords(await plan(resources));
    expect(present).not.toBe(recorded);
    expect(await hintOf(key.destroy())).toContain(present);
    world.kms.describeKey = () => Promise.reject(new ByokError("BYOK_AWS_ACCESS_DENIED", "kms:DescribeKey is denied."));
    const [item] = await plan(resources);
    expect(item?.confirm).toMatchObject({ word: recorded, from: "state" });
    expect(item?.consequences.join()).toContain(
      "AWS could not be asked, so this is what the state knows: kms:DescribeKey is denied.",
    );
    expect(printPlan(item === undefined ? [] : [item], "pulumi destroy")).toContain("made from the state");
  });

  it("takes the former keys along, and counts one whose days are over as destruction already in an update", async () => {
    const key = await madeKey();
    const former = String(key.outputs["arn"]);
    const rotated = { material: { source: { ...sourceRecord, version: 2 } }, afterRotation: "scheduleDeletion" };
    await key.up(keyProgram(rotated));
    expect(key.outputs["arn"]).not.toBe(former);
    const resources = stack(exported("AwsKmsKey", "payments", key));
    expect((await plan(resources))[0]?.consequences.join(" ")).toContain(
      `Its former keys go the same way, and what is still encrypted with them: ${former}.`,
    );
    const urn = urnOf("AwsKmsKey", "payments");
    const message = "schedules the deletion of the former key";
    const update = preview([{ op: "update", urn, newState: { inputs: {} } }], [{ urn, severity: "warning", message }]);
    expect(await plan(resources, { preview: update })).toMatchObject([{ destructive: false }]);
    world.kms.now = new Date("2026-07-05T00:00:00Z");
    expect(await plan(resources, { preview: update })).toMatchObject([{ destructive: true, consequences: [message] }]);
  });

  it("says of a key that AWS made that nothing brings it back, and of a source key which files it decrypts", async () => {
    const key = await madeKey();
    const whole = exported("AwsKmsKey", "payments", key) as { outputs: PlainRecord };
    const made = (material: PlainRecord, more: PlainRecord = {}): unknown => ({
      ...whole,
      outputs: { ...whole.outputs, ...more, material },
    });
    const native = stack(made({ native: true, spec: "HMAC_256" }, { spec: "HMAC_256", usage: "GENERATE_VERIFY_MAC" }));
    expect((await plan(native))[0]?.consequences[0]).toContain(
      "for ever: AWS made its material, and nobody else has it.",
    );

    const source = world.resource(sourceKey, "transport");
    await source.up({
      group: sourceRecord.group,
      spec: "AES_256",
      onDestroy: "destroy",
      self: urnOf("SourceKey", "transport"),
    });
    const kek = JSON.stringify({ ...sourceRecord, owner: source.id });
    const file = made({ file: "partner.bin", encoding: "raw", spec: "AES_256", kek });
    const items = await plan(stack(file, exported("SourceKey", "transport", source)));
    expect(items.find(({ name }) => name === "transport")?.dependents).toEqual([
      "AwsKmsKey payments, whose file it decrypts",
    ]);
  });

  it("tells what is not ours any more, going already, or gone", async () => {
    const key = await madeKey();
    const keyId = String(key.outputs["keyId"]);
    const resources = stack(exported("AwsKmsKey", "payments", key));
    await world.kms.scheduleDeletion(keyId, 7);
    expect((await plan(resources))[0]).toMatchObject({
      consequences: [
        expect.stringContaining("scheduled for deletion already and stays so: AWS deletes it on 2026-06-08"),
      ],
      undo: { until: "2026-06-08" },
    });
    await world.kms.tag(keyId, { "byok:lineage": "f".repeat(32) });
    expect((await plan(resources))[0]).toMatchObject({
      destructive: false,
      consequences: [expect.stringContaining("belongs to another resource now")],
    });
    world.kms.keys.clear();
    expect((await plan(resources))[0]).toMatchObject({
      destructive: false,
      consequences: [expect.stringContaining("does not exist any more")],
    });
  });

  it("names the replicas that go with a primary, and their aliases, offline too", async () => {
    const key = await madeKey();
    const whole = exported("AwsKmsKey", "payments", key) as { outputs: PlainRecord };
    const replicas = [{ region: "eu-west-1", arn: "arn:replica", aliases: ["alias/payments"], keyState: "Enabled" }];
    const [item] = await plan(stack({ ...whole, outputs: { ...whole.outputs, replicas } }), { offline: true });
    expect(item?.dependents).toEqual(["alias/payments", "its replica in eu-west-1 (alias/payments)"]);
    expect(item?.consequences[0]).toContain(
      "1 replica (eu-west-1), and its days count only once the last of them is deleted",
    );
  });

  it("tells the dates of a primary that was moved the right way round, and no adoption, which a multi-Region key does not have", async () => {
    const key = await madeKey();
    const whole = exported("AwsKmsKey", "payments", key) as { outputs: PlainRecord };
    const replicas = ["eu-west-1", "us-east-1"].map((region) => ({ region, arn: `arn:${region}`, aliases: [] }));
    const outputs = { ...whole.outputs, multiRegion: true, primaryRegion: "eu-west-1", replicas };
    const [item] = await plan(stack({ ...whole, outputs }), { offline: true });
    expect(item?.consequences.join(" ")).toContain(
      `The replicas are scheduled first, and AWS deletes them on 2026-07-01 (${String(key.outputs["arn"])}, arn:us-east-1); the primary (arn:eu-west-1) goes 30 days later, on 2026-07-31.`,
    );
    expect(item?.consequences[0]).not.toContain("its days count only once");
    expect(item?.undo?.how).toContain(
      "kms:CancelKeyDeletion, in each of its Regions, or an AwsKmsKey with multiRegion: true",
    );
    const home = { ...outputs, primaryRegion: "eu-central-1" };
    const [other] = await plan(stack({ ...whole, outputs: home }), { offline: true });
    expect(other?.consequences.join(" ")).toContain("on 2026-07-01 (arn:eu-west-1, arn:us-east-1); the primary goes");
  });

  it("never calls harmless what it cannot read", async () => {
    const key = await madeKey();
    const whole = exported("AwsKmsKey", "payments", key) as { outputs: PlainRecord };
    const strange = stack({ ...whole, outputs: { keyId: whole.outputs["keyId"], pending: ["reading the key"] } });
    expect((await plan(strange))[0]).toMatchObject({
      destructive: true,
      consequences: [expect.stringContaining("cannot be read")],
    });
    const newer = stack({ ...whole, type: "pulumi-nodejs:dynamic/byok:Newer" });
    expect((await plan(newer))[0]).toMatchObject({ destructive: true });
  });

  it("says what Pulumi's own options make of it", async () => {
    const key = await madeKey();
    const kept = stack(exported("AwsKmsKey", "payments", key, { retainOnDelete: true }));
    expect((await plan(kept))[0]).toMatchObject({
      destructive: false,
      consequences: [expect.stringContaining("retainOnDelete")],
    });
    const guarded = stack(exported("AwsKmsKey", "payments", key, { protect: true }));
    expect((await plan(guarded))[0]?.consequences[0]).toContain("protected");
  });

  it("names the word that destroys a source key, and its copies", async () => {
    const source = world.resource(sourceKey, "payments-master");
    const program = {
      group: sourceRecord.group,
      spec: "AES_256",
      onDestroy: "destroy",
      self: urnOf("SourceKey", "payments-master"),
    };
    await source.up(program);
    const items = await plan(stack(exported("SourceKey", "payments-master", source)));
    expect(items[0]).toMatchObject({ destructive: true, confirm: { as: "BYOK_CONFIRM", from: "state" } });
    expect(items[0]?.consequences.join(" ")).toContain("no copy of it can be imported again");
    expect(await hintOf(source.destroy())).toContain(`BYOK_CONFIRM=${confirmWords(items)[0] ?? "none"} `);

    await source.up({ ...program, onDestroy: "retain" });
    const [kept] = await plan(stack(exported("SourceKey", "payments-master", source)));
    expect(kept).toMatchObject({ destructive: false, consequences: [expect.stringContaining("stays in the token")] });
  });
});

describe("the plan of an update", () => {
  it("has what is deleted or replaced, what the resources say themselves, and nothing that stays", async () => {
    const key = await madeKey({ deletionWindowInDays: 14 });
    const [urn, other] = [urnOf("AwsKmsKey", "payments"), urnOf("AwsKmsKey", "reports")];
    const resources = stack(exported("AwsKmsKey", "payments", key), {
      ...(exported("AwsKmsKey", "reports", key) as object),
      urn: other,
    });
    const said = {
      urn: other,
      severity: "warning",
      message: "is going to be disabled: nothing that it encrypted can be read\\n",
    };
    const items = await plan(resources, {
      preview: preview(
        [
          { op: "delete", urn },
          { op: "update", urn: other, newState: { inputs: { enabled: false } } },
        ],
        [said, { urn: other, severity: "info", message: "looking" }],
      ),
    });
    expect(items).toMatchObject([
      { name: "payments", act: "delete", destructive: true, confirm: { as: "BYOK_CONFIRM" } },
      {
        name: "reports",
        act: "update",
        destructive: false,
        consequences: [expect.stringContaining("is going to be disabled")],
      },
    ]);
    expect(await plan(resources, { preview: preview([{ op: "same", urn }]) })).toEqual([]);
  });

  it("tells the old half of a replacement, and one that an earlier run left", async () => {
    const key = await madeKey();
    const urn = urnOf("AwsKmsKey", "payments");
    const steps = ["create-replacement", "replace", "delete-replaced"].map((op) => ({ op, urn }));
    expect(await plan(stack(exported("AwsKmsKey", "payments", key)), { preview: preview(steps) })).toMatchObject([
      { act: "replace", destructive: true },
    ]);
    const left = stack(exported("AwsKmsKey", "payments", key, { delete: true }));
    expect(await plan(left, { preview: preview([]) })).toMatchObject([{ act: "delete", destructive: true }]);
  });

  it("counts deleted material as destruction, and names the word that closes a source key", async () => {
    const key = await madeKey();
    const inputs = { materialState: "deleted" };
    const update = preview(
      [{ op: "update", urn: urnOf("AwsKmsKey", "payments"), newState: { inputs } }],
      [
        {
          urn: urnOf("AwsKmsKey", "payments"),
          severity: "warning",
          message: "its key material is going to be deleted",
        },
      ],
    );
    expect(await plan(stack(exported("AwsKmsKey", "payments", key)), { preview: update })).toMatchObject([
      { act: "update", destructive: true, consequences: ["its key material is going to be deleted"] },
    ]);

    const source = world.resource(sourceKey, "closing");
    const program = { group: sourceRecord.group, spec: "AES_256", self: urnOf("SourceKey", "closing") };
    await source.up(program);
    const closing = preview([
      { op: "update", urn: urnOf("SourceKey", "closing"), newState: { inputs: { exportable: false } } },
    ]);
    const [item] = await plan(stack(exported("SourceKey", "closing", source)), { preview: closing });
    expect(item).toMatchObject({ destructive: true, confirm: { as: "confirm" } });
    expect(await hintOf(source.up({ ...program, exportable: false }))).toContain(
      `confirm: "${item?.confirm?.word ?? "none"}"`,
    );
  });

  it("tells each date of a multi-Region key whose schedule goes and whose deletion stays, the primary's last", async () => {
    const replica = { region: "eu-west-1", arn: "arn:replica", keyState: "PendingDeletion", enabledBefore: true };
    const outputs = {
      ...{ arn: "arn:primary", keyId: "mrk-1", keyState: "PendingReplicaDeletion", onRemove: "leave" },
      ...{ restoreEnabled: false, enabledBefore: true, expectedDeletionDate: "2026-06-29T00:00:00.000Z" },
      replicas: [{ ...replica, deletionDate: "2026-06-15T00:00:00.000Z" }],
    };
    const resource = (more: PlainRecord): unknown => ({
      urn: urnOf("DeletionSchedule", "retire"),
      type: "pulumi-nodejs:dynamic/byok:DeletionSchedule",
      id: "deletion-schedule-1",
      outputs: { ...outputs, ...more },
    });
    expect(await plan(stack(resource({})))).toMatchObject([
      {
        destructive: true,
        consequences: [
          "arn:primary stays scheduled for deletion: AWS deletes it on 2026-06-29, after all others.",
          "arn:replica stays scheduled for deletion: AWS deletes it on 2026-06-15.",
        ],
        undo: { until: "2026-06-15" },
      },
    ]);
    expect(await plan(stack(resource({ onRemove: "cancel" })))).toMatchObject([
      {
        destructive: false,
        consequences: [
          "The deletion of arn:primary, and of its replicas in eu-west-1, is cancelled, and each is left disabled.",
        ],
      },
    ]);
  });

  it("tells both dates of a multi-Region key, and counts a replica that leaves as destruction", async () => {
    const { allowedTargets } = sourceRecord.group;
    const everywhere = allowedTargets.map(({ aws }) => ({ aws: { ...aws, regions: [...aws.regions, "eu-west-1"] } }));
    const source = { ...sourceRecord, group: { ...sourceRecord.group, allowedTargets: everywhere } };
    const replicas = [{ group: { ...groupRecord, name: "ireland", region: "eu-west-1" } }];
    const key = await madeKey({ material: { source }, multiRegion: true, replicas });
    const resources = stack(exported("AwsKmsKey", "payments", key));
    for (const offline of [false, true]) {
      const [item] = await plan(resources, { offline });
      expect(item?.dependents).toContain("its replica in eu-west-1");
      expect(item?.consequences.join(" ")).toMatch(
        /replicas are scheduled first, and AWS deletes them on 2026-07-01 \(arn:aws:kms:eu-west-1:.*\); the primary goes 30 days later, on 2026-07-31/,
      );
    }
    const urn = urnOf("AwsKmsKey", "payments");
    const update = (more: PlainRecord): Preview =>
      preview(
        [{ op: "update", urn, newState: { inputs: { ...key.inputs, ...more } } }],
        [{ urn, severity: "warning", message: "what it does" }],
      );
    expect(await plan(resources, { preview: update({ replicas: [] }) })).toMatchObject([{ destructive: true }]);
    expect(await plan(resources, { preview: update({ primaryRegion: "eu-west-1" }) })).toMatchObject([
      { destructive: false },
    ]);
  });

  it("passes on what a resource that is yet to be made says, such as the word of a deletion schedule", async () => {
    const urn = urnOf("DeletionSchedule", "retire");
    const message = 'error: in 7 days AWS deletes this key. To go on: confirm: "maple-1a2b3c4d".';
    const refused = preview([], [{ urn, severity: "error", message }]);
    expect(refused.failed).toBeDefined();
    expect(await plan([], { preview: refused })).toMatchObject([
      { act: "create", kind: "DeletionSchedule", name: "retire", destructive: true, consequences: [message.slice(7)] },
    ]);
  });

  it("that is none is refused", () => {
    expect(() => parsePreview("{", undefined)).toThrow("That is no preview.");
    expect(() => parsePreview("", "error: no stack selected")).toThrow("pulumi preview failed");
  });
});
