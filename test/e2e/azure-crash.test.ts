import type { AzureFault } from "../../provider/local/http/faults";
import { createAzureLab, type AzureLab } from "./azure-lab";
import { until } from "./lab";

// Runs are killed one after the other, each at the next step; only then one is let through. Nothing in between is undisturbed.

let lab: AzureLab;
beforeAll(async () => {
  lab = await createAzureLab();
});
afterAll(() => lab.dispose());

const provider = /dynamic-provider/;
const custodian = /byok-custodian|custodian\/child/;
const everything = /./;

const program = (rotation = ""): string => `${lab.hsm()}
${lab.vault("premium", "premium", 'kek: { size: 2048 }, permissionCheck: "off",')}
${lab.vault("pool", "managed-hsm", 'kek: { size: 2048, lifetime: "import" }, permissionCheck: "off",')}
const ec = new byok.SourceKey("ec-source", { group: hsm, spec: "EC_P256", ${rotation} });
const aes = new byok.SourceKey("aes-source", { group: hsm, spec: "AES_256", ${rotation} });
const signing = new byok.AzureKey("signing", { group: premium, material: { source: ec }, afterRotation: "disable" });
// One after the other, so that each kill meets one key only.
new byok.AzureKey("wrapping", { group: pool, material: { source: aes }, afterRotation: "disable" }, { dependsOn: [signing] });`;

/** An import in flight is waited for before the custodian of a killed CLI ends, so there it is the whole machine that goes. */
type Kill = readonly [
  operation: string,
  when: "before" | "after",
  vault: "lab-premium" | "lab-hsm",
  victim: RegExp | "cli",
];

/** Starts a run and kills a part of it while an operation hangs. */
async function killed(args: readonly string[], [operation, when, vault, victim]: Kill): Promise<void> {
  const { admin } = lab.azure;
  await admin.clearLog();
  const fault: AzureFault = { operation, vault, effect: { kind: "hang", when } };
  await admin.injectFault(fault);
  const running = lab.project.start([...args, "--yes", "--skip-preview"]);
  await until(`${operation} was reached ${when} it took effect`, async () =>
    (await admin.requestLog()).some((entry) => entry.operation === operation && entry.vault === vault),
  );
  if (victim === "cli") {
    running.child.kill("SIGKILL");
    await running.ended;
    await admin.clearFaults();
    await until("the orphans ended", async () => (await lab.project.processes(provider)).length === 0);
    await until("their custodian ended", async () => (await lab.project.processes(custodian)).length === 0);
    await lab.project.killAll(/pulumi-language-nodejs/);
    await lab.project.unlock();
  } else {
    expect(await lab.project.killAll(victim)).toBeGreaterThan(0);
    await running.ended;
    await admin.clearFaults();
    if (victim === everything) await lab.project.unlock();
  }
}

/** What lives in a vault; names of wrapping keys are random. */
async function living(tier: "premium" | "managed-hsm"): Promise<Readonly<Record<string, readonly boolean[]>>> {
  const found: Record<string, readonly boolean[]> = {};
  for (const [name, versions] of Object.entries(await lab.living(tier)))
    found[name.startsWith("byok-kek-") ? "wrapping key" : name] = versions;
  return found;
}

const counted = async (operation: string): Promise<number> => (await lab.azure.admin.counters())[operation] ?? 0;

describe("runs that are killed at every step of", () => {
  it("a create are finished by the next one: one version of each key, one wrapping key, proven", async () => {
    await lab.project.program(program());
    const kills: readonly Kill[] = [
      ["CreateKey", "after", "lab-premium", "cli"],
      ["ImportKey", "before", "lab-premium", provider],
      ["ImportKey", "after", "lab-premium", custodian],
      ["CreateKey", "after", "lab-hsm", everything],
      ["ImportKey", "after", "lab-hsm", everything],
      ["Encrypt", "before", "lab-hsm", provider],
    ];
    for (const kill of kills) await killed(["up"], kill);
    await lab.project.up();
    expect(await living("premium")).toEqual({ signing: [true], "wrapping key": [true] });
    expect(await living("managed-hsm")).toEqual({ wrapping: [true] });
    expect(await lab.project.outputs("signing")).toMatchObject({ pending: [], proof: { method: "public-key" } });
    expect(await lab.project.outputs("wrapping")).toMatchObject({ pending: [], proof: { method: "challenge" } });
    expect(await lab.project.preview("--expect-no-changes")).toContain("unchanged");
  });

  it("a rotation are finished by the next one: one new version, the former one disabled once", async () => {
    await lab.project.program(program('rotationTrigger: "2027",'));
    const kills: readonly Kill[] = [
      ["ImportKey", "after", "lab-premium", everything],
      ["UpdateKey", "before", "lab-premium", "cli"],
      ["UpdateKey", "after", "lab-premium", provider],
      ["ImportKey", "after", "lab-hsm", custodian],
      ["DeleteKey", "before", "lab-hsm", everything],
    ];
    for (const kill of kills) await killed(["up"], kill);
    await lab.project.up();
    expect(await living("premium")).toEqual({ signing: [false, true], "wrapping key": [true] });
    expect(await living("managed-hsm")).toEqual({ wrapping: [false, true] });
    for (const name of ["signing", "wrapping"])
      expect((await lab.project.outputs(name))["versions"]).toMatchObject([
        { version: 1, enabled: false, disabledBy: "rotation" },
        { version: 2, enabled: true },
      ]);
    expect(await lab.project.preview("--expect-no-changes")).toContain("unchanged");
  });

  it("a destroy, and of the recovery after it, lose no version, import nothing again and purge nothing", async () => {
    const before = [await lab.project.outputs("signing"), await lab.project.outputs("wrapping")];
    await killed(["destroy"], ["DeleteKey", "before", "lab-premium", everything]);
    await killed(["destroy"], ["DeleteKey", "after", "lab-premium", provider]);
    await lab.project.expectSuccess("destroy", "--yes", "--skip-preview");
    expect(await lab.project.state()).toEqual([]);
    expect([await living("premium"), await living("managed-hsm")]).toEqual([{}, {}]);
    await killed(["up"], ["RecoverDeletedKey", "before", "lab-premium", provider]);
    await killed(["up"], ["RecoverDeletedKey", "after", "lab-premium", everything]);
    await killed(["up"], ["UpdateKey", "after", "lab-premium", "cli"]);
    await lab.azure.admin.clearLog();
    await lab.project.up();
    expect(await counted("ImportKey")).toBe(0);
    const after = [await lab.project.outputs("signing"), await lab.project.outputs("wrapping")];
    expect(after.map(({ versionId, pending }) => [versionId, pending])).toEqual(
      before.map(({ versionId }) => [versionId, []]),
    );
    expect(await living("premium")).toEqual({ signing: [false, true], "wrapping key": [true] });
    expect(await lab.project.preview("--expect-no-changes")).toContain("unchanged");
    await lab.project.expectSuccess("destroy", "--yes", "--skip-preview");
    expect(await counted("PurgeDeletedKey")).toBe(0);
  });
});
