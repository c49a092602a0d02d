import { ListAliasesCommand, ListKeyRotationsCommand, type KMSClient } from "@aws-sdk/client-kms";
import { cloudClient, decryptAs, encryptAs, livingKeys } from "./cloud-client";
import { createLab, region, until, type Lab } from "./lab";

// A rotation in two Regions is killed at every call that writes, before and after it took effect, one kill after the other; only then a run is let through.
// What there is to kill is compared with the log of a rotation that nothing disturbs, so that a step that is added later fails here until it is killed as well.

const ireland = "eu-west-1";
const everywhere = [region, ireland] as const;
const names = ["payments", "ledger"] as const;
let lab: Lab;
let clients: ReadonlyMap<string, KMSClient>;
beforeAll(async () => {
  lab = await createLab();
  clients = new Map([
    [region, cloudClient(lab.cloud)],
    [ireland, cloudClient(lab.cloud, ireland)],
  ]);
});
afterEach(() => lab.cloud.admin.clearFaults());
afterAll(async () => {
  for (const client of clients.values()) client.destroy();
  await lab.dispose();
});

function kmsIn(where: string): KMSClient {
  const client = clients.get(where);
  if (client === undefined) throw new Error(`no client in ${where}`);
  return client;
}

function program(trigger: string): Promise<void> {
  const quick = "quotas: { GetParametersForImport: 50 }";
  const copy = (name: string, more: string, options = ""): string => `new byok.AwsKmsKey("${name}", {
  group: frankfurt, material: { source: master }, multiRegion: true, aliases: ["alias/${name}"],
  replicas: [{ group: ireland, aliases: ["alias/${name}"] }], ${more}
}${options});`;
  return lab.project.program(`${lab.hsm()}
${lab.group("frankfurt", quick)}
${lab.group("ireland", quick, ireland)}
const master = new byok.SourceKey("master", { group: hsm, spec: "AES_256", rotationTrigger: "${trigger}" });
const payments = ${copy("payments", 'afterRotation: "disable"')}
// One after the other, so that each kill meets one key only.
${copy("ledger", 'rotationMode: "in-place"', ", { dependsOn: [payments] }")}`);
}

type Victim = "provider" | "custodian too" | "everything";
const victims: Readonly<Record<Victim, RegExp>> = {
  provider: /dynamic-provider/,
  "custodian too": /dynamic-provider|byok-custodian|custodian\/child/,
  everything: /./,
};
type Step = readonly [operation: string, inRegion: string, victim: Victim];

/** Every call of a rotation that writes, in order. */
const steps: Readonly<Record<(typeof names)[number], readonly Step[]>> = {
  payments: [
    ["CreateKey", region, "everything"],
    ["ImportKeyMaterial", region, "custodian too"],
    ["ReplicateKey", region, "provider"],
    ["ImportKeyMaterial", ireland, "custodian too"],
    ["UpdateAlias", region, "provider"],
    ["UpdateAlias", ireland, "everything"],
    ["DisableKey", ireland, "provider"],
    ["DisableKey", region, "provider"],
  ],
  ledger: [
    ["ImportKeyMaterial", region, "custodian too"],
    ["ImportKeyMaterial", ireland, "custodian too"],
    ["RotateKeyOnDemand", region, "everything"],
    ["TagResource", region, "provider"],
    ["TagResource", ireland, "provider"],
  ],
};

const written = async (): Promise<readonly string[]> =>
  (await lab.cloud.admin.requestLog())
    .filter(({ operation, service }) => service === "kms" && !/^(Get|List|Describe)/.test(operation))
    .map(({ operation, region: where }) => `${operation} ${String(where)}`);

/** Starts a run, and kills a part of it while AWS holds back the answer to a call. */
async function killedAt([operation, inRegion, victim]: Step, when: "before" | "after"): Promise<void> {
  await lab.cloud.admin.clearLog();
  await lab.cloud.admin.injectFault({ operation, region: inRegion, effect: { kind: "hang", when } });
  const running = lab.project.start(["up", "--yes", "--skip-preview"]);
  await until(`${operation} in ${inRegion} was reached ${when} it took effect`, async () =>
    (await lab.cloud.admin.requestLog()).some((entry) => entry.operation === operation && entry.region === inRegion),
  );
  expect(await lab.project.killAll(victims[victim])).toBeGreaterThan(0);
  expect((await running.ended).code).not.toBe(0);
  await lab.cloud.admin.clearFaults();
  if (victim === "everything") await lab.project.unlock();
}

