import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { cp, readdir, readFile, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { createNssToken } from "../tokens/nss-token";
import type { TestToken } from "../tokens/test-token";
import { diagnostics } from "./diagnostics";
import { createLab, otherAccount, region, type Lab } from "./lab";
import type { Ran } from "./stack-project";
import { startTlsFront, type TlsFront } from "./tls-front";

/** A host name that no network knows, so that whatever reaches it went through the test's own proxy. */
const host = "kms.example.test";

let lab: Lab;
let nss: TestToken;
let front: TlsFront;
beforeAll(async () => {
  lab = await createLab();
  nss = await createNssToken();
  front = await startTlsFront(lab.cloud.endpoint, [host]);
  const { folder } = lab.project;
  await writeFile(path.join(folder, "front.pem"), front.certificate);
  await writeFile(path.join(folder, "wrong-pin"), "wrong-pin-4711\n", { mode: 0o600 });
  await writeFile(path.join(folder, "open-pin"), `${lab.token.pin}\n`, { mode: 0o644 });
  await lab.project.program(lab.payments());
  await lab.project.up();
});
afterAll(async () => {
  await front.close();
  await nss.dispose();
  await lab.dispose();
});

const checkpoint = z.object({
  checkpoint: z.object({
    latest: z.object({
      resources: z.array(
        z.looseObject({
          urn: z.string(),
          dependencies: z.array(z.string()).default([]),
          propertyDependencies: z.record(z.string(), z.array(z.string())).default({}),
        }),
      ),
    }),
  }),
});
/** All that the state says of each resource; only their order may change. */
const resources = async (): Promise<unknown> => {
  const file = path.join(lab.project.folder, ".pulumi/stacks/pay", `${lab.project.stack}.json`);
  const { latest } = checkpoint.parse(JSON.parse(await readFile(file, "utf8"))).checkpoint;
  // The engine writes dependencies in the order in which it happened to learn of them.
  return Object.fromEntries(
    latest.resources.map((resource) => [
      resource.urn,
      {
        ...resource,
        dependencies: [...resource.dependencies].sort(),
        propertyDependencies: Object.entries(resource.propertyDependencies)
          .map(([property, urns]) => [property, [...urns].sort()] as const)
          .sort(([one], [other]) => one.localeCompare(other)),
      },
    ]),
  );
};
const objects = async (folder = lab.token.tokenFolder): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".object")).sort();
const writes = async (): Promise<readonly string[]> =>
  (await lab.cloud.admin.requestLog())
    .map((entry) => entry.operation)
    .filter((name) => !/^(Get|List|Describe|Simulate)/.test(name));

