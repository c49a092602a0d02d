import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  type CreateKeyCommandInput,
  type KMSClient,
  ScheduleKeyDeletionCommand,
} from "@aws-sdk/client-kms";
import { z } from "zod";
import { inventoryRecordSchema, type InventoryRecord } from "../../provider/model/inventory";
import { unpackInventory } from "../../provider/model/packed-inventory";
import { cloudClient } from "./cloud-client";
import { account, createLab, region, type Lab } from "./lab";
import type { StackProject } from "./stack-project";

const listing = z.object({
  account: z.string(),
  region: z.string(),
  keys: z.array(inventoryRecordSchema),
  counts: z.object({ total: z.number(), gone: z.number(), managedBy: z.record(z.string(), z.number()) }),
});

let lab: Lab;
let kms: KMSClient;
let project: StackProject;
let made: Readonly<Record<"placeholder" | "native" | "theirs" | "primary", string>>;

beforeAll(async () => {
  lab = await createLab();
  kms = cloudClient(lab.cloud, region);
  await mkdir(path.join(lab.project.folder, "keys"));
  for (const name of ["ca.pem", `aws-${account}.csv`])
    await writeFile(path.join(lab.project.folder, "keys", name), await readFile(path.join(lab.project.folder, name)), {
      mode: 0o600,
    });
  await writeFile(
    path.join(lab.project.folder, "keys", "Pulumi.yaml"),
    "name: keys\nruntime: nodejs\nmain: index.ts\n",
  );
  project = await lab.project.within("keys", "prod");
  const key = async (input: CreateKeyCommandInput, alias?: string): Promise<string> => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand(input));
    const TargetKeyId = KeyMetadata?.KeyId ?? "";
    if (alias !== undefined) await kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId }));
    return TargetKeyId;
  };
  made = {
    placeholder: await key({ Origin: "EXTERNAL", Tags: [{ TagKey: "team", TagValue: "ledger" }] }, "alias/ledger"),
    native: await key({ Description: "made by AWS" }, "alias/native"),
    theirs: await key({ Origin: "EXTERNAL", Tags: [{ TagKey: "byok:lineage", TagValue: "0123" }] }),
    primary: await key({ MultiRegion: true }),
  };
  await write(payments);
  await project.up();
});
afterAll(async () => {
  kms.destroy();
  await lab.dispose();
});

const payments = `export const payments = new byok.AwsKmsKey("payments", {
  group: frankfurt, material: { source: master }, aliases: ["alias/payments"], tags: { team: "payments" },
});`;
const write = (body: string, imports = ""): Promise<void> =>
  writeFile(
    path.join(project.folder, "index.ts"),
    `import * as byok from "pulumi-byok";\n${imports}\n${lab.hsm()}\n` +
      `const master = new byok.SourceKey("payments-master", { group: hsm, spec: "AES_256" });\n${lab.group("frankfurt")}\n${body}\n`,
  );
const sync = (...more: readonly string[]): ReturnType<StackProject["byok"]> =>
  project.byok(["sync", "aws", "--stack", "prod", "--group", "frankfurt", ...more]);
const operations = async (): Promise<readonly string[]> => Object.keys(await lab.cloud.admin.counters());
const inFile = async (name: string): Promise<string> => readFile(path.join(project.folder, name), "utf8");
const byAlias = (keys: readonly InventoryRecord[], alias: string): InventoryRecord | undefined =>
  keys.find((key) => key.aliases.includes(alias));