const before: { readonly name: string; readonly blob: Uint8Array }[] = [];

/** Whatever was killed: each alias encrypts in each Region, and each Region decrypts that, and what was encrypted before unless its key is disabled by now. */
async function expectUsable(readable: readonly string[] = names): Promise<void> {
  const fresh: typeof before = [];
  for (const name of names)
    for (const where of everywhere) fresh.push({ name, blob: await encryptAs(kmsIn(where), `alias/${name}`, name) });
  for (const { name, blob } of [...before.filter((each) => readable.includes(each.name)), ...fresh])
    for (const where of everywhere) expect(await decryptAs(kmsIn(where), blob)).toBe(name);
  if (before.length === 0) before.push(...fresh);
}

const keyIdOf = async (name: string): Promise<string> => String((await lab.project.outputs(name))["keyId"]);

async function aliasesIn(where: string): Promise<Readonly<Record<string, string | undefined>>> {
  const { Aliases = [] } = await kmsIn(where).send(new ListAliasesCommand({ Limit: 100 }));
  return Object.fromEntries(
    names.map((name) => [name, Aliases.find(({ AliasName }) => AliasName === `alias/${name}`)?.TargetKeyId]),
  );
}

/** The ledger's materials in a Region. */
async function materialsIn(where: string, KeyId: string): Promise<readonly unknown[]> {
  const all = new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial: "ALL_KEY_MATERIAL" });
  const { Rotations = [] } = await kmsIn(where).send(all);
  return Rotations.map(({ KeyMaterialState, ImportState }) => `${String(KeyMaterialState)} ${String(ImportState)}`);
}

/** One key for each version of payments and one for ledger, in each Region; one material for each version of ledger; every alias at its newest key. */
async function expectRotatedOnce(version: number): Promise<void> {
  const [payments, ledger] = [await lab.project.outputs("payments"), await lab.project.outputs("ledger")];
  expect((await lab.project.outputs("master"))["version"]).toBe(version);
  for (const outputs of [payments, ledger]) {
    expect(outputs).toMatchObject({ version, keyState: "Enabled", pending: [], proof: { sourceVersion: version } });
    expect(outputs["versions"]).toHaveLength(version);
    expect(outputs["replicas"]).toMatchObject([{ keyId: outputs["keyId"], keyState: "Enabled", pending: [] }]);
  }
  const former = Array.from({ length: version - 1 }, () => "Disabled");
  for (const where of everywhere) {
    expect([...(await livingKeys(lab.cloud, where))].sort()).toEqual([...former, "Enabled", "Enabled"]);
    expect(await aliasesIn(where)).toEqual({ payments: payments["keyId"], ledger: ledger["keyId"] });
    expect(await materialsIn(where, String(ledger["keyId"]))).toEqual([
      ...former.map(() => "NON_CURRENT IMPORTED"),
      "CURRENT IMPORTED",
    ]);
  }
}

describe("a rotation in two Regions that is killed at every step", () => {
  it("by a new key, leaves every alias at a working key, whichever that is", async () => {
    await program("first");
    await lab.project.up();
    await expectUsable();
    await program("second");
    for (const step of steps.payments) {
      for (const when of ["before", "after"] as const) {
        await killedAt(step, when);
        // The former key may be disabled once every alias has moved.
        await expectUsable(step[0] === "DisableKey" ? ["ledger"] : names);
      }
    }
  });

  it("in place, leaves every alias at a working key, and is finished by the next run: one rotation each, no orphan", async () => {
    const ledger = await keyIdOf("ledger");
    for (const step of steps.ledger) {
      for (const when of ["before", "after"] as const) {
        await killedAt(step, when);
        await expectUsable(["ledger"]);
      }
    }
    await lab.project.up();
    await expectRotatedOnce(2);
    expect(await keyIdOf("ledger")).toBe(ledger);
    await lab.project.expectSuccess("preview", "--expect-no-changes");
  });

  it("was killed at every step that there is", async () => {
    await lab.cloud.admin.clearLog();
    await program("third");
    await lab.project.up();
    await expectRotatedOnce(3);
    const inOrder = names.flatMap((name) => steps[name].map(([operation, where]) => `${operation} ${where}`));
    expect(await written()).toEqual(inOrder);
  });
});
