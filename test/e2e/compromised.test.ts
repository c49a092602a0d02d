import { cloudClient, decryptAs, encryptAs } from "./cloud-client";
import { createLab, region, type Lab } from "./lab";

let lab: Lab;
beforeAll(async () => {
  lab = await createLab();
});
afterAll(() => lab.dispose());

const program = (source: string, group = "", material = "master"): string => `${lab.hsm()}
const master = new byok.SourceKey("master", { group: hsm, spec: "AES_256", ${source} });
const second = new byok.SourceKey("second", { group: hsm, spec: "AES_256" });
${lab.group("frankfurt", `quotas: { GetParametersForImport: 50 }, ${group}`)}
new byok.AwsKmsKey("payments", { group: frankfurt, material: { source: ${material} }, aliases: ["alias/payments"] });`;

it("a group's trigger rotates its keys once, and byok keys tells which KMS key each has", async () => {
  await lab.project.program(program(""));
  await lab.project.up();
  const first = await lab.project.outputs("payments");
  await lab.project.program(program("", 'rotateAllTrigger: "june",'));
  expect(await lab.project.preview("--diff")).toMatch(/version *: 1 => 2/);
  await lab.project.up();
  const second = await lab.project.outputs("payments");
  expect(second).toMatchObject({ version: 2, proof: { sourceVersion: 1 }, keyState: "Enabled" });
  expect(second["keyId"]).not.toBe(first["keyId"]);
  expect((await lab.project.outputs("master"))["version"]).toBe(1);
  await lab.project.expectSuccess("preview", "--expect-no-changes");
  const { output } = await lab.project.byok(["keys", "--group", "frankfurt", "--stack", lab.project.stack]);
  expect(output).toContain(`payments  frankfurt  2        Enabled  ${String(second["keyId"])}  alias/payments`);
});

it("a compromised key is imported nowhere, its copies are disabled, and they live on with another one", async () => {
  const kms = cloudClient(lab.cloud, region);
  const arn = String((await lab.project.outputs("payments"))["arn"]);
  const before = await encryptAs(kms, "alias/payments", "before");
  const marked = program('compromised: { since: "2026-01-02" },', 'rotateAllTrigger: "june",');
  await lab.project.program(marked);
  const preview = await lab.project.preview("--diff");
  expect(preview).toContain("The token remembers 2 copies: payments (version 1, arn:");
  expect(preview).toMatch(/enabled *: true => false/);
  await lab.project.up();
  expect((await lab.project.outputs("payments"))["keyState"]).toBe("Disabled");
  await expect(decryptAs(kms, before)).rejects.toMatchObject({ name: "DisabledException" });
  await lab.project.expectSuccess("preview", "--expect-no-changes");

  await lab.project.program(marked.replace("aliases:", "validTo: new Date(Date.now() + 9e8).toISOString(), aliases:"));
  expect(await lab.project.failingUp()).toContain("others may have the key since 2026-01-02. [BYOK_KEY_COMPROMISED]");

  await lab.project.program(program('compromised: { since: "2026-01-02" },', 'rotateAllTrigger: "june",', "second"));
  await lab.project.up();
  expect(await lab.project.outputs("payments")).toMatchObject({ keyState: "Enabled", link: { source: "second" } });
  expect(await decryptAs(kms, await encryptAs(kms, "alias/payments", "after"))).toBe("after");
  await expect(encryptAs(kms, arn, "old")).rejects.toMatchObject({ name: "DisabledException" });
  await lab.project.expectSuccess("preview", "--expect-no-changes");
  await lab.project.expectSuccess("destroy", "--yes");
});
