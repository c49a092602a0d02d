import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  EnableKeyCommand,
  GenerateMacCommand,
  ListAliasesCommand,
  SignCommand,
  UpdateAliasCommand,
  VerifyCommand,
  VerifyMacCommand,
  type KMSClient,
} from "@aws-sdk/client-kms";
import { cloudClient, decryptAs, encryptAs } from "./cloud-client";
import { createLab, until, type Lab } from "./lab";
import { movedClock, type MovedClock } from "./moved-clock";

let lab: Lab;
let kms: KMSClient;
let clock: MovedClock;
beforeAll(async () => {
  lab = await createLab();
  kms = cloudClient(lab.cloud);
  clock = await movedClock(lab);
});
afterAll(async () => {
  kms.destroy();
  await lab.dispose();
});

/** Two symmetric keys and an HMAC key, and whatever a test adds. */
const program = (more = "", ofReports = ""): Promise<void> =>
  lab.project.program(`${lab.hsm()}
${lab.group("frankfurt")}
const first = new byok.SourceKey("first", { group: hsm, spec: "AES_256" });
const mac = new byok.SourceKey("mac", { group: hsm, spec: "HMAC_256" });
const newMac = new byok.SourceKey("new-mac", { group: hsm, spec: "HMAC_256" });
const reports = new byok.AwsKmsKey("reports", { group: frankfurt, material: { source: first }, aliases: ["alias/reports"], ${ofReports} });
const ledger = new byok.AwsKmsKey("ledger", { group: frankfurt, material: { source: first } });
const macs = new byok.AwsKmsKey("macs", { group: frankfurt, material: { source: mac } });
const newMacs = new byok.AwsKmsKey("new-macs", { group: frankfurt, material: { source: newMac } });
${more}`);
const alias = (key: string, more = "", name = "alias/current"): string =>
  `new byok.AwsAlias("${name.slice(6)}", { group: frankfurt, name: "${name}", key: ${key}, ${more} });`;
const schedule = (more: string): string => `new byok.DeletionSchedule("retire-reports", { key: reports, ${more} });`;

const keyId = async (name: string): Promise<string> => String((await lab.project.outputs(name))["keyId"]);
const stateOf = async (name: string): Promise<string | undefined> =>
  (await kms.send(new DescribeKeyCommand({ KeyId: await keyId(name) }))).KeyMetadata?.KeyState;
const target = async (name: string): Promise<string | undefined> =>
  (await kms.send(new ListAliasesCommand({ Limit: 100 }))).Aliases?.find((each) => each.AliasName === name)
    ?.TargetKeyId;
const encrypt = (key: string, text: string): Promise<Uint8Array> => encryptAs(kms, key, text);
const decrypt = (blob: Uint8Array | undefined, key?: string): Promise<string> => decryptAs(kms, blob, key);
const writes = async (): Promise<readonly string[]> => {
  const log = await lab.cloud.admin.requestLog();
  return log.map((entry) => entry.operation).filter((name) => !/^(Get|List|Describe|Simulate)/.test(name));
};
const wordIn = (text: string): string => {
  const [, word] = /To go on: confirm: "([a-z]+-[0-9a-f]{8})"/.exec(text) ?? [];
  if (word === undefined) throw new Error(`no word in:\n${text}`);
  return word;
};

