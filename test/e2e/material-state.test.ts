import { DescribeKeyCommand, type KMSClient } from "@aws-sdk/client-kms";
import { cloudClient, decryptAs, encryptAs } from "./cloud-client";
import { createLab, type Lab } from "./lab";

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

const program = (more: string, source = 'rotationTrigger: "one"'): string => `${lab.hsm()}
${lab.group("frankfurt", "quotas: { GetParametersForImport: 50 }")}
const master = new byok.SourceKey("master", { group: hsm, spec: "AES_256", ${source} });
const ledger = new byok.AwsKmsKey("ledger", {
  group: frankfurt, material: { source: master }, aliases: ["alias/ledger"], rotationMode: "in-place", ${more}
});`;
const decrypt = (blob: Uint8Array): Promise<string> => decryptAs(kms, blob);
const encrypt = (text: string): Promise<Uint8Array> => encryptAs(kms, "alias/ledger", text);
const state = async (): Promise<string | undefined> =>
  (await kms.send(new DescribeKeyCommand({ KeyId: "alias/ledger" }))).KeyMetadata?.KeyState;
const wordIn = (text: string): string => /confirm: "([a-z]+-[0-9a-f]{8})"/.exec(text)?.[1] ?? "no word";

describe("the material of a key that was rotated in place", () => {
  const before: Record<string, Uint8Array> = {};

  it("is deleted, all of it, once the program confirms it with the word of the preview", async () => {
    await lab.project.program(program(""));
    await lab.project.up();
    before["first"] = await encrypt("first");
    await lab.project.program(program("", 'rotationTrigger: "two"'));
    await lab.project.up();
    before["second"] = await encrypt("second");
    const deleted = (more = ""): string => program(`materialState: "deleted", ${more}`, 'rotationTrigger: "two"');
    await lab.project.program(deleted());
    const preview = await lab.project.preview();
    expect(preview).toContain(
      "its key material is going to be deleted, at once: nothing that it encrypted can be read",
    );
    const refused = await lab.project.run(["up", "--yes", "--skip-preview"]);
    expect(refused.code).not.toBe(0);
    expect(refused.text).toContain(wordIn(preview));
    expect(await state()).toBe("Enabled");
    await lab.project.program(deleted(`confirm: "${wordIn(preview)}"`));
    await lab.project.up();
    expect(await state()).toBe("PendingImport");
    for (const text of Object.values(before)) await expect(decrypt(text)).rejects.toThrow(/pending import/i);
    await lab.project.expectSuccess("preview", "--expect-no-changes");
    await lab.project.expectSuccess("refresh", "--yes", "--expect-no-changes");
  });

  it("comes back as it was, each from its own version, and everything can be read again", async () => {
    await lab.project.program(program("", 'rotationTrigger: "two"'));
    await lab.project.up();
    expect(await state()).toBe("Enabled");
    for (const [name, text] of Object.entries(before)) expect(await decrypt(text)).toBe(name);
    await lab.project.expectSuccess("preview", "--expect-no-changes");
  });

  it("expires as kept valid, comes back disabled where the program says so, and enabled reads what it encrypted", async () => {
    await lab.project.program(program('keepValidFor: "10d", renewBefore: "2d"', 'rotationTrigger: "two"'));
    await lab.project.up();
    await lab.project.expectSuccess("preview", "--expect-no-changes");
    await lab.cloud.admin.advanceClock({ days: 11 });
    expect(await state()).toBe("PendingImport");
    const refreshed = await lab.project.expectSuccess("refresh", "--yes");
    expect(refreshed).toContain("the key material is gone (deleted or expired)");
    // The clock of this machine has not moved: for it the validity lasts.
    await lab.project.program(program("enabled: false", 'rotationTrigger: "two"'));
    await lab.project.up();
    expect(await state()).toBe("Disabled");
    await lab.project.program(program("", 'rotationTrigger: "two"'));
    await lab.project.up();
    for (const [name, text] of Object.entries(before)) expect(await decrypt(text)).toBe(name);
  });
});

describe("a key that is pending deletion", () => {
  it("is taken back by another resource that says so, and reads what it encrypted", async () => {
    const text = await encrypt("kept");
    const { arn } = await lab.project.outputs("ledger");
    await lab.project.expectSuccess("destroy", "--yes");
    await lab.project.program(`${lab.hsm()}
${lab.group("frankfurt", "quotas: { GetParametersForImport: 50 }")}
const master = new byok.SourceKey("master", { group: hsm, spec: "AES_256" });
new byok.AwsKmsKey("rescued", {
  group: frankfurt, material: { source: master }, adopt: { arn: "${String(arn)}", undelete: true }, enabled: true,
  aliases: ["alias/ledger"],
});`);
    expect(await lab.project.preview()).toContain(`cancels the deletion of ${String(arn)}`);
    await lab.project.up();
    expect(await decrypt(text)).toBe("kept");
    expect(await lab.project.outputs("rescued")).toMatchObject({ keyState: "Enabled", arn });
    await lab.project.expectSuccess("preview", "--expect-no-changes");
    await lab.project.expectSuccess("destroy", "--yes");
  });
});