describe("byok sync aws", () => {
  it("lists every key and who manages it, and only reads", async () => {
    await lab.cloud.admin.clearLog();
    const { code, output } = await sync("--json");
    expect(code).toBe(0);
    const { keys, ...rest } = listing.parse(JSON.parse(output));
    expect(rest).toEqual({
      account,
      region,
      counts: { total: 5, gone: 0, managedBy: { "this stack": 1, "another stack": 1, nobody: 3 } },
    });
    expect(byAlias(keys, "alias/payments")).toMatchObject({
      ...{ managedBy: "this stack", resource: "payments", spec: "SYMMETRIC_DEFAULT", usage: "ENCRYPT_DECRYPT" },
      ...{ origin: "EXTERNAL", state: "Enabled", rotation: { automatic: "not possible" } },
      tags: { team: "payments" },
    });
    expect(byAlias(keys, "alias/ledger")).toMatchObject({ managedBy: "nobody", state: "PendingImport" });
    expect(byAlias(keys, "alias/native")).toMatchObject({ origin: "AWS_KMS", rotation: { automatic: "off" } });
    expect(keys.find(({ keyId }) => keyId === made.theirs)).toMatchObject({ managedBy: "another stack" });
    expect(keys.find(({ keyId }) => keyId === made.primary)?.multiRegion?.role).toBe("PRIMARY");
    expect((await operations()).filter((name) => !/^(Get|List|Describe|Simulate)/.test(name))).toEqual([]);
  });

  it("prints the same for a person to read", async () => {
    const { code, output } = await sync("--rotations");
    expect(code).toBe(0);
    expect(output).toMatch(
      /Enabled {2}SYMMETRIC_DEFAULT {2}ENCRYPT_DECRYPT {2}EXTERNAL {2}this stack \(payments\)\n {2}alias\/payments\n/,
    );
    expect(output).toContain(`5 keys in account ${account}, ${region}: `);
  });

  it("keeps a list: new keys are appended, gone ones marked", async () => {
    expect((await sync("--out", "keys.json")).output).toContain("keys.json: 5 new, 0 gone");
    const late = await kms.send(new CreateKeyCommand({ Description: "late" }));
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId: made.theirs, PendingWindowInDays: 7 }));
    await lab.cloud.admin.advanceClock({ days: 8 });
    const before = listing.parse(JSON.parse(await inFile("keys.json"))).keys.map(({ keyId }) => keyId);
    const ran = await sync("--out", "keys.json");
    expect(ran.output).toContain("keys.json: 1 new, 1 gone since the list before. 5 keys in account");
    const { keys } = listing.parse(JSON.parse(await inFile("keys.json")));
    expect(keys.map(({ keyId }) => keyId)).toEqual([...before, late.KeyMetadata?.KeyId]);
    expect(keys.flatMap((key) => (key.goneSince === undefined ? [] : [key.keyId]))).toEqual([made.theirs]);
    expect((await sync("--out", "Pulumi.yaml")).text).toContain("holds something else than a list of keys");
  });

  it.each([
    [["--group", "berlin"], "This stack has no AwsKmsGroup named berlin.", "It has: frankfurt."],
    [["--group", "frankfurt", "--stack", "nowhere"], "pulumi stack export failed"],
    [["--group", "frankfurt", "--adopt", "alias/nothing", "--program", "x.ts"], "there is no key alias/nothing"],
    [["--group", "frankfurt", "--adopt", ","], "--adopt names no key."],
    [["--group", "frankfurt", "--force"], "--force belongs to --adopt."],
    [
      ["--group", "frankfurt", "--adopt", "all", "--program", "index.ts"],
      "index.ts exists already, so it is left alone.",
    ],
    [["--group", "frankfurt", "--adopt", "all", "--program", "keys.js"], "keys.js is no TypeScript file."],
  ])("refuses %j in one sentence, and writes nothing", async (args, sentence, hint = "") => {
    const before = await inFile("index.ts");
    const { code, text } = await project.byok(["sync", "aws", ...args]);
    const said = text.split("\n").filter((line) => line.startsWith("byok: "));
    expect({ code, said }).toEqual({ code: 1, said: [expect.stringContaining(sentence)] });
    expect(text).toContain(hint);
    expect(await inFile("index.ts")).toBe(before);
    await expect(inFile("x.ts")).rejects.toThrow();
  });
});