describe("an alias that stands on its own", () => {
  let old: Uint8Array | undefined;

  it("is made, and callers use it", async () => {
    await program(`${alias("reports")} ${alias("macs", "", "alias/mac")}`);
    expect(await lab.project.up()).toContain("12 created");
    expect(await target("alias/current")).toBe(await keyId("reports"));
    old = await encrypt("alias/current", "before the move");
    expect(await lab.project.preview("--expect-no-changes")).toContain("12 unchanged");
  });

  it("is not in the preview of a change that leaves its key the same KMS key", async () => {
    const others = `${alias("reports")} ${alias("macs", "", "alias/mac")}`;
    await program(others, 'description: "of the reports"');
    const preview = await lab.project.preview();
    expect(preview).toMatch(/1 to update/);
    expect(preview).not.toContain("[diff: ~key]");
  });

  it("moves in one call after a preview that says what that means; what was encrypted before stays readable", async () => {
    await program(`${alias("ledger")} ${alias("macs", "", "alias/mac")}`);
    const preview = await lab.project.preview("--diff");
    expect(preview).toContain("What the former key encrypted stays readable");
    await lab.cloud.admin.clearLog();
    expect(await lab.project.up()).toContain("1 updated");
    expect(await writes()).toEqual(["UpdateAlias"]);
    expect(await decrypt(old)).toBe("before the move");
    await expect(decrypt(old, "alias/current")).rejects.toMatchObject({ name: "IncorrectKeyException" });
  });

  it("breaks MACs by its name when it moves, as the preview says", async () => {
    const message = Buffer.from("42 EUR");
    const { Mac } = await kms.send(
      new GenerateMacCommand({ KeyId: "alias/mac", MacAlgorithm: "HMAC_SHA_256", Message: message }),
    );
    const verify = (key: string): Promise<unknown> =>
      kms.send(new VerifyMacCommand({ KeyId: key, MacAlgorithm: "HMAC_SHA_256", Message: message, Mac }));
    await expect(verify("alias/mac")).resolves.toMatchObject({ MacValid: true });
    await program(`${alias("ledger")} ${alias("newMacs", "", "alias/mac")}`);
    expect(await lab.project.preview()).toContain("MACs of the former key do not verify by this name any more");
    await lab.project.up();
    await expect(verify("alias/mac")).rejects.toMatchObject({ name: "KMSInvalidMacException" });
    await expect(verify(await keyId("macs"))).resolves.toMatchObject({ MacValid: true });
  });

  it("is refused what AWS would refuse, in the preview, and nothing is written", async () => {
    await lab.cloud.admin.clearLog();
    await program(`${alias("macs")} ${alias("newMacs", "", "alias/mac")}`);
    expect(await lab.project.expectFailure("preview")).toContain(
      "AWS moves an alias only between keys of the same type",
    );
    await program(`${alias("reports", "", "alias/reports")} ${alias("newMacs", "", "alias/mac")}`);
    expect(await lab.project.expectFailure("preview")).toContain("stands in the aliases of reports too");
    expect(await writes()).toEqual([]);
  });

  it("is told when somebody moved or deleted it, and the next up puts it right", async () => {
    await program(`${alias("ledger")} ${alias("newMacs", "", "alias/mac")}`);
    await kms.send(new UpdateAliasCommand({ AliasName: "alias/current", TargetKeyId: await keyId("reports") }));
    await kms.send(new DeleteAliasCommand({ AliasName: "alias/mac" }));
    const text = await lab.project.expectSuccess("refresh", "--yes");
    expect(text).toContain("drift: alias/current points to");
    expect(text).toContain("drift: alias/mac does not exist any more");
    await lab.project.up();
    expect(await target("alias/current")).toBe(await keyId("ledger"));
    expect(await target("alias/mac")).toBe(await keyId("new-macs"));
  });

  it("is taken over from another key only with adopt", async () => {
    await kms.send(new CreateAliasCommand({ AliasName: "alias/found", TargetKeyId: await keyId("reports") }));
    await program(alias("ledger", "", "alias/found"));
    expect(await lab.project.expectFailure("preview")).toContain("To move it from there: adopt: true.");
    await program(alias("ledger", "adopt: true", "alias/found"));
    expect(await lab.project.preview()).toContain("takes alias/found over");
    await lab.project.up();
    expect(await target("alias/found")).toBe(await keyId("ledger"));
  });

  it("survives a replacement, and goes with its resource unless somebody moved it", async () => {
    const urn = (await lab.project.resource("found")).urn;
    await lab.project.up("--replace", urn);
    expect(await target("alias/found")).toBe(await keyId("ledger"));
    await kms.send(new UpdateAliasCommand({ AliasName: "alias/found", TargetKeyId: await keyId("reports") }));
    await program(alias("ledger"));
    expect(await lab.project.up()).toContain("forgotten here");
    expect(await target("alias/found")).toBe(await keyId("reports"));
    await program();
    await lab.project.up();
    expect(await target("alias/current")).toBeUndefined();
    await kms.send(new DeleteAliasCommand({ AliasName: "alias/found" }));
  });
});

