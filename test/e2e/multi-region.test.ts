import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import {
  CancelKeyDeletionCommand,
  DeleteImportedKeyMaterialCommand,
  DescribeKeyCommand,
  EnableKeyCommand,
  ListAliasesCommand,
  ListKeyRotationsCommand,
  type KMSClient,
} from "@aws-sdk/client-kms";
import { keyTree } from "../../provider/cli/key-tree";
import { cloudClient, decryptAs, encryptAs } from "./cloud-client";
import { createLab, region, until, type Lab } from "./lab";

const ireland = "eu-west-1";
const virginia = "us-east-1";
let lab: Lab;
let here: KMSClient;
let there: KMSClient;
let overseas: KMSClient;
beforeAll(async () => {
  lab = await createLab();
  here = cloudClient(lab.cloud);
  there = cloudClient(lab.cloud, ireland);
  overseas = cloudClient(lab.cloud, virginia);
});
afterAll(async () => {
  here.destroy();
  there.destroy();
  overseas.destroy();
  await lab.dispose();
});

const stateOf = async (kms: KMSClient, KeyId: string): Promise<string | undefined> =>
  (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyState;
const roleIn = async (kms: KMSClient, KeyId: string): Promise<string | undefined> =>
  (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.MultiRegionConfiguration?.MultiRegionKeyType;
const aliasTarget = async (kms: KMSClient, alias: string): Promise<string | undefined> => {
  const { Aliases = [] } = await kms.send(new ListAliasesCommand({ Limit: 100 }));
  return Aliases.find(({ AliasName }) => AliasName === alias)?.TargetKeyId;
};
const materialStates = async (kms: KMSClient, KeyId: string): Promise<readonly unknown[]> => {
  const all = new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial: "ALL_KEY_MATERIAL" });
  const { Rotations = [] } = await kms.send(all);
  return Rotations.map(({ KeyMaterialState, ImportState }) => [KeyMaterialState, ImportState]);
};
/** When the material expires in a Region, in seconds since 1970; undefined where it does not. */
const expiryOf = async (kms: KMSClient, KeyId: string): Promise<number | undefined> => {
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
  const { ValidTo } = KeyMetadata ?? {};
  return ValidTo === undefined ? undefined : Math.floor(ValidTo.getTime() / 1000);
};
const keyIdOf = async (name: string): Promise<string> => String((await lab.project.outputs(name))["keyId"]);

const clearFile = '{ file: "partner.hex", encoding: "hex", spec: "AES_256", group: hsm, allowPlaintext: true }';
const quick = "quotas: { GetParametersForImport: 50 }";
const replica = 'replicas: [{ group: ireland, aliases: ["alias/NAME"] }]';
const program = (
  trigger: string,
  more: { ledger?: string; payments?: string; replicas?: string; schedule?: string } = {},
): string => {
  const { ledger = "", payments = "", replicas = replica, schedule } = more;
  const copy = (name: string, rest: string): string => `const ${name} = new byok.AwsKmsKey("${name}", {
  group: frankfurt, material: { source: master }, multiRegion: true, aliases: ["alias/${name}"],
  ${replicas.replaceAll("NAME", name)}, ${rest}
});`;
  return `${lab.hsm()}
${lab.group("frankfurt", quick)}
${lab.group("ireland", quick, ireland)}
${lab.group("virginia", quick, virginia)}
const master = new byok.SourceKey("master", { group: hsm, spec: "AES_256", rotationTrigger: "${trigger}" });
${copy("payments", payments)}
${copy("ledger", `rotationMode: "in-place", ${ledger}`)}
${copy("sessions", `rotationTrigger: "${trigger}"`).replace("{ source: master }", "{ native: true }")}
${copy("partner", "").replace("{ source: master }", clearFile)}
${schedule === undefined ? "" : `new byok.DeletionSchedule("retire", { key: payments, windowInDays: 14, onRemove: "cancel", restoreEnabled: true, ${schedule} });`}`;
};

/** Kills the provider while AWS holds back the answer to a call, and lets the next run go on. */
async function killAt(operation: string, when: "before" | "after", inRegion: string): Promise<void> {
  await lab.cloud.admin.clearLog();
  await lab.cloud.admin.injectFault({ operation, region: inRegion, effect: { kind: "hang", when } });
  const running = lab.project.start(["up", "--yes", "--skip-preview"]);
  await until(`${operation} was reached`, async () =>
    (await lab.cloud.admin.requestLog()).some((entry) => entry.operation === operation && entry.region === inRegion),
  );
  expect(await lab.project.killAll(/dynamic-provider/)).toBeGreaterThan(0);
  expect((await running.ended).code).not.toBe(0);
  await lab.cloud.admin.clearFaults();
}

const before: Record<string, Uint8Array> = {};