interface Refusal {
  /** The row that says it. */
  readonly row: string;
  /** Property first, remedy last. */
  readonly says: RegExp;
  /** Where it comes to light; a preview unless only the token or the cloud can tell. */
  readonly at?: "preview" | "update";
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program that has to be refused: in one sentence, on its own row, without noise, and nothing changes. */
async function expectRefusal(program: string, { row, says, at = "preview", env = {} }: Refusal): Promise<Ran> {
  const before = { resources: await resources(), objects: await objects() };
  await lab.cloud.admin.clearLog();
  await lab.project.program(program);
  const ran = await lab.project.run(["up", "--yes"], env);
  expect(ran.code).not.toBe(0);
  expect(ran.text).not.toMatch(
    /^ +at |Error: |node:internal|dist\/provider|UNKNOWN:|unhandled|\[object|undefined|#<|\. \./m,
  );
  const { [row]: own = [], [`pay-${lab.project.stack}`]: stack = [], ...others } = diagnostics(ran.text);
  expect(own).toEqual([
    expect.stringMatching(new RegExp(`^error: (pulumi-nodejs\\S+ resource '${row}' has a problem: )?`)),
  ]);
  expect(own[0]?.replace(/^error: (.*has a problem: )?| \[BYOK_[A-Z_]+\]/g, "")).toMatch(says);
  expect(others).toEqual({});
  // The engine's own word on an update that did not end well.
  expect(stack).toEqual(at === "preview" ? [] : ["error: update failed"]);
  expect(ran.text.includes("Updating (")).toBe(at === "update");
  expect(await resources()).toEqual(before.resources);
  expect(await objects()).toEqual(before.objects);
  expect(await writes()).toEqual([]);
  return ran;
}

const copy = (more: string, source = "master"): string => `
new byok.AwsKmsKey("second", { group: frankfurt, material: { source: ${source} }, ${more} });`;
const token = (more: object): string => `
new byok.SourceGroup("other", {
  token: ${JSON.stringify({ ...lab.token.connection, ...more })}, minOaepHash: "sha1", lab: true });`;
const rules = (more: string, spec = "AES_256"): string => `
const strict = new byok.SourceGroup("strict", { token: ${JSON.stringify(lab.token.connection)}, ${more} });
const sealed = new byok.SourceKey("sealed", { group: strict, spec: "${spec}" });`;

describe("a mistake in a key", () => {
  it.each([
    ["an unknown property", 'colour: "red"', /^colour: there is no such property\. Correct its name, or remove it\.$/],
    ["an alias without its prefix", 'aliases: ["alias/a", "b"]', /^aliases\[1\]: "b" must start.* Write "alias\/b"\.$/],
    ["a window of 6 days", "deletionWindowInDays: 6", /^deletionWindowInDays: 6 is outside .* days from 7 to 30\.$/],
  ])("%s is refused in preview", async (_name, more, says) => {
    await expectRefusal(lab.payments() + copy(more), { row: "second", says });
  });

  it("an alias that another key has is refused before a key is made for it", async () => {
    const says = /^aliases\[0\] alias\/payments belongs to another key \([0-9a-f-]{36}\)\. .* choose another alias\.$/;
    await expectRefusal(lab.payments() + copy('aliases: ["alias/payments"]'), { row: "second", at: "update", says });
  });

  it("a type that the token does not make is refused in preview, with those that it makes", async () => {
    const program = `
const other = new byok.SourceGroup("other", { token: ${JSON.stringify(nss.connection)}, lab: true });
new byok.SourceKey("koblitz", { group: other, spec: "EC_SECP256K1" });`;
    const says = /^spec: this token \(.*\) makes no EC_SECP256K1 keys\. It makes AES_256, .*\.$/;
    await expectRefusal(lab.payments() + program, { row: "koblitz", says });
  });

  it("a P-521 key that the token wraps only with a weaker hash is refused in preview", async () => {
    const says = /^material\.source: this token \(SoftHSM.*\) wraps with OAEP SHA-1 only.* Set minOaepHash: "sha1" on/;
    const program = lab.payments() + rules("lab: true", "EC_P521") + copy("", "sealed");
    await expectRefusal(program, { row: "second", says });
  });
});

describe("a mistake in a source group", () => {
  it("a literal PIN is refused in preview and not repeated", async () => {
    const says = /^token\.pin: This must be a reference to a secret.* Write "file:PATH"/;
    const ran = await expectRefusal(lab.payments() + token({ pin: "literal-4711" }), { row: "other", says });
    expect(ran.text).not.toContain("literal-4711");
  });

  it.each([
    [
      "a missing module file",
      { module: "/nowhere/hsm.so" },
      /^token\.module: .*\/nowhere\/hsm\.so does not exist\. Correct/,
    ],
    [
      "an unknown module name",
      { module: "softhsm3" },
      /^token\.module: "softhsm3" is neither .* Write the path .*softhsm2/,
    ],
    [
      "a label that no token has",
      { label: "nobody" },
      /^token\.label: .* no token with label "nobody"\. It shows: "payments"/,
    ],
    [
      "a wrong PIN",
      { pin: "file:wrong-pin" },
      /^token\.pin: .* the PIN is wrong .* Correct what the PIN reference points to/,
    ],
    [
      "a PIN file for everybody",
      { pin: "file:open-pin" },
      /^token\.pin: Others than its owner .* Type: chmod 600 \S+$/,
    ],
  ])("%s is refused in preview", async (_name, connection, says) => {
    const ran = await expectRefusal(lab.payments() + token(connection), { row: "other", says });
    expect(ran.text).not.toMatch(/wrong-pin-4711|pin-of-the-lab/);
  });

  it("so it is where the group has its keys already", async () => {
    const program = lab.payments().replace(JSON.stringify(lab.token.connection.pin), '"file:wrong-pin"');
    await expectRefusal(program, { row: "hsm", says: /^token\.pin: .* the PIN is wrong/ });
  });
});

describe("a mistake in an AWS group", () => {
  it.each([
    [
      "no Region's name",
      () => lab.group("other", "", "middle-earth-1"),
      /^region: "middle-earth-1" is no AWS Region\. Write/,
    ],
    [
      "a Region that does not exist",
      () =>
        `new byok.AwsKmsGroup("other", { region: "eu-middle-1", credentials: { csv: "file:aws-${otherAccount}.csv" } });`,
      // Without a network no name server says that there is no such host.
      /^region: .* (Region eu-middle-1 may not exist\. Check the name of the Region|cannot be looked up\. Check the network)/,
    ],
    [
      "an endpoint where nobody listens",
      () => lab.group("other").replace(/https:\/\/127.0.0.1:\d+/, "https://127.0.0.1:1"),
      /^endpoint: .* nothing answers at 127\.0\.0\.1:1\. Check .* the endpoint\.$/,
    ],
    [
      "credentials of another account",
      () => lab.group("other", 'account: "111122223333",', region, otherAccount),
      /^account: is 111122223333, and the credentials belong to account 444455556666 .* Use credentials of/,
    ],
    [
      "an authority that did not issue the certificate",
      () => lab.group("other").replace("ca.pem", "front.pem"),
      /^tls: .* issued by an authority that is not trusted\. .* tls\.caFile/,
    ],
  ])("%s is refused in preview", async (_name, group, says) => {
    await expectRefusal(lab.payments() + group(), { row: "other", says });
  });
});

describe("a target that the source group does not trust", () => {
  it("is refused in preview where it is on this machine and the group is no lab", async () => {
    const says = /^group: the endpoint 127\.0\.0\.1:\d+ is on this machine.* source group of its own with lab: true/;
    const program = lab.payments() + rules('minOaepHash: "sha1"') + copy("", "sealed");
    await expectRefusal(program, { row: "second", says });
  });

  it("is refused in preview where its host is not named, and accepted with the very line that the refusal shows", async () => {
    const distant = `
const distant = new byok.AwsKmsGroup("distant", {
  region: "${region}", endpoint: "https://${host}", tls: { caFile: "front.pem" },
  credentials: { csv: "file:aws-111122223333.csv" } });`;
    const env = { HTTPS_PROXY: front.proxy };
    const program = (more: string): string =>
      lab.payments() +
      rules(`minOaepHash: "sha1", ${more}`) +
      distant +
      copy("", "sealed").replace("frankfurt", "distant");
    const says =
      /^group: allowedTargets of .* host kms\.example\.test\. Add to allowedTargets: \{ aws: \{ .*caSha256.* \} \}$/;
    const { text } = await expectRefusal(program(""), { row: "second", says, env });
    const line = /Add to allowedTargets: (\{ aws: \{ .* \} \})/.exec(text)?.[1] ?? "";
    expect(line).toContain(front.digest);
    await lab.project.program(program(`allowedTargets: [${line}]`));
    const accepted = await lab.project.run(["preview"], env);
    expect(accepted).toMatchObject({ code: 0, text: expect.stringContaining("4 to create") });
    expect(front.exchanges.map((exchange) => exchange.host)).toContain(host);
  });
});

/** Elsewhere the fake token of the adapter's tests stands for a full one. */
const mayMount = ((): boolean => {
  const folder = mkdtempSync(path.join(tmpdir(), "byok-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "tmpfs", folder], { stdio: "ignore" });
    execFileSync("umount", [folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
})();

describe("a token", () => {
  (mayMount ? it : it.skip)(
    "(where a tmpfs can be mounted) that is full makes nothing, says so, and keeps what it has",
    async () => {
      const { tokenFolder, folder } = lab.token;
      const aside = path.join(folder, "aside");
      const run = promisify(execFile);
      await cp(tokenFolder, aside, { recursive: true });
      await run("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", tokenFolder]);
      try {
        await cp(aside, tokenFolder, { recursive: true });
        const { bavail, bsize } = await statfs(tokenFolder);
        await writeFile(path.join(tokenFolder, "filler"), Buffer.alloc(bavail * bsize));
        const more = 'new byok.SourceKey("late", { group: hsm, spec: "RSA_2048" });';
        const says = /^.*(its memory is full|storage is full).*$/;
        await expectRefusal(lab.payments() + more, { row: "late", at: "update", says });
        await rm(path.join(tokenFolder, "filler"));
        expect(await lab.project.up()).toContain("1 created");
      } finally {
        await run("umount", [tokenFolder]);
      }
    },
  );

  it("that cannot wrap private keys is told from what was recorded of it: P-521 is refused in preview", async () => {
    const file = path.join(lab.project.folder, "edited.json");
    await lab.project.expectSuccess("stack", "export", "--file", file);
    const text = await readFile(file, "utf8");
    expect(text).toContain('"keyWrapPadding": "pads"');
    await writeFile(file, text.replaceAll('"keyWrapPadding": "pads"', '"keyWrapPadding": "none"'));
    await lab.project.expectSuccess("stack", "import", "--file", file);
    const program = `const sealed = new byok.SourceKey("sealed", { group: hsm, spec: "EC_P521" });`;
    const says = /^material\.source: EC_P521 travels as RSA_AES_KEY_WRAP.* has none\. Use an AES-256 or HMAC key/;
    await expectRefusal(lab.payments() + program + copy("", "sealed"), { row: "second", says });
  });
});