describe("a deletion schedule", () => {
  let old: Uint8Array | undefined;
  let word: string;

  it("is refused with date, consequence and word, and nothing is written", async () => {
    old = await encrypt("alias/reports", "a report");
    await program(schedule("windowInDays: 14,"));
    await lab.cloud.admin.clearLog();
    const text = await lab.project.expectFailure("preview");
    expect(text).toMatch(
      /in 14 days \(\d{4}-\d{2}-\d{2}\) AWS deletes this key; everything encrypted with it becomes unreadable/,
    );
    expect(text).toContain("1 alias points to it");
    expect(text).toContain("[BYOK_CONFIRM_REQUIRED]");
    word = wordIn(text);
    expect(wordIn(await lab.project.failingUp())).toBe(word);
    expect(await writes()).toEqual([]);
  });

  it("is made with the word: the key cannot be used from then on, and the alias stays", async () => {
    await program(schedule(`windowInDays: 14, onRemove: "cancel", restoreEnabled: true, confirm: "${word}",`));
    expect(await lab.project.preview()).toContain("AWS deletes this key");
    await lab.project.up();
    expect(await writes()).toEqual(["ScheduleKeyDeletion"]);
    expect(await lab.project.outputs("retire-reports")).toMatchObject({
      keyState: "PendingDeletion",
      windowInDays: 14,
    });
    expect(await stateOf("reports")).toBe("PendingDeletion");
    await expect(decrypt(old)).rejects.toMatchObject({ name: "KMSInvalidStateException" });
    expect(await target("alias/reports")).toBe(await keyId("reports"));
    await lab.project.preview("--expect-no-changes");
    expect(await lab.project.expectSuccess("refresh", "--yes")).toContain("drift: the key is scheduled for deletion");
    await lab.project.preview("--expect-no-changes");
    await lab.project.up();
  });

  it.each(["CancelKeyDeletion", "ScheduleKeyDeletion"] as const)(
    "moves its date even where everything dies during %s: the next up finishes, and the key is never enabled",
    async (operation) => {
      const days = operation === "CancelKeyDeletion" ? 20 : 9;
      const settings = `windowInDays: ${days}, onRemove: "cancel", restoreEnabled: true,`;
      await program(schedule(settings));
      const moved = wordIn(await lab.project.expectFailure("preview"));
      await program(schedule(`${settings} confirm: "${moved}",`));
      await lab.cloud.admin.clearLog();
      await lab.cloud.admin.injectFault({
        operation,
        effect: { kind: "hang", when: operation === "CancelKeyDeletion" ? "after" : "before" },
      });
      const running = lab.project.start(["up", "--yes", "--skip-preview"]);
      await until(`${operation} was reached`, async () => (await writes()).includes(operation));
      await lab.project.killAll(/./);
      await running.ended;
      await lab.cloud.admin.clearFaults();
      await lab.project.unlock();
      expect(await stateOf("reports")).toBe("Disabled");
      await lab.project.up();
      const { deletionDate, keyState } = await lab.project.outputs("retire-reports");
      expect(keyState).toBe("PendingDeletion");
      expect(Math.round((Date.parse(String(deletionDate)) - Date.now()) / 86_400_000)).toBe(days);
      expect(await writes()).not.toContain("EnableKey");
      await lab.project.preview("--expect-no-changes");
    },
  );

  it("tells when somebody cancelled it, and asks for another word", async () => {
    await kms.send(new CancelKeyDeletionCommand({ KeyId: await keyId("reports") }));
    const text = await lab.project.expectSuccess("refresh", "--yes");
    expect(text).toContain("drift: somebody cancelled the deletion; the key is Disabled");
    // AWS left the key disabled, which the program does not want either; the KMS key stays the same, so that preview knows the word.
    const refused = await lab.project.expectFailure("preview");
    expect(refused).toContain("belongs to another moment");
    expect(wordIn(refused)).not.toBe(word);
    expect(await lab.project.failingUp()).toContain("belongs to another moment");
  });

  it("is taken back by removing it with cancel, and what was encrypted is readable again", async () => {
    await program();
    await lab.project.up();
    expect(await stateOf("reports")).toBe("Enabled");
    const settings = 'windowInDays: 7, onRemove: "cancel", restoreEnabled: true,';
    await program(schedule(settings));
    const again = wordIn(await lab.project.expectFailure("preview"));
    await program(schedule(`${settings} confirm: "${again}",`));
    await lab.project.up();
    expect(await stateOf("reports")).toBe("PendingDeletion");
    await program();
    await lab.project.up();
    expect(await stateOf("reports")).toBe("Enabled");
    expect(await decrypt(old)).toBe("a report");
  });

  it("stays as Destroyed after the window, and up says which lines to remove", async () => {
    const settings = "windowInDays: 7,";
    await program(schedule(settings));
    const last = wordIn(await lab.project.expectFailure("preview"));
    await program(schedule(`${settings} confirm: "${last}",`));
    await lab.project.up();
    // No refresh has told the key's own resource of its date.
    expect(await lab.project.outputs("reports")).not.toHaveProperty("deletionDate");
    await clock.pass(8);
    await lab.project.expectSuccess("refresh", "--yes");
    expect(await lab.project.outputs("reports")).toMatchObject({ keyState: "Destroyed" });
    expect(await lab.project.outputs("retire-reports")).toMatchObject({ keyState: "Destroyed" });
    expect(await lab.project.up()).toContain(
      'Remove these lines from the program: the DeletionSchedule "retire-reports" and the AwsKmsKey "reports"',
    );
    await program();
    await lab.project.program(`${lab.hsm()}\n${lab.group("frankfurt")}`);
    await lab.project.up();
  });

  it("goes with its key in one destroy, in which the deletion is never cancelled", async () => {
    await lab.project.program(lab.payments());
    await lab.project.up();
    const body = (more: string): string =>
      `${lab.payments()}\nnew byok.DeletionSchedule("retire", { key: payments, windowInDays: 14, onRemove: "cancel", restoreEnabled: true, ${more} });`;
    await lab.project.program(body(""));
    const confirm = wordIn(await lab.project.expectFailure("preview"));
    await lab.project.program(body(`confirm: "${confirm}",`));
    await lab.project.up();
    await lab.cloud.admin.clearLog();
    await lab.project.expectSuccess("destroy", "--yes");
    expect(await writes()).toEqual([]);
  });
});

