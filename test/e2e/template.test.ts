import { createLab, type Lab } from "./lab";

let lab: Lab;
beforeAll(async () => {
  lab = await createLab();
});
afterAll(() => lab.dispose());

const program = (template: string, rules = "", invoices = ""): string => `${lab.hsm()}
const master = new byok.SourceKey("master", { group: hsm, spec: "AES_256" });
${lab.group("ledger", `quotas: { GetParametersForImport: 50 }, ${rules} template: { aliasPrefix: "alias/ledger/", ${template} },`)}
new byok.AwsKmsKey("invoices", { group: ledger, material: { source: master }, ${invoices} });
new byok.AwsKmsKey("payouts", { group: ledger, material: { source: master }, description: "mine", tags: { level: "high" } });
${lab.group("agreement", 'template: { spec: "EC_P384", usage: "KEY_AGREEMENT" },')}
new byok.AwsKmsKey("agreed", { group: agreement, material: { native: true } });`;

it("a template gives to each key what that does not say itself, and a change of it shows on every key that it touches", async () => {
  await lab.project.program(program('description: "of the ledger", tags: { owner: "ledger" }'));
  await lab.project.up();
  expect(await lab.project.outputs("invoices")).toMatchObject({
    aliases: ["alias/ledger/invoices"],
    description: "of the ledger",
    tags: { owner: "ledger" },
  });
  expect(await lab.project.outputs("payouts")).toMatchObject({
    aliases: ["alias/ledger/payouts"],
    description: "mine",
    tags: { owner: "ledger", level: "high" },
  });
  expect(await lab.project.outputs("agreed")).toMatchObject({ spec: "EC_P384", usage: "KEY_AGREEMENT" });
  await lab.project.expectSuccess("preview", "--expect-no-changes");

  await lab.project.program(program('description: "of accounting", tags: { owner: "ledger" }'));
  const preview = await lab.project.expectSuccess("preview", "--diff");
  expect(preview.match(/description *: "of the ledger" => "of accounting"/g)).not.toBeNull();
  await lab.project.up();
  expect((await lab.project.outputs("invoices"))["description"]).toBe("of accounting");
  expect((await lab.project.outputs("payouts"))["description"]).toBe("mine");
  await lab.project.expectSuccess("preview", "--expect-no-changes");
});

it("the rules of a group refuse a key that does not fit, on its own row, before anything changes", async () => {
  await lab.project.program(program('description: "of accounting"', 'requiredTags: ["level"],'));
  await lab.cloud.admin.clearLog();
  const ran = await lab.project.run(["up", "--yes"]);
  expect(ran.code).not.toBe(0);
  expect(ran.text).toContain("tags: lack level, which the group ledger asks of every key (requiredTags).");
  expect(await lab.cloud.admin.counters()).toEqual({});
  await lab.project.program(
    program('description: "of accounting"', 'requiredTags: ["level"],', 'tags: { level: "low" }'),
  );
  await lab.project.up();
  expect(await lab.project.outputs("invoices")).toMatchObject({ tags: { level: "low" } });
  await lab.project.expectSuccess("destroy", "--yes");
});
