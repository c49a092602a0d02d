import { DescribeKeyCommand, ListAliasesCommand, ListKeyRotationsCommand, type KMSClient } from "@aws-sdk/client-kms";
import { keyTree } from "../../provider/cli/key-tree";
import { cloudClient, decryptAs, encryptAs } from "./cloud-client";
import { createLab, until, type Lab } from "./lab";
import { movedClock, type MovedClock } from "./moved-clock";

let lab: Lab;
let kms: KMSClient;
/** Moved by the rotations by schedule. */
let clock: MovedClock;
const day = 86_400_000;
beforeAll(async () => {
  lab = await createLab();
  kms = cloudClient(lab.cloud);
});
afterAll(async () => {
  kms.destroy();
  await lab.dispose();
});

const encrypt = (keyId: string, text: string): Promise<Uint8Array> => encryptAs(kms, keyId, text);
const decrypt = (blob: Uint8Array): Promise<string> => decryptAs(kms, blob);
const aliasTarget = async (alias: string): Promise<string | undefined> => {
  const { Aliases = [] } = await kms.send(new ListAliasesCommand({ Limit: 100 }));
  return Aliases.find(({ AliasName }) => AliasName === alias)?.TargetKeyId;
};
const stateOf = async (KeyId: string): Promise<string | undefined> =>
  (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyState;
const text = async (resource: string, output: string): Promise<string> =>
  String((await lab.project.outputs(resource))[output]);

const program = (source: string, more = ""): string => `${lab.hsm()}
${lab.group("frankfurt", "quotas: { GetParametersForImport: 50 }")}
const master = new byok.SourceKey("master", { group: hsm, spec: "AES_256", ${source} });
const payments = new byok.AwsKmsKey("payments", {
  group: frankfurt, material: { source: master }, aliases: ["alias/payments"], ${more}
});
const ledger = new byok.AwsKmsKey("ledger", {
  group: frankfurt, material: { source: master }, aliases: ["alias/ledger"], rotationMode: "in-place",
});
const archive = new byok.AwsKmsKey("archive", {
  group: frankfurt, material: { source: master }, aliases: ["alias/archive"], follow: false,
});`;

describe("a rotation by trigger", () => {
  let former: string;
  let ledgerKey: string;
  const before: Record<string, Uint8Array> = {};

  it("is shown on the source and on each follower beforehand, with what it does to what is encrypted", async () => {
    await lab.project.program(program('rotationTrigger: "first"'));
    await lab.project.up();
    for (const name of ["payments", "ledger", "archive"]) before[name] = await encrypt(`alias/${name}`, name);
    former = await text("payments", "keyId");
    ledgerKey = await text("ledger", "keyId");
    await lab.project.program(program('rotationTrigger: "second"', 'afterRotation: "disable"'));
    const preview = await lab.project.expectSuccess("preview", "--diff");
    expect(preview.match(/version +: 1 => 2/g)).toHaveLength(3);
    expect(preview).toContain("is rotated: the token makes version 2 and keeps version 1");
    expect(preview).toContain("is rotated to version 2 by a new KMS key. alias/payments moves to it once it is ready.");
    expect(preview).toContain("is disabled afterwards: what it encrypted cannot be read until it is enabled again");
    expect(preview).toContain("in place: ARN and aliases stay, and what version 1 encrypted stays readable");
  });

  it("gives one copy a new KMS key and the other a new material, and leaves the third alone", async () => {
    await lab.project.up();
    const payments = await lab.project.outputs("payments");
    expect(payments).toMatchObject({
      version: 2,
      pending: [],
      proof: { sourceVersion: 2 },
      versions: [
        { version: 1, keyId: former, keyState: "Disabled" },
        { version: 2, keyState: "Enabled" },
      ],
    });
    expect(payments["keyId"]).not.toBe(former);
    expect(await aliasTarget("alias/payments")).toBe(payments["keyId"]);
    expect(await text("ledger", "keyId")).toBe(ledgerKey);
    const { Rotations = [] } = await kms.send(
      new ListKeyRotationsCommand({ KeyId: ledgerKey, IncludeKeyMaterial: "ALL_KEY_MATERIAL" }),
    );
    expect(Rotations.map(({ KeyMaterialState, ImportState }) => [KeyMaterialState, ImportState])).toEqual([
      ["NON_CURRENT", "IMPORTED"],
      ["CURRENT", "IMPORTED"],
    ]);
    expect(await lab.project.outputs("archive")).toMatchObject({ version: 1 });
    await lab.project.expectSuccess("preview", "--expect-no-changes");
  });

  it("leaves readable what the guide promises: in place all, by a new key what the former key still may decrypt", async () => {
    expect(await decrypt(before["ledger"] ?? new Uint8Array())).toBe("ledger");
    expect(await decrypt(before["archive"] ?? new Uint8Array())).toBe("archive");
    await expect(decrypt(before["payments"] ?? new Uint8Array())).rejects.toThrow(/disabled/);
    for (const name of ["payments", "ledger"]) {
      expect(await decrypt(await encrypt(`alias/${name}`, "new"))).toBe("new");
    }
  });

  it("is told from the source's side: each version with its copies", async () => {
    const exported: unknown = JSON.parse(await lab.project.expectSuccess("stack", "export"));
    const [source] = keyTree(exported);
    const copies = source?.versions.map((each) => each.copies.map(({ name }) => name).sort());
    // Former keys and materials stand under the version that they hold.
    expect(copies).toEqual([
      ["archive", "ledger", "payments"],
      ["ledger", "payments"],
    ]);
  });

  it("is unchanged by a refresh, and a copy that follows again takes the newest version", async () => {
    await lab.project.expectSuccess("refresh", "--yes", "--expect-no-changes");
    await lab.project.program(
      program('rotationTrigger: "second"', 'afterRotation: "disable"').replace(", follow: false", ""),
    );
    await lab.project.up();
    expect(await lab.project.outputs("archive")).toMatchObject({ version: 2 });
    expect(await decrypt(before["archive"] ?? new Uint8Array())).toBe("archive");
  });

  it("deactivates the former version where that is asked for, now that every copy has the newer one", async () => {
    const rotation = 'rotation: { every: "365d", deactivateOld: true }, rotationTrigger: "second"';
    await lab.project.program(program(rotation, 'afterRotation: "disable"').replace(", follow: false", ""));
    expect(await lab.project.up()).toContain("version 1 is deactivated");
    expect((await lab.project.outputs("master"))["versions"]).toMatchObject([
      { state: "deactivated" },
      { state: "exportable" },
    ]);
    await lab.project.expectSuccess("preview", "--expect-no-changes");
  });

  it("ends with every KMS key scheduled for deletion", async () => {
    const keys = [former, await text("payments", "keyId"), ledgerKey];
    await lab.project.expectSuccess("destroy", "--yes");
    expect(await Promise.all(keys.map(stateOf))).toEqual(["PendingDeletion", "PendingDeletion", "PendingDeletion"]);
    expect(await aliasTarget("alias/payments")).toBeUndefined();
  });
});

describe("a rotation by schedule", () => {
  it("is due once its moment has passed, and is done by the next up, once", async () => {
    const startAt = new Date(Date.now() + day / 2).toISOString();
    await lab.project.program(program(`label: "scheduled", rotation: { every: "1d", startAt: "${startAt}" }`));
    await lab.project.up();
    const { version, nextRotation } = await lab.project.outputs("master");
    const first = Number(version);
    expect(nextRotation).toBe(startAt);
    await lab.project.expectSuccess("preview", "--expect-no-changes");
    clock = await movedClock(lab);
    await clock.pass(1);
    await lab.project.up();
    for (const name of ["master", "payments", "ledger"])
      expect(await lab.project.outputs(name)).toMatchObject({ version: first + 1 });
    await lab.project.expectSuccess("preview", "--expect-no-changes");
    await lab.project.expectSuccess("destroy", "--yes");
  });
});

describe.each([
  ["CreateKey", "after"],
  ["ImportKeyMaterial", "after"],
  ["UpdateAlias", "before"],
  ["RotateKeyOnDemand", "after"],
  ["DisableKey", "before"],
] as const)("a kill -9 of the provider while %s hangs, %s it took effect", (operation, when) => {
  it("is finished by the next up, with one rotation", async () => {
    const trigger = `${operation}-${when}`;
    const at = (turn: number): string => program(`rotationTrigger: "${trigger}-${turn}"`, 'afterRotation: "disable"');
    await lab.project.program(at(1));
    await lab.project.up();
    const first = Number((await lab.project.outputs("master"))["version"]);
    const ledgerKey = await text("ledger", "keyId");
    await lab.project.program(at(2));
    await lab.cloud.admin.clearLog();
    await lab.cloud.admin.injectFault({ operation, effect: { kind: "hang", when } });
    const running = lab.project.start(["up", "--yes", "--skip-preview"]);
    await until(`${operation} was reached`, async () =>
      (await lab.cloud.admin.requestLog()).some((entry) => entry.operation === operation),
    );
    expect(await lab.project.killAll(/dynamic-provider/)).toBeGreaterThan(0);
    expect((await running.ended).code).not.toBe(0);
    await lab.cloud.admin.clearFaults();
    expect(await stateOf(String(await aliasTarget("alias/payments")))).toBe("Enabled");
    await lab.project.up();
    expect((await lab.project.outputs("master"))["version"]).toBe(first + 1);
    const { Rotations = [] } = await kms.send(
      new ListKeyRotationsCommand({ KeyId: ledgerKey, IncludeKeyMaterial: "ALL_KEY_MATERIAL" }),
    );
    expect(Rotations.map(({ KeyMaterialState }) => KeyMaterialState)).toEqual(["NON_CURRENT", "CURRENT"]);
    const payments = await lab.project.outputs("payments");
    expect(payments["versions"]).toMatchObject([{ keyState: "Disabled" }, { keyState: "Enabled" }]);
    expect(await aliasTarget("alias/payments")).toBe(payments["keyId"]);
    await lab.project.expectSuccess("preview", "--expect-no-changes");
    await lab.project.expectSuccess("destroy", "--yes");
  });
});

describe("a rotation by the group's trigger that is killed once its alias has moved", () => {
  const triggered = (trigger: string, aliases: string): string => `${lab.hsm()}
${lab.group("frankfurt", `rotateAllTrigger: "${trigger}"`)}
const master = new byok.SourceKey("master", { group: hsm, spec: "AES_256" });
new byok.AwsKmsKey("payments", { group: frankfurt, material: { source: master }, aliases: [${aliases}] });`;

  it("is done once, in spite of a refresh, and leaves no alias that was given up on the former key", async () => {
    await lab.project.program(triggered("one", '"alias/payments", "alias/old"'));
    await lab.project.expectSuccess("up", "--yes", "--skip-preview");
    const former = await text("payments", "keyId");
    const { version } = await lab.project.outputs("master");
    await lab.project.program(triggered("two", '"alias/payments"'));
    await lab.cloud.admin.clearLog();
    await lab.cloud.admin.injectFault({ operation: "DeleteAlias", effect: { kind: "hang", when: "before" } });
    const running = lab.project.start(["up", "--yes", "--skip-preview"]);
    await until("DeleteAlias was reached", async () =>
      (await lab.cloud.admin.requestLog()).some((entry) => entry.operation === "DeleteAlias"),
    );
    expect(await lab.project.killAll(/dynamic-provider/)).toBeGreaterThan(0);
    expect((await running.ended).code).not.toBe(0);
    await lab.cloud.admin.clearFaults();
    const made = await aliasTarget("alias/payments");
    expect([made === former, await aliasTarget("alias/old")]).toEqual([false, former]);
    await lab.project.expectSuccess("refresh", "--yes");
    await lab.project.expectSuccess("up", "--yes", "--skip-preview");
    expect(await lab.project.outputs("payments")).toMatchObject({
      keyId: made,
      version: Number(version) + 1,
      proof: { sourceVersion: version },
      versions: [{ keyId: former }, { keyId: made }],
    });
    expect([await aliasTarget("alias/payments"), await aliasTarget("alias/old")]).toEqual([made, undefined]);
    await lab.project.expectSuccess("preview", "--expect-no-changes");
  });
});

describe("a rotation schedule of AWS's own material", () => {
  const scheduled = (): string => `${lab.hsm()}
${lab.group("frankfurt", 'quotas: { GetParametersForImport: 50 }, template: { rotation: { every: "90d" } },')}
const master = new byok.SourceKey("master", { group: hsm, spec: "AES_256" });
new byok.AwsKmsKey("copy", { group: frankfurt, material: { source: master } });
const moved = new byok.AwsKmsKey("moved", { group: frankfurt, material: { native: true }, aliases: ["alias/moved"] });
new byok.AwsKmsKey("stays", {
  group: frankfurt, material: { native: true }, rotation: { every: "3mo" }, rotationMode: "in-place",
});
exports.next = moved.nextRotation;`;

  it("shows the rotation in the preview once it is due, finishes one that was killed, and does it once, in spite of a refresh", async () => {
    const began = Date.now() + day;
    await lab.project.program(scheduled());
    await lab.project.up();
    const { nextRotation, keyId: former } = await lab.project.outputs("moved");
    const due = Date.parse(String(nextRotation));
    expect(due - began - 90 * day).toBeLessThan(day);
    expect(await lab.project.expectSuccess("stack", "output", "next")).toContain(String(nextRotation));
    const copy = await lab.project.outputs("copy");
    expect(copy).not.toHaveProperty("nextRotation");
    const stays = await text("stays", "keyId");
    const secret = await encrypt(stays, "before the rotation");
    // Two moments of the one schedule, of the other one as well.
    await clock.pass(190);
    const preview = await lab.project.preview("--diff");
    expect(preview).toContain(
      `its rotation is due since ${String(nextRotation)} by its schedule, every 90d (2 moments have passed; that is one rotation). The next one is due on ${new Date(due + 180 * day).toISOString()}.`,
    );
    expect(preview.match(/version *: 1 => 2/g)).toHaveLength(2);
    expect(preview).toMatch(/is rotated to version 2 in place: .*because AWS keeps its material/);
    expect(preview).not.toMatch(/copy .*is rotated/);

    await lab.cloud.admin.clearLog();
    await lab.cloud.admin.injectFault({ operation: "RotateKeyOnDemand", effect: { kind: "hang", when: "after" } });
    const running = lab.project.start(["up", "--yes", "--skip-preview"]);
    await until("RotateKeyOnDemand was reached", async () =>
      (await lab.cloud.admin.requestLog()).some((entry) => entry.operation === "RotateKeyOnDemand"),
    );
    expect(await lab.project.killAll(/dynamic-provider/)).toBeGreaterThan(0);
    expect((await running.ended).code).not.toBe(0);
    await lab.cloud.admin.clearFaults();
    await lab.project.expectSuccess("refresh", "--yes");
    await lab.project.up();

    const after = await lab.project.outputs("moved");
    expect(after).toMatchObject({ version: 2, pending: [], nextRotation: new Date(due + 180 * day).toISOString() });
    expect(after["versions"]).toMatchObject([{ keyId: former }, { keyId: after["keyId"] }]);
    expect(await aliasTarget("alias/moved")).toBe(after["keyId"]);
    expect(await lab.project.outputs("stays")).toMatchObject({ keyId: stays, version: 2, pending: [] });
    const { Rotations = [] } = await kms.send(new ListKeyRotationsCommand({ KeyId: stays }));
    expect(Rotations).toHaveLength(1);
    expect(await decrypt(secret)).toBe("before the rotation");
    expect(await lab.project.outputs("copy")).toMatchObject({ version: copy["version"], keyId: copy["keyId"] });
    await lab.project.expectSuccess("preview", "--expect-no-changes");
    await lab.project.expectSuccess("destroy", "--yes");
  });
});