describe("what a program lets happen as time passes", () => {
  const texts: Record<string, Uint8Array> = {};
  const message = Buffer.from("42 EUR");
  const SigningAlgorithm = "ECDSA_SHA_256";
  let signature: Uint8Array | undefined;
  const timed = (trigger: string, ofSeals = "acknowledgeOldOutputs: true"): Promise<void> =>
    lab.project.program(`${lab.hsm()}
${lab.group("frankfurt", "quotas: { GetParametersForImport: 50 }")}
const key = (name, spec, trigger, more) => new byok.AwsKmsKey(name, {
  group: frankfurt, aliases: ["alias/" + name], ...more,
  material: { source: new byok.SourceKey(name + "-source", { group: hsm, spec, rotationTrigger: trigger }) },
});
key("vouchers", "AES_256", "${trigger}", { afterRotation: "scheduleDeletion", disableDays: 10 });
key("seals", "EC_P256", "${trigger}", { ${ofSeals} });
key("campaign", "AES_256", "never", { keepValidFor: "40d", renewBefore: "10d" });`);
  const verify = (KeyId: string): Promise<unknown> =>
    kms.send(new VerifyCommand({ KeyId, Message: message, Signature: signature, SigningAlgorithm }));

  it("a rotation of a signing key has to be acknowledged, and leaves signatures to the former ARN", async () => {
    await timed("one");
    await lab.project.up();
    const former = String((await lab.project.outputs("seals"))["arn"]);
    const sign = new SignCommand({ KeyId: "alias/seals", Message: message, SigningAlgorithm });
    ({ Signature: signature } = await kms.send(sign));
    for (const name of ["vouchers", "campaign"]) texts[name] = await encrypt(`alias/${name}`, name);
    await timed("two", "");
    expect(await lab.project.expectFailure("preview")).toContain("acknowledgeOldOutputs: true");
    await timed("two");
    await lab.project.up();
    await expect(verify("alias/seals")).rejects.toMatchObject({ name: "KMSInvalidSignatureException" });
    await expect(verify(former)).resolves.toMatchObject({ SignatureValid: true });
  });

  it("a validity moves on before its end, and a former key goes once it has been disabled for its days", async () => {
    await expect(decrypt(texts["vouchers"])).rejects.toThrow(/disabled/);
    await clock.pass(31);
    expect(await lab.project.preview("--diff")).toMatch(
      /schedules the deletion of the former key arn:\S+ \(version 1\)/,
    );
    await lab.project.up();
    const [former] = (await lab.project.outputs("vouchers"))["versions"] as readonly { readonly arn: string }[];
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: String(former?.arn) }));
    expect(KeyMetadata?.KeyState).toBe("PendingDeletion");
    // The first end has passed by then.
    await clock.pass(10);
    expect(await decrypt(texts["campaign"])).toBe("campaign");
    await kms.send(new CancelKeyDeletionCommand({ KeyId: former?.arn }));
    await kms.send(new EnableKeyCommand({ KeyId: former?.arn }));
    await lab.project.up();
    expect(await decrypt(texts["vouchers"])).toBe("vouchers");
    await lab.project.expectSuccess("destroy", "--yes");
  });
});