describe("a program that byok sync wrote", () => {
  it("names no source where nobody knows it, and does not compile until somebody does", async () => {
    const { code, text } = await sync("--adopt", "alias/ledger,alias/native", "--adopt", made.primary);
    expect({ code, text }).toMatchObject({ code: 0, text: expect.stringContaining("adopted-keys.ts is written") });
    const program = await inFile("adopted-keys.ts");
    expect(program).toContain("SOURCE_KEY_OF_ledger");
    expect(program).toMatch(/"native": new byok\.AwsKmsKey\("native", \{[^}]*material: \{ native: true \}/);
    expect(program).toMatch(
      /new byok\.AwsKmsKey\("mrk-[^}]*material: \{ native: true \},\s*multiRegion: true,\s*adopt: /,
    );
    await write(`${payments}\nadoptKeys(frankfurt);`, 'import { adoptKeys } from "./adopted-keys";');
    expect(await project.expectFailure("preview")).toContain("SOURCE_KEY_OF_ledger");
  });

  it("adopts a placeholder: preview says so, up imports, and then nothing changes", async () => {
    const named = (await inFile("adopted-keys.ts"))
      .replace("adoptKeys(group: byok.AwsKmsGroup)", "adoptKeys(group: byok.AwsKmsGroup, master: byok.SourceKey)")
      .replace("source: SOURCE_KEY_OF_ledger }", "source: master }");
    await writeFile(path.join(project.folder, "adopted-keys.ts"), named);
    await write(`${payments}\nadoptKeys(frankfurt, master);`, 'import { adoptKeys } from "./adopted-keys";');
    const preview = await project.preview();
    expect(preview).toMatch(
      new RegExp(`adopts arn:\\S*${made.placeholder}: our tags are written and the key material is imported`),
    );
    expect(preview).toContain("3 to create");
    expect(await project.up()).toContain("3 created");
    expect(await project.outputs("ledger")).toMatchObject({
      keyId: made.placeholder,
      keyState: "Enabled",
      pending: [],
    });
    expect(await project.preview("--expect-no-changes")).toContain("8 unchanged");
  });

  it("finds the source in the token, and adopts a key that holds its material without touching it", async () => {
    const { urn, outputs } = await project.resource("payments");
    await project.expectSuccess("state", "delete", urn, "--yes");
    const { text } = await sync("--adopt", "alias/payments", "--ask-token", "--program", "found.ts");
    expect(text).toContain("found.ts is written");
    expect(await inFile("found.ts")).toContain('readonly "payments-master": byok.SourceKey;');
    await write(
      'adoptKeys(frankfurt, master);\nadoptFound(frankfurt, { "payments-master": master });',
      'import { adoptKeys } from "./adopted-keys";\nimport { adoptKeys as adoptFound } from "./found";',
    );
    const arn = String(outputs?.["arn"]);
    expect(await project.preview()).toContain(
      `adopts ${arn}: our tags are written; its key material and what the program does not name stay as they are.`,
    );
    await lab.cloud.admin.clearLog();
    expect(await project.up()).toContain("1 created");
    expect(await operations()).not.toContain("ImportKeyMaterial");
    expect(await project.preview("--expect-no-changes")).toContain("8 unchanged");
    expect(await project.outputs("payments")).toMatchObject({
      arn,
      aliases: ["alias/payments"],
      tags: { team: "payments" },
    });
  });
});

describe("byok prove", () => {
  it("shows that copies are their source, and changes neither expiry nor state", async () => {
    const before = await kms.send(new DescribeKeyCommand({ KeyId: "alias/payments" }));
    await lab.cloud.admin.clearLog();
    const { code, text } = await project.byok(["prove", "--stack", "prod"]);
    expect({ code, text }).toMatchObject({ code: 0 });
    expect(text).toContain("Its expiry and its state are never changed.");
    expect(text).toContain("payments  the same key as payments-master version 1, by key material id");
    expect(text).toContain("ledger  the same key as payments-master version 1, by key material id");
    expect((await lab.cloud.admin.counters())["ImportKeyMaterial"]).toBe(2);
    expect((await kms.send(new DescribeKeyCommand({ KeyId: "alias/payments" }))).KeyMetadata).toEqual(
      before.KeyMetadata,
    );
    expect(await project.preview("--expect-no-changes")).toContain("8 unchanged");
    for (const secret of lab.secrets) expect(text).not.toContain(secret);
  });

  it("proves only what is named, as JSON, and refuses a name that no copy has", async () => {
    const { output } = await project.byok(["prove", "--stack", "prod", "--copy", "ledger", "--json"]);
    expect(JSON.parse(output)).toMatchObject([{ copy: "ledger", proven: true, how: "key-material-id" }]);
    expect(await project.byok(["prove", "--stack", "prod", "--copy", "nothing"])).toMatchObject({
      code: 1,
      text: expect.stringContaining("no copy of a source key named nothing."),
    });
  });
});

describe("an AwsKeyInventory", () => {
  const keys = async (): Promise<readonly InventoryRecord[]> =>
    unpackInventory((await project.outputs("all"))["listing"]) ?? [];
  const program = (trigger: string): Promise<void> =>
    write(
      `const adopted = [...Object.values(adoptKeys(frankfurt, master)), ...Object.values(adoptFound(frankfurt, { "payments-master": master }))];
const all = new byok.AwsKeyInventory("all", { group: frankfurt, managed: adopted, refreshTrigger: "${trigger}" });
export const mine = all.keys.apply((keys) => keys.filter((key) => key.managedBy === "this stack").map((key) => key.resource).sort());`,
      'import { adoptKeys } from "./adopted-keys";\nimport { adoptKeys as adoptFound } from "./found";',
    );

  it("lists once, and later previews and runs call no cloud", async () => {
    await program("monday");
    expect(await project.up()).toContain("1 created");
    expect(JSON.parse(await project.expectSuccess("stack", "output", "mine", "--json"))).toEqual([
      "ledger",
      made.primary,
      "native",
      "payments",
    ]);
    expect(await project.outputs("all")).toMatchObject({
      counts: { total: 5, managedBy: { "this stack": 4, nobody: 1 } },
    });
    await lab.cloud.admin.clearLog();
    expect(await project.preview("--expect-no-changes")).toContain("9 unchanged");
    expect(await project.up()).toContain("9 unchanged");
    expect(await operations()).toEqual([]);
  });

  it("lists again on refresh and for another trigger", async () => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Origin: "EXTERNAL" }));
    await project.expectSuccess("refresh", "--yes", "--skip-preview");
    expect((await keys()).at(-1)?.keyId).toBe(KeyMetadata?.KeyId);
    await kms.send(new CreateAliasCommand({ AliasName: "alias/newest", TargetKeyId: KeyMetadata?.KeyId }));
    await program("tuesday");
    expect(await project.up()).toContain("1 updated");
    expect(byAlias(await keys(), "alias/newest")?.keyId).toBe(KeyMetadata?.KeyId);
  });
});
