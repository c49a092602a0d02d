import { livingKeys } from "./cloud-client";
import { createLab, until, type Lab } from "./lab";

let lab: Lab;
beforeAll(async () => {
  lab = await createLab();
});
afterAll(() => lab.dispose());

const provider = /dynamic-provider/;
const custodian = /byok-custodian|custodian\/child/;

const cli = /^pulumi /;
const everything = /./;

/** An import in flight is waited for before the custodian of a killed CLI ends, so there it is the whole machine that goes. */
const victims = (operation: string): readonly (readonly [string, RegExp])[] => [
  ["the provider", provider],
  operation === "ImportKeyMaterial" ? ["the CLI and all that it started", everything] : ["the CLI", cli],
];

describe.each([
  ["CreateKey", "before"],
  ["CreateKey", "after"],
  ["GetParametersForImport", "before"],
  ["ImportKeyMaterial", "before"],
  ["ImportKeyMaterial", "after"],
  ["CreateAlias", "before"],
  ["CreateAlias", "after"],
] as const)("a kill -9 while %s hangs, %s it took effect", (operation, when) => {
  it.each(victims(operation))("of %s is finished by the next up, with one key", async (_name, victim) => {
    await lab.project.program(lab.payments());
    await lab.cloud.admin.clearLog();
    await lab.cloud.admin.injectFault({ operation, effect: { kind: "hang", when } });
    const running = lab.project.start(["up", "--yes", "--skip-preview"]);
    await until(`${operation} was reached`, async () => {
      const log = await lab.cloud.admin.requestLog();
      return log.some((entry) => entry.operation === operation);
    });
    if (victim === everything) {
      await lab.project.killAll(everything);
      await running.ended;
      await lab.cloud.admin.clearFaults();
      await lab.project.unlock();
    } else if (victim === cli) {
      running.child.kill("SIGKILL");
      // The orphaned provider notices that its engine is gone, and stops before its next step.
      await running.ended;
      await lab.cloud.admin.clearFaults();
      await until("the orphaned provider ended", async () => (await lab.project.processes(provider)).length === 0);
      await until("its custodian ended", async () => (await lab.project.processes(custodian)).length === 0);
      await lab.project.killAll(/pulumi-language-nodejs/);
      await lab.project.unlock();
    } else {
      expect(await lab.project.killAll(victim)).toBeGreaterThan(0);
      expect((await running.ended).code).not.toBe(0);
      await lab.cloud.admin.clearFaults();
    }
    await lab.project.up();
    expect(await livingKeys(lab.cloud)).toEqual(["Enabled"]);
    expect(await lab.project.outputs("payments")).toMatchObject({
      keyState: "Enabled",
      pending: [],
      aliases: ["alias/payments"],
    });
    expect((await lab.project.outputs("master"))["versions"]).toHaveLength(1);
    await lab.project.expectSuccess("destroy", "--yes");
  });
});

it("a kill -9 of the custodian fails the operation with a clear error, and the next up finishes", async () => {
  await lab.project.program(lab.payments());
  await lab.cloud.admin.injectFault({ operation: "ImportKeyMaterial", effect: { kind: "hang", when: "before" } });
  await lab.cloud.admin.clearLog();
  const running = lab.project.start(["up", "--yes", "--skip-preview"]);
  await until("the import was reached", async () =>
    (await lab.cloud.admin.requestLog()).some((entry) => entry.operation === "ImportKeyMaterial"),
  );
  expect(await lab.project.killAll(custodian)).toBe(1);
  const ran = await running.ended;
  expect(ran.code).not.toBe(0);
  expect(ran.text).toContain("SIGKILL");
  expect(ran.text).not.toMatch(/\n\s+at /);
  await lab.cloud.admin.clearFaults();
  await lab.project.up();
  expect(await livingKeys(lab.cloud)).toEqual(["Enabled"]);
  await lab.project.expectSuccess("destroy", "--yes");
});
