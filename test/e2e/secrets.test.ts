import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { createLab, type Lab } from "./lab";
import { filesBelow, findSecrets, materialSecrets, type Place, type Secret } from "./secret-search";
import type { Ran } from "./stack-project";
import { startTlsFront, type TlsFront } from "./tls-front";

const wrongPin = "some-other-pin-4711";
/** All that Pulumi can tell. */
const loud = ["--debug", "-v=9", "--logtostderr"];
const kinds = { payments: "AES_256", stamps: "EC_P256", letters: "RSA_2048", seals: "HMAC_256" } as const;

let lab: Lab;
let front: TlsFront;
let temporary: string;
beforeAll(async () => {
  temporary = await mkdtemp(path.join(tmpdir(), "byok-secrets-"));
  lab = await createLab({}, { TMPDIR: temporary });
  front = await startTlsFront(lab.cloud.endpoint);
  await writeFile(path.join(lab.project.folder, "front.pem"), front.certificate);
  await writeFile(path.join(lab.token.folder, "wrong-pin"), `${wrongPin}\n`, { mode: 0o600 });
});
afterAll(async () => {
  await front.close();
  await lab.dispose();
  await rm(temporary, { recursive: true, force: true });
});

const program = (more: string): string => {
  const group = lab
    .group("frankfurt")
    .replace(lab.cloud.httpsEndpoint ?? "", front.endpoint)
    .replace("ca.pem", "front.pem");
  const keys = Object.entries(kinds).map(
    ([name, spec]) => `
new byok.AwsKmsKey("${name}", {
  group: frankfurt, material: { source: new byok.SourceKey("${name}-source", { group: hsm, spec: "${spec}" }) }, ${more} });`,
  );
  return [lab.hsm(), group, ...keys].join("\n");
};

/** What there was to see of each run, and of its processes. */
const outputs: Place[] = [];
const processes: Place[] = [];

/** Runs the CLI and looks all the time at what `ps` could show of its children. */
async function watched(name: string, outcome: "succeeds" | "fails", ...args: readonly string[]): Promise<Ran> {
  const { ended } = lab.project.start(args);
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      for (const pid of await lab.project.processes(/dynamic-provider|byok/)) {
        const seen = await Promise.all(
          ["cmdline", "environ"].map((file) => readFile(`/proc/${pid}/${file}`).catch(() => Buffer.alloc(0))),
        );
        processes.push({ name: `process ${pid} of ${name}`, content: Buffer.concat(seen) });
      }
      await sleep(200);
    }
  })();
  const ran = await ended;
  over.abort();
  await watching;
  outputs.push({ name: `output of ${name}`, content: Buffer.from(ran.text) });
  if ((ran.code === 0) !== (outcome === "succeeds"))
    throw new Error(`${name} ended otherwise:\n${ran.text.slice(-5_000)}`);
  return ran;
}

const importRequest = z.object({ EncryptedKeyMaterial: z.string(), ImportToken: z.string() });
const importParameters = z.object({ PublicKey: z.string() });

/** All that may be in the token, in a cloud and between them, and nowhere else. */
async function secrets(): Promise<readonly Secret[]> {
  const known = [...lab.secrets, wrongPin].map((text, index) => ({
    name: `secret ${index}`,
    bytes: Buffer.from(text),
  }));
  const material = await Promise.all(
    Object.entries(kinds).map(async ([name, spec]) => {
      const keyId = String((await lab.project.outputs(name))["keyId"]);
      const kind = /^(AES|HMAC)/.test(spec) ? "raw" : "pkcs8";
      return materialSecrets(`material of ${name}`, await lab.cloud.admin.materialOf(keyId), kind);
    }),
  );
  return [...known, ...material.flat(), ...transport()];
}