describe("a key in two Regions", () => {
  it("that was killed while AWS made its replica is finished by the next run", async () => {
    const file = path.join(lab.project.folder, "partner.hex");
    await writeFile(file, randomBytes(32).toString("hex"), { mode: 0o600 });
    await lab.project.program(program("first"));
    await killAt("ReplicateKey", "after", region);
    await lab.project.up();
    for (const name of ["payments", "ledger"]) {
      const outputs = await lab.project.outputs(name);
      const keyId = String(outputs["keyId"]);
      expect(keyId).toMatch(/^mrk-/);
      expect(outputs).toMatchObject({ primaryRegion: "eu-central-1", keyState: "Enabled", pending: [] });
      expect(outputs["replicas"]).toMatchObject([
        {
          region: ireland,
          keyId,
          primaryArn: outputs["arn"],
          keyState: "Enabled",
          proof: { method: "key-material-id" },
        },
      ]);
      expect(await aliasTarget(there, `alias/${name}`)).toBe(keyId);
    }
    await lab.project.expectSuccess("preview", "--expect-no-changes");
    await lab.project.expectSuccess("refresh", "--yes", "--expect-no-changes");
  });

  it("decrypts in each what the other encrypted", async () => {
    before["payments"] = await encryptAs(here, "alias/payments", "payments");
    before["ledger"] = await encryptAs(there, "alias/ledger", "ledger");
    expect(await decryptAs(there, before["payments"])).toBe("payments");
    expect(await decryptAs(here, before["ledger"])).toBe("ledger");
  });

  it("is shown with its replica by byok tree", async () => {
    const exported: unknown = JSON.parse(await lab.project.expectSuccess("stack", "export"));
    const copies = keyTree(exported).flatMap(({ versions }) => versions.flatMap((version) => version.copies));
    const shown = copies.map(({ name, replicas }) => [name, replicas.map(({ region }) => region)]);
    expect(shown.sort()).toEqual(["ledger", "partner", "payments", "sessions"].map((name) => [name, [ireland]]));
  });
});

describe("material from a file and of AWS in two Regions", () => {
  it("is the same in both, and needs no link to a source key", async () => {
    for (const name of ["sessions", "partner"]) {
      const outputs = await lab.project.outputs(name);
      expect(outputs["replicas"]).toMatchObject([{ region: ireland, keyState: "Enabled", pending: [] }]);
      before[name] = await encryptAs(here, `alias/${name}`, name);
      expect(await decryptAs(there, before[name])).toBe(name);
    }
    const { proof, replicas } = await lab.project.outputs("partner");
    const { fingerprint } = proof as { fingerprint: string };
    expect(replicas).toMatchObject([{ proof: { fingerprint } }]);
  });
});

describe("a rotation in two Regions", () => {
  it("that was killed in a replica's import is finished by the next run, in both modes, once", async () => {
    const [former, ledger] = [await keyIdOf("payments"), await keyIdOf("ledger")];
    await lab.project.program(program("second"));
    const preview = await lab.project.expectSuccess("preview", "--diff");
    expect(preview).toContain("by a new KMS key, with its replica in eu-west-1.");
    expect(preview).toContain("in place, with its replica in eu-west-1: ARN and aliases stay");
    await killAt("ImportKeyMaterial", "after", ireland);
    await lab.project.up();
    expect(await keyIdOf("ledger")).toBe(ledger);
    for (const kms of [here, there]) {
      expect(await materialStates(kms, ledger)).toEqual([
        ["NON_CURRENT", "IMPORTED"],
        ["CURRENT", "IMPORTED"],
      ]);
      const newest = await keyIdOf("payments");
      expect(newest).not.toBe(former);
      expect(await aliasTarget(kms, "alias/payments")).toBe(newest);
      expect(await decryptAs(kms, before["payments"])).toBe("payments");
      expect(await decryptAs(kms, before["ledger"])).toBe("ledger");
    }
    const sessions = await encryptAs(there, "alias/sessions", "by the new one");
    expect(await decryptAs(here, sessions)).toBe("by the new one");
    expect(await decryptAs(here, before["sessions"])).toBe("sessions");
    expect(await aliasTarget(here, "alias/sessions")).toBe(await keyIdOf("sessions"));
    const fresh = await encryptAs(there, "alias/ledger", "new");
    expect(await decryptAs(here, fresh)).toBe("new");
    await lab.project.expectSuccess("preview", "--expect-no-changes");
  });
});

const moved =
  'primaryRegion: "eu-west-1", replicas: [{ group: ireland, aliases: ["alias/ledger"] }, { group: virginia }]';

