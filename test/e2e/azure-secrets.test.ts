import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { wrapWithOpenssl } from "../azure/wrap-with-openssl";
import { createAzureLab, type AzureLab } from "./azure-lab";
import { filesBelow, findSecrets, materialSecrets, type Place, type Secret } from "./secret-search";
import type { Ran } from "./stack-project";

const wrongSecret = "another~secret.that_is-refused-4711";
/** All that Pulumi can tell. */
const loud = ["--yes", "--skip-preview", "--debug", "-v=9"];

type WrappingKey = Parameters<typeof wrapWithOpenssl>[0];

let lab: AzureLab;
let temporary: string;
beforeAll(async () => {
  temporary = await mkdtemp(path.join(tmpdir(), "byok-azure-secrets-"));
  lab = await createAzureLab({}, { TMPDIR: temporary });
  await writeFile(path.join(lab.project.folder, "wrong-azure-secret"), wrongSecret, { mode: 0o600 });
});
afterAll(async () => {
  await lab.dispose();
  await rm(temporary, { recursive: true, force: true });
});

/** The key that somebody wraps elsewhere. */
const partner = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "der", type: "pkcs8" });

const program = (more = ""): string => `${lab.hsm()}
${lab.vault("premium", "premium", "kek: { size: 2048 },")}
${lab.vault("pool", "managed-hsm", 'kek: { size: 2048, lifetime: "import" },')}
const key = (name, group, spec) => new byok.AzureKey(name, {
  group, material: { source: new byok.SourceKey(name + "-source", { group: hsm, spec }) } });
key("letters", premium, "RSA_2048");
key("stamps", premium, "EC_SECP256K1");
key("wrapping", pool, "AES_256");
${more}`;

/** What there was to see of each run. */
const outputs: Place[] = [];
async function run(name: string, outcome: "succeeds" | "fails", ...args: readonly string[]): Promise<Ran> {
  const ran = await lab.project.run(args);
  outputs.push({ name: `output of ${name}`, content: Buffer.from(ran.text) });
  if ((ran.code === 0) !== (outcome === "succeeds"))
    throw new Error(`${name} ended otherwise:\n${ran.text.slice(-5_000)}`);
  return ran;
}

/** How every `.byok` file begins, raw and in base64 at each of the three places where it may begin, and what a request calls it. */
const transfer: readonly Secret[] = [
  { name: "a .byok file", bytes: Buffer.from('{"schema_version":"1.0.0","header":{"kid":"https') },
  { name: "the body of an import", bytes: Buffer.from('"key_hsm":"eyJzY2hlbWFf') },
];

async function secrets(): Promise<readonly Secret[]> {
  const { admin } = lab.azure;
  const material = async (name: string, id: unknown, kind: "raw" | "pkcs8"): Promise<readonly Secret[]> =>
    materialSecrets(name, await admin.materialOf(String(id)), kind);
  const { wrappingKey } = await lab.project.outputs("premium");
  const kek = typeof wrappingKey === "object" && wrappingKey !== null ? Reflect.get(wrappingKey, "id") : "";
  const versionOf = async (name: string): Promise<unknown> => (await lab.project.outputs(name))["versionId"];
  return [
    ...[...lab.secrets, wrongSecret].map((text, index) => ({ name: `secret ${index}`, bytes: Buffer.from(text) })),
    ...(await material("letters", await versionOf("letters"), "pkcs8")),
    ...(await material("stamps", await versionOf("stamps"), "pkcs8")),
    ...(await material("wrapping", await versionOf("wrapping"), "raw")),
    ...(await material("the private half of the wrapping key", kek, "pkcs8")),
    ...transfer,
  ];
}

it("no secret, token, material, private wrapping key or .byok file shows in output, state, logs or files", async () => {
  await lab.project.program(program().replace("file:azure-secret", "file:wrong-azure-secret"));
  const wrong = await run("the wrong secret", "fails", "up", ...loud, "--logtostderr");
  expect(wrong.text).toContain("AADSTS7000215");

  await lab.project.program(program());
  const effect = {
    kind: "error",
    code: "BadParameter",
    status: 400,
    message: "The blob is not what it should be",
  } as const;
  await lab.azure.admin.injectFault({ operation: "ImportKey", key: "letters", effect });
  const refused = await run("the refused import", "fails", "up", ...loud, "--logtostderr");
  // Whatever Azure echoes of a request with a blob is not repeated.
  expect(refused.text).not.toContain(effect.message);
  await run("the import", "succeeds", "up", ...loud, "--logtostderr");
  const blob = wrapWithOpenssl((await lab.project.outputs("premium"))["wrappingKey"] as WrappingKey, partner);
  await writeFile(path.join(lab.project.folder, "partner.byok"), blob);
  const { ciphertext } = JSON.parse(blob.toString()) as { readonly ciphertext: string };
  await lab.project.program(
    program('new byok.AzureKey("partner", { group: premium, material: { byok: "partner.byok", spec: "EC_P256" } });'),
  );
  // Without --logtostderr the engine's log goes to files in TMPDIR.
  await run(
    "the refresh, and an import of what was wrapped elsewhere",
    "succeeds",
    "up",
    "--refresh",
    ...loud,
    "--logflow",
  );
  outputs.push({
    name: "the exported state",
    content: Buffer.from(await lab.project.expectSuccess("stack", "export", "--show-secrets")),
  });

  const all = [
    ...(await secrets()),
    ...materialSecrets("partner", partner, "pkcs8"),
    { name: "the blob of partner", bytes: Buffer.from(ciphertext.slice(0, 60)) },
    { name: "the end of the blob of partner", bytes: Buffer.from(ciphertext.slice(-60)) },
  ];
  const isOwn = ({ name }: Place): boolean => name.endsWith("azure-secret") || name.endsWith("partner.byok");
  const own = (await filesBelow(lab.project.folder)).filter(isOwn);
  // The search finds what is there.
  expect(findSecrets(all, own)).toHaveLength(5);
  const left = (await filesBelow(lab.project.folder)).filter((place) => !isOwn(place));
  const logs = await filesBelow(temporary);
  expect(left.some(({ name }) => name.endsWith(".pulumi/stacks/pay/dev.json"))).toBe(true);
  expect(logs.some(({ content }) => content.length > 20_000)).toBe(true);
  const places = [...outputs, ...left, ...logs];
  expect(findSecrets(all, places)).toEqual([]);
  const tokens = places.filter(({ content }) => /eyJ[A-Za-z0-9_-]{20,}\.eyJ/.test(content.toString("latin1")));
  expect(tokens.map(({ name }) => name)).toEqual([]);
  await lab.project.expectSuccess("destroy", "--yes", "--skip-preview");
});