function transport(): readonly Secret[] {
  const passed = (operation: string): typeof front.exchanges =>
    front.exchanges.filter((exchange) => exchange.operation === operation);
  const imports = passed("ImportKeyMaterial").map(({ request }) => importRequest.parse(JSON.parse(request)));
  const parameters = passed("GetParametersForImport").map(({ response }) =>
    importParameters.parse(JSON.parse(response)),
  );
  return [
    ...imports.map(({ EncryptedKeyMaterial: blob }) => ({ name: "blob", bytes: Buffer.from(blob, "base64") })),
    ...imports.map(({ ImportToken: token }) => ({ name: "import token", bytes: Buffer.from(token, "base64") })),
    // The first bytes of a public key only tell its type.
    ...parameters.map(({ PublicKey: key }) => ({
      name: "wrapping key",
      bytes: Buffer.from(key, "base64").subarray(64),
    })),
  ];
}

describe("what Pulumi tells and leaves behind", () => {
  let all: readonly Secret[] = [];

  it("comes from a life with successes and failures", async () => {
    await lab.project.program(program(""));
    await watched("the first up", "succeeds", "up", "--yes", "--skip-preview", ...loud);
    await watched("refresh", "succeeds", "refresh", "--yes", "--skip-preview", ...loud);

    const later = new Date(Date.now() + 90 * 86_400_000).toISOString();
    await lab.project.program(program(`validTo: "${later}", tags: { team: "ledger" }`));
    await lab.cloud.admin.injectFault({
      operation: "ImportKeyMaterial",
      effect: { kind: "error", code: "InvalidCiphertextException" },
    });
    const refused = await watched("the refused import", "fails", "up", "--yes", "--skip-preview", ...loud);
    expect(refused.text).toContain("AWS could not unwrap the material");

    await lab.project.program(program("").replace(lab.token.pinFile, path.join(lab.token.folder, "wrong-pin")));
    const wrong = await watched("the wrong PIN", "fails", "up", "--yes", "--skip-preview", ...loud);
    expect(wrong.text).toContain("the PIN is wrong");

    // Without --logtostderr the engine's log goes to files in TMPDIR.
    await lab.project.program(program(`validTo: "${later}"`));
    await watched("the update", "succeeds", "up", "--yes", "--debug", "-v=9", "--logflow");
    outputs.push({
      name: "the exported state",
      content: Buffer.from(await lab.project.expectSuccess("stack", "export", "--show-secrets")),
    });
    all = await secrets();
    await watched("destroy", "succeeds", "destroy", "--yes", "--skip-preview", ...loud);
  });

  it("was looked at in full, and the search finds what is there", async () => {
    const csv = await filesBelow(lab.project.folder).then((files) => files.filter(({ name }) => name.endsWith(".csv")));
    expect(findSecrets(all, csv)).toHaveLength(2);
    const passed = Buffer.from(front.exchanges.map(({ request, response }) => request + response).join("\n"));
    const inTransit = findSecrets(all, [{ name: "transit", content: passed }]);
    for (const name of ["blob", "import token", "wrapping key"]) expect(inTransit.join()).toContain(name);
    expect(inTransit.join()).not.toContain("material of");
    for (const { name, content } of outputs) expect(`${name}: ${content.length > 20_000}`).toBe(`${name}: true`);
    const seen = processes.map(({ content }) => content.toString()).join("\n");
    expect(seen).toContain("dynamic-provider");
    expect(seen).toContain("byok-custodian");
    expect(seen).toContain("PULUMI_CONFIG_PASSPHRASE=");
    expect(all.filter(({ name }) => name.startsWith("material of"))).toHaveLength(1 + 1 + 3 + 1);
  });

  it("holds no PIN, credential, material, wrapping key, import token or blob", async () => {
    const left = (await filesBelow(lab.project.folder)).filter(({ name }) => !name.endsWith(".csv"));
    const names = left.map(({ name }) => path.relative(lab.project.folder, name));
    for (const part of [".pulumi/stacks/pay/dev.json", ".pulumi/backups/", ".pulumi/history/", ".pulumi-home/"]) {
      expect(names.some((name) => name.startsWith(part))).toBe(true);
    }
    const logs = await filesBelow(temporary);
    expect(logs.some(({ content }) => content.length > 20_000)).toBe(true);
    expect(findSecrets(all, [...outputs, ...processes, ...left, ...logs])).toEqual([]);
  });
});
