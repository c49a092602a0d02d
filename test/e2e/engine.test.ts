import { CreateKeyCommand, DescribeKeyCommand, type KMSClient } from "@aws-sdk/client-kms";
import { cloudClient, livingKeys } from "./cloud-client";
import { createLab, until, type Lab } from "./lab";

let lab: Lab;
let kms: KMSClient;
beforeAll(async () => {
  lab = await createLab();
  kms = cloudClient(lab.cloud);
});
afterAll(async () => {
  kms.destroy();
  await lab.dispose();
});

const writes = async (): Promise<readonly string[]> => {
  const log = await lab.cloud.admin.requestLog();
  return log.map((entry) => entry.operation).filter((name) => !/^(Get|List|Describe|Simulate)/.test(name));
};
const urnOf = async (name: string): Promise<string> => (await lab.project.resource(name)).urn;
const keyIdOf = async (name: string): Promise<string> => String((await lab.project.outputs(name))["keyId"]);
const stateOf = async (keyId: string): Promise<string | undefined> =>
  (await kms.send(new DescribeKeyCommand({ KeyId: keyId }))).KeyMetadata?.KeyState;
/** Inputs of the payments program with what SourceKey gets besides. */
const withMaster = (more: string): string => lab.payments().replace('spec: "AES_256" }', `spec: "AES_256", ${more} }`);

describe("a failing import", () => {
  it.each([
    ["without", false],
    ["with", true],
  ])("%s a refresh in between is finished by the next up", async (_name, refreshed) => {
    await lab.project.program(lab.payments());
    await lab.cloud.admin.injectFault({
      operation: "ImportKeyMaterial",
      effect: { kind: "error", code: "AccessDeniedException" },
    });
    const failed = await lab.project.failingUp();
    expect(failed).toContain("kms:ImportKeyMaterial");
    expect(failed).not.toMatch(/\n\s+at /);
    await lab.cloud.admin.clearFaults();
    expect(await lab.project.outputs("payments")).toMatchObject({
      keyState: "PendingImport",
      pending: expect.arrayContaining(["import the key material"]),
    });
    if (refreshed) await lab.project.expectSuccess("refresh", "--yes");
    await lab.project.up();
    expect(await livingKeys(lab.cloud)).toEqual(["Enabled"]);
    expect(await lab.project.outputs("payments")).toMatchObject({ keyState: "Enabled", pending: [] });
    await lab.project.expectSuccess("destroy", "--yes");
  });
});

describe("replacement by command", () => {
  beforeAll(async () => {
    await lab.project.program(lab.payments());
    await lab.project.up();
  });

  it("--replace takes the same key over and does not delete it", async () => {
    const before = await keyIdOf("payments");
    await lab.project.up("--replace", await urnOf("payments"));
    expect(await keyIdOf("payments")).toBe(before);
    expect(await livingKeys(lab.cloud)).toEqual(["Enabled"]);
  });

  it("state taint does likewise, for the source key too", async () => {
    const before = await keyIdOf("payments");
    await lab.project.expectSuccess("state", "taint", await urnOf("payments"), "--yes");
    await lab.project.expectSuccess("state", "taint", await urnOf("master"), "--yes");
    await lab.project.up();
    expect(await keyIdOf("payments")).toBe(before);
    expect(await stateOf(before)).toBe("Enabled");
    expect((await lab.project.outputs("master"))["versions"]).toHaveLength(1);
    expect(await lab.project.preview("--expect-no-changes")).toContain("5 unchanged");
  });

  it("--target changes the target alone", async () => {
    await lab.project.program(`${lab.payments('description: "one",')}
new byok.AwsKmsKey("second", { group: frankfurt, material: { source: master }, description: "two" });`);
    await lab.project.up("--target", await urnOf("payments"));
    expect(await lab.project.outputs("payments")).toMatchObject({ description: "one" });
    expect(await livingKeys(lab.cloud)).toHaveLength(1);
  });

  it("another Region makes another key and schedules the old one, which preview says", async () => {
    const before = await keyIdOf("payments");
    const moved = lab.payments().replace(lab.group("frankfurt"), lab.group("frankfurt", "", "eu-west-1"));
    await lab.project.program(moved);
    const preview = await lab.project.preview();
    expect(preview).toContain("a new KMS key with the same material is made there");
    expect(preview).toContain("1 to replace");
    await lab.project.up();
    expect(await stateOf(before)).toBe("PendingDeletion");
    expect(await livingKeys(lab.cloud, "eu-west-1")).toEqual(["Enabled"]);
    await lab.project.expectSuccess("destroy", "--yes");
  });
});