describe("the primary, and a replica that comes later", () => {
  it("moves to the other Region, and the new one reads what was encrypted before the rotation in place", async () => {
    const keyId = await keyIdOf("ledger");
    await lab.project.program(program("second", { ledger: moved }));
    const preview = await lab.project.expectSuccess("preview", "--diff");
    expect(preview).toContain("its primary moves from eu-central-1 to eu-west-1");
    await lab.project.up();
    expect(await Promise.all([here, there, overseas].map((kms) => roleIn(kms, keyId)))).toEqual([
      "REPLICA",
      "PRIMARY",
      "REPLICA",
    ]);
    before["ledger, rotated"] = await encryptAs(there, "alias/ledger", "ledger, rotated");
    await expectLedgerReadable();
    await lab.project.expectSuccess("preview", "--expect-no-changes");
  });
});

async function expectLedgerReadable(): Promise<void> {
  for (const kms of [here, there, overseas])
    for (const text of ["ledger", "ledger, rotated"]) expect(await decryptAs(kms, before[text])).toBe(text);
}

describe("the material of a key in three Regions that was rotated in place", () => {
  it("is deleted in all of them with one word, and comes back in all of them", async () => {
    const keyId = await keyIdOf("ledger");
    const deleted = (more = ""): Promise<void> =>
      lab.project.program(program("second", { ledger: `${moved}, materialState: "deleted", ${more}` }));
    await deleted();
    const [, word = ""] = /confirm: "([a-z]+-[0-9a-f]{8})"/.exec(await lab.project.preview()) ?? [];
    await deleted(`confirm: "${word}"`);
    await lab.project.up();
    for (const kms of [here, there, overseas]) {
      expect(await stateOf(kms, keyId)).toBe("PendingImport");
      await expect(decryptAs(kms, before["ledger"])).rejects.toThrow(/pending import/i);
    }
    const validTo = new Date(Date.now() + 90 * 86_400_000);
    const expiring = moved.replace("{ group: virginia }", `{ group: virginia, validTo: "${validTo.toISOString()}" }`);
    await lab.project.program(program("second", { ledger: expiring }));
    await lab.project.up();
    await expectLedgerReadable();
    expect(await expiryOf(overseas, keyId)).toBe(Math.floor(validTo.getTime() / 1000));
    expect(await Promise.all([expiryOf(here, keyId), expiryOf(there, keyId)])).toEqual([undefined, undefined]);
    await lab.project.expectSuccess("preview", "--expect-no-changes");
  });

  it("comes back in a Region in which somebody deleted it, and no other is touched", async () => {
    const keyId = await keyIdOf("ledger");
    await lab.project.program(program("second", { ledger: moved }));
    const [newest] =
      (
        await there.send(new ListKeyRotationsCommand({ KeyId: keyId, IncludeKeyMaterial: "ALL_KEY_MATERIAL" }))
      ).Rotations?.slice(-1) ?? [];
    await overseas.send(new DeleteImportedKeyMaterialCommand({ KeyId: keyId, KeyMaterialId: newest?.KeyMaterialId }));
    expect(await stateOf(overseas, keyId)).toBe("PendingImport");
    expect(await lab.project.expectSuccess("refresh", "--yes")).toContain(
      "the key material is gone (deleted or expired)",
    );
    await lab.cloud.admin.clearLog();
    await lab.project.up();
    const imports = (await lab.cloud.admin.requestLog()).filter(({ operation }) => operation === "ImportKeyMaterial");
    expect(new Set(imports.map((entry) => entry.region))).toEqual(new Set([virginia]));
    await expectLedgerReadable();
    await lab.project.expectSuccess("preview", "--expect-no-changes");
  });
});

let partner = "";
const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

describe("the deletion of a key in two Regions", () => {
  const wordIn = (text: string): string => {
    const [, word] = /To go on: confirm: "([a-z]+-[0-9a-f]{8})"/.exec(text) ?? [];
    if (word === undefined) throw new Error(`no word in:\n${text}`);
    return word;
  };
  const refused = async (): Promise<string> => {
    await lab.project.program(program("second", { ledger: moved, schedule: "" }));
    return lab.project.expectFailure("preview");
  };
  const confirmed = async (refusal: string): Promise<void> =>
    lab.project.program(program("second", { ledger: moved, schedule: `confirm: "${wordIn(refusal)}"` }));

  it("is told with both dates; a run that was killed between the Regions is finished by the next one", async () => {
    const keyId = await keyIdOf("payments");
    const refusal = await refused();
    expect(refusal).toContain(
      `in 14 days (${day(14)}) AWS deletes this key in ${ireland}, and 14 days after that (${day(28)}) its primary in ${region}`,
    );
    await confirmed(refusal);
    await killAt("ScheduleKeyDeletion", "after", ireland);
    expect([await stateOf(here, keyId), await stateOf(there, keyId)]).toEqual(["Enabled", "PendingDeletion"]);
    await confirmed(await refused());
    await lab.project.up();
    expect([await stateOf(here, keyId), await stateOf(there, keyId)]).toEqual([
      "PendingReplicaDeletion",
      "PendingDeletion",
    ]);
    const outputs = await lab.project.outputs("retire");
    expect(outputs).toMatchObject({
      keyState: "PendingReplicaDeletion",
      replicas: [{ region: ireland, keyState: "PendingDeletion", enabledBefore: false }],
      pending: [],
    });
    expect(String(outputs["expectedDeletionDate"]).slice(0, 10)).toBe(day(28));
    await lab.project.expectSuccess("preview", "--expect-no-changes");
  });

  it("is taken back in both, and what nobody knows to have been enabled stays disabled", async () => {
    const keyId = await keyIdOf("payments");
    await lab.project.program(program("second", { ledger: moved }));
    await lab.project.up();
    expect([await stateOf(here, keyId), await stateOf(there, keyId)]).toEqual(["Enabled", "Disabled"]);
    expect(await decryptAs(here, before["payments"])).toBe("payments");
  });
});

