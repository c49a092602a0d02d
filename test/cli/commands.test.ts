import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const main = path.resolve(__dirname, "../../provider/cli/main.js");
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "byok-cli-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const byok = (...args: readonly string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { cwd: folder, env: { PATH: "" } }, (error, out, err) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err });
    });
  });

describe("byok", () => {
  it("tells its version and commands", async () => {
    expect((await byok("--version")).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await byok("--help")).out).toMatch(/tree[\s\S]*local/);
  });

  it("tree reads an exported stack", async () => {
    await writeFile(path.join(folder, "state.json"), '{ "version": 3, "deployment": { "resources": [] } }');
    expect(await byok("tree", "--file", "state.json")).toMatchObject({
      code: 0,
      out: "This stack has no source keys and no copies.\n",
    });
    expect((await byok("tree", "--json", "--file", "state.json")).out).toBe("[]\n");
  });

  it("tree without pulumi, or of what is no state, says what to do in one line", async () => {
    expect(await byok("tree")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^byok: The pulumi command is not on PATH\. \[BYOK_INPUT_INVALID\] .*--file.*\n$/),
    });
    await writeFile(path.join(folder, "state.json"), "{");
    expect(await byok("tree", "--file", "state.json")).toMatchObject({
      code: 1,
      err: expect.stringContaining("pulumi stack export"),
    });
  });

  it.each([
    [["sync", "aws"], "required option '--group <name>' not specified"],
    [["sync", "aws", "--group", "frankfurt", "--file", "none.json"], "none.json cannot be read."],
    [["sync", "aws", "--group", "frankfurt", "--file", "state.json"], "This stack has no AwsKmsGroup named frankfurt."],
    [["sync", "aws", "--group", "frankfurt", "--ask-token"], "--ask-token belongs to --adopt."],
    [["sync", "azure"], "required option '--group <name>' not specified"],
    [
      ["sync", "azure", "--group", "vault", "--file", "state.json"],
      "This stack has no AzureKeyVaultGroup named vault.",
    ],
    [["sync", "azure", "--group", "vault", "--adopt", ","], "--adopt names no key."],
    [["prove"], "The pulumi command is not on PATH."],
    [["token", "list"], "required option '--group <name>' not specified"],
    [["token", "list", "--group", "hsm", "--file", "state.json"], "This stack has no SourceGroup named hsm."],
    [["token", "destroy", "--group", "hsm"], "required option '--id <ids>' not specified"],
  ])("%j is refused before any cloud or token is asked", async (args, sentence) => {
    await writeFile(path.join(folder, "state.json"), '{ "version": 3, "deployment": { "resources": [] } }');
    expect(await byok(...args)).toMatchObject({ code: 1, err: expect.stringContaining(sentence) });
  });

  it("sync aws refuses a group whose connection a state hides, and configuration that a file does not have", async () => {
    const group = (credentials: unknown): string =>
      JSON.stringify({
        deployment: {
          resources: [
            {
              urn: "urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:AwsKmsGroup::frankfurt",
              type: "pulumi-nodejs:dynamic/byok:AwsKmsGroup",
              outputs: { region: "eu-central-1", account: "111122223333", credentials },
            },
          ],
        },
      });
    const sync = async (credentials: unknown): Promise<string> => {
      await writeFile(path.join(folder, "state.json"), group(credentials));
      return (await byok("sync", "aws", "--group", "frankfurt", "--file", "state.json")).err;
    };
    expect(await sync({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" })).toContain(
      "The state of the group frankfurt cannot be used: credentials",
    );
    expect(await sync({ csv: "config:aws:csv" })).toContain("Name the stack with --stack instead of --file.");
  });

  it("permissions prints a policy for each role, or one that can be handed to AWS as it is", async () => {
    const place = ["--account", "123456789012", "--region", "eu-central-1,eu-west-1"];
    const all: unknown = JSON.parse((await byok("permissions", ...place)).out);
    expect(Object.keys(all as object)).toEqual(["importer", "material-importer", "destroyer", "policy-admin"]);
    const one = (await byok("permissions", ...place, "--role", "destroyer", "--min-window", "14")).out;
    expect(JSON.parse(one)).toMatchObject({ Version: "2012-10-17" });
    expect(one).toContain('"kms:ScheduleKeyDeletionPendingWindowInDays": "14"');
    expect(one).toContain("arn:aws:kms:eu-west-1:123456789012:key/*");
  });

  it.each([
    [[], "The place is missing."],
    [["--account", "1", "--region", "eu-central-1"], "--account 1 is none: 12 digits."],
    [["--account", "123456789012", "--region", "frankfurt"], "--region names no AWS Region."],
    [["--account", "123456789012", "--region", "eu-central-1,cn-north-1"], "several partitions"],
    [["--account", "123456789012", "--region", "eu-central-1", "--role", "king"], "Choose one of importer"],
    [["--account", "123456789012", "--region", "eu-central-1", "--min-window", "3"], "outside AWS's waiting period"],
    [["--account", "123456789012", "--region", "eu-central-1", "--alias-prefix", "x"], 'It begins with "alias/".'],
  ])("permissions %j is refused in one line", async (args, sentence) => {
    expect(await byok("permissions", ...args)).toMatchObject({ code: 1, err: expect.stringContaining(sentence) });
  });

  it("local serves until it is interrupted, and leaves what a client needs for its owner's eyes only", async () => {
    const child = spawn(process.execPath, [main, "local", "--data", "cloud", "--json"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
    const line = await new Promise<string>((resolve) =>
      child.stdout.once("data", (part: Buffer) => resolve(part.toString())),
    );
    expect(line).toContain("https://127.0.0.1:");
    const csv = path.join(folder, "cloud/aws.csv");
    expect(await readFile(csv, "utf8")).toMatch(/^Access key ID,Secret access key\r?\n/);
    expect((await stat(csv)).mode & 0o777).toBe(0o600);
    child.kill("SIGINT");
    expect(await ended).toBe(0);
  });

  it("local serves an Azure too where that is asked for", async () => {
    const child = spawn(process.execPath, [main, "local", "--data", "both", "--azure"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
    const text = await new Promise<string>((resolve) =>
      child.stdout.once("data", (part: Buffer) => resolve(part.toString())),
    );
    expect(text).toMatch(/managed-hsm +https:\/\/127\.0\.0\.1:\d+ \(local-hsm\)/);
    const secret = path.join(folder, "both/azure-client-secret");
    expect(text).not.toContain(await readFile(secret, "utf8"));
    for (const file of [secret, path.join(folder, "both/azure.json")])
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    child.kill("SIGINT");
    expect(await ended).toBe(0);
  });

  it("local refuses a port that is none", async () => {
    expect(await byok("local", "--port", "http")).toMatchObject({
      code: 1,
      err: expect.stringContaining("--port http is no port."),
    });
  });
});
