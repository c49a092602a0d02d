import { createLab, region, type Lab } from "./lab";

let lab: Lab;
beforeAll(async () => {
  lab = await createLab();
  await lab.project.program(lab.payments('tags: { team: "ledger" },'));
});
afterAll(() => lab.dispose());

describe("the life of a copied key", () => {
  it("begins with one preview and one up", async () => {
    const preview = await lab.project.preview();
    expect(preview).toContain("5 to create");
    const text = await lab.project.up();
    expect(text).toContain("5 created");
    const outputs = await lab.project.outputs("payments");
    expect(outputs).toMatchObject({
      keyState: "Enabled",
      pending: [],
      aliases: ["alias/payments"],
      tags: { team: "ledger" },
    });
    expect(outputs["arn"]).toMatch(new RegExp(`^arn:aws:kms:${region}:111122223333:key/`));
  });

  it("is unchanged by a second up, in whose preview no cloud is called", async () => {
    await lab.cloud.admin.clearLog();
    expect(await lab.project.preview("--expect-no-changes")).toContain("5 unchanged");
    expect(await lab.cloud.admin.counters()).toEqual({});
    expect(await lab.project.up()).toContain("5 unchanged");
    expect(await lab.cloud.admin.counters()).toEqual({});
  });
});