describe("letting go", () => {
  it("of a replica says what stays readable, and schedules its deletion", async () => {
    const keyId = await keyIdOf("ledger");
    await lab.project.program(program("second", { replicas: "replicas: []" }));
    const preview = await lab.project.expectSuccess("preview", "--diff");
    expect(preview).toContain("its replica in eu-west-1 is scheduled for deletion, and AWS deletes it 30 days later");
    expect(preview).toContain("What it encrypted stays readable with the same key in eu-central-1.");
    await lab.project.up();
    expect(await stateOf(there, keyId)).toBe("PendingDeletion");
    expect([await roleIn(here, keyId), await aliasTarget(there, "alias/ledger")]).toEqual(["PRIMARY", undefined]);
    expect(await decryptAs(here, before["ledger"])).toBe("ledger");
    await lab.project.expectSuccess("preview", "--expect-no-changes");
  });

  it("of a replica is taken back by whoever cancels its deletion and names it again", async () => {
    const keyId = await keyIdOf("ledger");
    await there.send(new CancelKeyDeletionCommand({ KeyId: keyId }));
    await there.send(new EnableKeyCommand({ KeyId: keyId }));
    const again = 'replicas: [{ group: ireland, aliases: ["alias/ledger"] }]';
    await lab.project.program(program("second", { replicas: "replicas: []", ledger: again }));
    await lab.cloud.admin.clearLog();
    await lab.project.up();
    expect((await lab.cloud.admin.requestLog()).map(({ operation }) => operation)).not.toContain("ReplicateKey");
    expect([await roleIn(there, keyId), await aliasTarget(there, "alias/ledger")]).toEqual(["REPLICA", keyId]);
    for (const text of ["ledger", "ledger, rotated"]) expect(await decryptAs(there, before[text])).toBe(text);
  });

  it("of the key schedules what is left, and shows both dates", async () => {
    const keyId = await keyIdOf("ledger");
    partner = String((await lab.project.outputs("partner"))["arn"]);
    const destroyed = await lab.project.expectSuccess("destroy", "--yes");
    expect(destroyed).toContain(`on ${day(60)}, 30 days after its replica in eu-west-1 is deleted (${day(30)})`);
    expect([await stateOf(here, keyId), await stateOf(there, keyId)]).toEqual([
      "PendingReplicaDeletion",
      "PendingDeletion",
    ]);
  });
});

describe("adopting a key in two Regions", () => {
  const adopting = (replicas: string): Promise<void> =>
    lab.project.program(`${lab.hsm()}
${lab.group("frankfurt", quick)}
${lab.group("ireland", quick, ireland)}
new byok.AwsKmsKey("rescued", {
  group: frankfurt, material: ${clearFile}, multiRegion: true, enabled: true, replicas: [${replicas}],
  adopt: { arn: "${partner}", undelete: true },
});`);

  it("refuses a Region that the program does not name; then all of it comes back, and nothing is due", async () => {
    const keyId = partner.split("/").at(-1) ?? "";
    await adopting("");
    expect(await lab.project.expectFailure("preview")).toContain(
      `has replicas in ${ireland} that the program does not name`,
    );
    await adopting("{ group: ireland, enabled: true }");
    const said = await lab.project.up();
    for (const arn of [partner, partner.replace(region, ireland)]) {
      expect(said).toContain(`cancels the deletion of ${arn}`);
      expect(said).toContain(`adopts ${arn}: our tags are written`);
    }
    expect([await stateOf(here, keyId), await stateOf(there, keyId)]).toEqual(["Enabled", "Enabled"]);
    for (const kms of [here, there]) expect(await decryptAs(kms, before["partner"])).toBe("partner");
    await lab.project.expectSuccess("preview", "--expect-no-changes");
    await lab.project.expectSuccess("refresh", "--yes", "--expect-no-changes");
  });
});
