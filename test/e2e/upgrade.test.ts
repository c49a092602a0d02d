import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { createLab, type Lab } from "./lab";
import { bindingsOf, essence, withPlaceholders, withValues, type Bindings } from "./recorded-state";

const fixtures = path.resolve(__dirname, "../../../test/fixtures/states");

/**
 * BYOK_RECORD_STATE=0.2.0 records the state of this very program as that release leaves it; done once, when a version is
 * released, and never again.
 */
const recording = process.env["BYOK_RECORD_STATE"];

/** Never changes: the recorded states are of it. */
const program = (lab: Lab): string => `${lab.hsm()}
${lab.group("frankfurt")}
const master = new byok.SourceKey("master", { group: hsm, spec: "AES_256", label: "Payments master" });
const signer = new byok.SourceKey("signer", { group: hsm, spec: "EC_P256" });
const payments = new byok.AwsKmsKey("payments", {
  group: frankfurt, material: { source: master }, aliases: ["alias/payments", "alias/ledger"],
  tags: { team: "ledger" },
});
new byok.AwsKmsKey("stamps", {
  group: frankfurt, material: { source: signer }, usage: "SIGN_VERIFY", description: "Stamps", enabled: false,
});
exports.arn = payments.arn;`;

const bindings = async (lab: Lab): Promise<Bindings> =>
  bindingsOf({ TOKEN_FOLDER: lab.token.folder, ENDPOINT: lab.cloud.httpsEndpoint ?? "" }, await lab.project.state());

/** A world that holds what the program made: its token, its cloud, and a state. */
async function world(): Promise<Lab> {
  const lab = await createLab();
  await lab.project.program(program(lab));
  await lab.project.up();
  return lab;
}

describe("recording a state", () => {
  (recording === undefined ? it.skip : it)("writes what the installed version leaves", async () => {
    const lab = await world();
    try {
      const state = essence(await lab.project.expectSuccess("stack", "export"));
      await mkdir(fixtures, { recursive: true });
      const text = withPlaceholders(state, await bindings(lab));
      await writeFile(path.join(fixtures, `${recording ?? ""}.json`), text);
    } finally {
      await lab.dispose();
    }
  });
});

describe("the state of every released version", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await world();
  });
  afterAll(() => lab.dispose());

  it("is recorded without secrets, and without traces of the machine that recorded it", async () => {
    const names = await readdir(fixtures);
    expect(names).toContain("0.1.0.json");
    for (const name of names) {
      const text = await readFile(path.join(fixtures, name), "utf8");
      for (const secret of lab.secrets) expect(text).not.toContain(secret);
      expect(text).not.toMatch(
        /\/tmp\/|\/home\/|\/root\/|\/Users\/|127\.0\.0\.1|ciphertext|encryptionsalt|4dabf18193072939/,
      );
    }
  });

  const released = ["0.1.0"];
  it.each(released)("%s is unchanged, can be refreshed, updated and destroyed", async (version) => {
    const recorded = await readFile(path.join(fixtures, `${version}.json`), "utf8");
    const bound = await bindings(lab);
    const file = path.join(lab.project.folder, "recorded.json");
    await writeFile(file, withValues(recorded, bound));
    await lab.project.expectSuccess("stack", "import", "--file", file);
    const [first] = (await lab.project.state()).filter(({ urn }) => urn.endsWith("::payments"));
    expect(first?.id).toBe(bound["payments.lineage"]);

    await lab.cloud.admin.clearLog();
    expect(await lab.project.preview("--expect-no-changes", "--diff")).toContain("7 unchanged");
    expect(await lab.cloud.admin.counters()).toEqual({});

    const refreshed = await lab.project.expectSuccess("refresh", "--yes", "--expect-no-changes");
    expect(refreshed).toContain("7 unchanged");
    expect(refreshed).not.toContain("drift");

    await lab.project.program(
      program(lab).replace('description: "Stamps", enabled: false', 'description: "Used again"'),
    );
    expect(await lab.project.up()).toContain("1 updated");
    expect(await lab.project.outputs("stamps")).toMatchObject({ keyState: "Enabled", description: "Used again" });

    expect(await lab.project.expectSuccess("destroy", "--yes", "--skip-preview")).toContain("7 deleted");
    const log = await lab.cloud.admin.requestLog();
    const ended = log.filter(({ operation }) => operation === "ScheduleKeyDeletion").map(({ keyId }) => keyId);
    expect(ended.sort()).toEqual([bound["payments.keyId"], bound["stamps.keyId"]].sort());
  });
});