it("pulumi cancel in the middle of a create leaves one key after the next up", async () => {
  await lab.project.program(lab.payments());
  await lab.cloud.admin.clearLog();
  await lab.cloud.admin.injectFault({
    operation: "GetParametersForImport",
    effect: { kind: "slow", milliseconds: 4_000 },
  });
  const running = lab.project.start(["up", "--yes", "--skip-preview"]);
  await until("the key was created", async () => ((await lab.cloud.admin.counters())["CreateKey"] ?? 0) > 0);
  running.child.kill("SIGINT");
  await running.ended;
  await lab.project.unlock();
  await lab.cloud.admin.clearFaults();
  await lab.project.up();
  expect(await livingKeys(lab.cloud)).toEqual(["Enabled"]);
  await lab.project.expectSuccess("destroy", "--yes");
});

describe("removal", () => {
  it("of a source key with onDestroy destroy is refused while a copy could need the material, with the copy's date", async () => {
    await lab.project.program(withMaster('label: "to-go", onDestroy: "destroy"'));
    await lab.project.up();
    const copy = await keyIdOf("payments");
    const refused = await lab.project.expectFailure("destroy", "--yes");
    expect(refused).toContain(copy);
    expect(refused).toMatch(/scheduled for deletion on \d{4}-\d{2}-\d{2}/);
    expect(refused).not.toMatch(/\n\s+at /);
    expect((await lab.project.outputs("master"))["versions"]).toHaveLength(1);
    await lab.project.program(
      `${lab.hsm()}\nconst master = new byok.SourceKey("master", { group: hsm, spec: "AES_256", label: "to-go" });`,
    );
    await lab.project.up();
    await lab.project.expectSuccess("destroy", "--yes");
  });

  it("of a source key without copies needs the word that the refusal names", async () => {
    await lab.project.program(
      `${lab.hsm()}\nnew byok.SourceKey("brief", { group: hsm, spec: "AES_256", onDestroy: "destroy" });`,
    );
    await lab.project.up();
    const refused = await lab.project.expectFailure("destroy", "--yes");
    const word = /BYOK_CONFIRM=([a-z]+-[0-9a-f]{8})/.exec(refused)?.[1] ?? "";
    expect(refused).toContain("pulumi state delete");
    const done = await lab.project.run(["destroy", "--yes"], { BYOK_CONFIRM: `other-00000000,${word}` });
    expect(done.code).toBe(0);
  });
});

describe("adoption", () => {
  it("of a placeholder key imports the material, previews it, and adopt may be removed again", async () => {
    const made = await kms.send(
      new CreateKeyCommand({
        Origin: "EXTERNAL",
        Description: "by an administrator",
        Tags: [{ TagKey: "cost", TagValue: "42" }],
      }),
    );
    const arn = made.KeyMetadata?.Arn ?? "";
    const program = (adopt: string): string => `${lab.hsm()}
const master = new byok.SourceKey("master", { group: hsm, spec: "AES_256" });
${lab.group("frankfurt")}
new byok.AwsKmsKey("adopted", { group: frankfurt, material: { source: master }, ${adopt} });`;
    await lab.project.program(program(`adopt: { arn: "${arn}" }`));
    const preview = await lab.project.preview();
    expect(preview).toContain(`adopts ${arn}`);
    expect(preview).toContain("the key material is imported");
    await lab.cloud.admin.clearLog();
    await lab.project.up();
    expect(await writes()).toEqual(["TagResource", "ImportKeyMaterial"]);
    expect(await lab.project.outputs("adopted")).toMatchObject({
      arn,
      description: "by an administrator",
      tags: { cost: "42" },
      keyState: "Enabled",
    });
    await lab.project.program(program(""));
    expect(await lab.project.preview("--expect-no-changes")).toContain("5 unchanged");
    expect(await lab.project.up()).toContain("5 unchanged");
    await lab.project.expectSuccess("destroy", "--yes");
  });
});

it("two stacks side by side on one token keep their own keys", async () => {
  const program = (label: string): string =>
    lab
      .payments()
      .replace('spec: "AES_256" }', `spec: "AES_256", label: ${label} }`)
      .replace('"alias/payments"', '"alias/" + pulumi.getStack()');
  await lab.project.program(program('"shared"'));
  const other = await lab.project.otherStack("prod");
  await lab.project.up();
  expect(await other.expectFailure("preview")).toContain("adopt: { owner:");
  await lab.project.program(program('pulumi.getStack() === "prod" ? "prod-key" : "shared"'));
  await other.up();
  const prints = await Promise.all(
    [lab.project, other].map(async (stack) => (await stack.outputs("payments"))["proof"]),
  );
  expect(prints[0]).not.toEqual(prints[1]);
  const kept = String((await other.outputs("payments"))["keyId"]);
  await lab.project.expectSuccess("destroy", "--yes");
  expect(await stateOf(kept)).toBe("Enabled");
  expect(await other.expectSuccess("refresh", "--yes", "--expect-no-changes")).toContain("unchanged");
  await other.expectSuccess("destroy", "--yes");
});
