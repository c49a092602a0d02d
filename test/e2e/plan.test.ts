import { writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { cloudClient, encryptAs } from "./cloud-client";
import { createLab, type Lab } from "./lab";

let lab: Lab;
beforeAll(async () => {
  lab = await createLab();
});
afterAll(() => lab.dispose());

const plan = z.object({
  complete: z.boolean(),
  items: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      act: z.string(),
      destructive: z.boolean(),
      consequences: z.array(z.string()),
      dependents: z.array(z.string()),
      undo: z.object({ until: z.string().optional(), how: z.string() }).optional(),
      confirm: z.object({ word: z.string(), as: z.string(), from: z.string() }).optional(),
    }),
  ),
  confirm: z.array(z.string()),
});

/** `byok plan --json` of the lab's stack. */
async function planned(...args: readonly string[]): Promise<z.infer<typeof plan> & { readonly code: number | null }> {
  const ran = await lab.project.byok(["plan", "--stack", lab.project.stack, "--json", ...args]);
  if (ran.output === "") throw new Error(ran.text);
  return { ...plan.parse(JSON.parse(ran.output)), code: ran.code };
}

const program = (payments: string, more = ""): string => `${lab.hsm()}
const master = new byok.SourceKey("master", { group: hsm, spec: "AES_256", onDestroy: "destroy" });
${lab.group("frankfurt", "quotas: { GetParametersForImport: 50 },")}
${payments}
${more}`;
const payments = (more = ""): string =>
  `const payments = new byok.AwsKmsKey("payments", { group: frankfurt, material: { source: master }, aliases: ["alias/payments"], deletionWindowInDays: 7, ${more} });
new byok.AwsAlias("ledger", { group: frankfurt, name: "alias/ledger", key: payments });`;

it("an unchanged stack has nothing to tell, and its plan asks no AWS for keys", async () => {
  await lab.project.program(program(payments()));
  await lab.project.up();
  await lab.cloud.admin.clearLog();
  expect(await planned()).toMatchObject({ code: 0, complete: true, items: [], confirm: [] });
  expect(await lab.cloud.admin.counters()).toEqual({});
  const text = await lab.project.byok(["plan", "--stack", lab.project.stack]);
  expect(text.output).toMatch(/^Nothing of this package is deleted/);
});

it("a key that leaves the program is told with its last use, its callers, the day and the very word that up then takes", async () => {
  const { keyId } = await lab.project.outputs("payments");
  await encryptAs(cloudClient(lab.cloud), String(keyId), "before");
  await lab.project.program(program(""));
  const { code, items, confirm } = await planned();
  expect(code).toBe(2);
  const key = items.find(({ kind }) => kind === "AwsKmsKey");
  expect(key).toMatchObject({
    act: "delete",
    dependents: ["alias/ledger", "alias/payments", "AwsAlias ledger (alias/ledger)"],
    undo: { until: new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10) },
    confirm: { as: "BYOK_CONFIRM", from: "cloud" },
  });
  const sentence = key?.consequences.join(" ") ?? "";
  expect(sentence).toContain("importing the same material into another key does not help");
  expect(sentence).toContain(`It was last used on ${new Date().toISOString().slice(0, 10)} (Encrypt)`);

  const refused = await lab.project.failingUp();
  expect(refused).toContain(`BYOK_CONFIRM=${confirm.join(",")} `);
  expect((await planned("--offline")).confirm).toEqual(confirm);
  const text = await lab.project.byok(["plan", "--stack", lab.project.stack]);
  expect(text.output).toContain(`To go on with all removals: BYOK_CONFIRM=${confirm.join(",")} pulumi up`);
  for (const secret of lab.secrets) expect(text.text).not.toContain(secret);
  const ran = await lab.project.run(["up", "--yes", "--skip-preview"], { BYOK_CONFIRM: confirm.join(",") });
  expect(ran.text).toContain("until then kms:CancelKeyDeletion takes that back");
  expect(ran.code).toBe(0);
});

it("an update that deletes material counts, with the word of the program, and a preview may come from a file", async () => {
  await lab.project.program(program(payments()));
  await lab.project.up();
  await lab.project.program(program(payments('materialState: "deleted"')));
  const preview = await lab.project.run(["preview", "--json"]);
  const file = path.join(lab.project.folder, "preview.json");
  await writeFile(file, preview.text.slice(preview.text.indexOf("{"), preview.text.lastIndexOf("}") + 1));
  const { code, items } = await planned("--preview", file);
  expect(code).toBe(2);
  const key = items.find(({ name }) => name === "payments");
  expect(key).toMatchObject({ act: "update", destructive: true });
  const word = /confirm: "([a-z]+-[0-9a-f]{8})"/.exec(key?.consequences.join(" ") ?? "")?.[1] ?? "none";
  await lab.project.program(program(payments(`materialState: "deleted", confirm: "${word}"`)));
  await lab.project.up();
  expect((await lab.project.outputs("payments"))["keyState"]).toBe("PendingImport");
});

it("a destroy is told from the state, with all words; what waits for another removal is said", async () => {
  await lab.project.program(program(payments()));
  await lab.project.up();
  const { code, items, confirm } = await planned("--destroy");
  expect(code).toBe(2);
  expect(items.map(({ name }) => name).sort()).toEqual(["frankfurt", "hsm", "ledger", "master", "payments"]);
  const master = items.find(({ name }) => name === "master");
  expect(master?.consequences.join(" ")).toContain("refused while a copy exists");
  expect(master?.dependents).toEqual([expect.stringContaining("AwsKmsKey payments")]);
  expect(confirm).toHaveLength(2);
  const ran = await lab.project.run(["destroy", "--yes"], { BYOK_CONFIRM: confirm.join(",") });
  // The copy goes; its source key has to wait until the copy cannot come back.
  expect(ran.text).toContain("BYOK_KEY_HAS_COPIES");
  await lab.cloud.admin.clearLog();
  const [rest] = (await planned("--destroy", "--offline")).items.filter(({ name }) => name === "master");
  expect(confirm).toContain(rest?.confirm?.word);
});

it("a preview with errors makes a plan that says it is not complete, with exit code 1", async () => {
  await lab.project.program(
    program('new byok.AwsKmsKey("wrong", { group: frankfurt, material: { source: master }, aliases: ["nonsense"] });'),
  );
  const ran = await lab.project.byok(["plan", "--stack", lab.project.stack]);
  expect(ran.code).toBe(1);
  expect(ran.text).toContain("this plan is not complete");
  expect(ran.output).toContain('must start with "alias/"');
});
