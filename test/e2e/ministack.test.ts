import { CreateKeyCommand, DescribeKeyCommand, KMSClient, ListAliasesCommand } from "@aws-sdk/client-kms";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { startMinistack, type Ministack } from "../local/ministack";
import { createSoftHsmToken, type SoftHsmToken } from "../tokens/softhsm-token";
import { decryptAs, encryptAs } from "./cloud-client";
import { StackProject } from "./stack-project";

// An emulator that others wrote: what the provider does is not judged by our own reading of AWS alone. What it does not do as AWS does
// (rotation in place, material states) is not asked of it; what that is stands in test/local/ministack-deviations.ts. Its replicas of imported keys are enabled at once
// with the material of their primary, where AWS waits for an import: here they show that the provider imports the same again and is content, not that it waits.
jest.setTimeout(600_000);
const account = "111122223333";
const region = "eu-central-1";
const otherRegion = "eu-west-1";

let cloud: Ministack;
let token: SoftHsmToken;
let project: StackProject;
let kms: KMSClient;
let there: KMSClient;
beforeAll(async () => {
  [cloud, token, project] = await Promise.all([
    startMinistack(),
    createSoftHsmToken({ label: "payments", pin: "pin-of-the-lab-57" }),
    StackProject.create(),
  ]);
  await writeFile(path.join(project.folder, "aws.csv"), `Access key ID,Secret access key\n${account},test\n`, {
    mode: 0o600,
  });
  const client = (inRegion: string): KMSClient =>
    new KMSClient({ region: inRegion, endpoint: cloud.endpoint, credentials: cloud.credentials });
  [kms, there] = [client(region), client(otherRegion)];
});
afterAll(async () => {
  kms.destroy();
  there.destroy();
  await project.dispose();
  await token.dispose();
  await cloud.end();
});

const program = (source: string, more: string, others = ""): Promise<void> =>
  project.program(`const hsm = new byok.SourceGroup("hsm", {
  token: ${JSON.stringify(token.connection)}, minOaepHash: "sha1", lab: true,
});
const master = new byok.SourceKey("master", { group: hsm, spec: "AES_256", ${source} });
const group = (name, region) => new byok.AwsKmsGroup(name, {
  region, endpoint: "${cloud.endpoint}", credentials: { csv: "file:aws.csv" },
  quotas: { GetParametersForImport: 50 }, permissionCheck: "off",
});
const frankfurt = group("frankfurt", "${region}");
const ireland = group("ireland", "${otherRegion}");
const inBoth = (name, material, more) => new byok.AwsKmsKey(name, {
  group: frankfurt, material, multiRegion: true, aliases: ["alias/" + name], replicas: [{ group: ireland, aliases: ["alias/" + name] }], ...more,
});
inBoth("copied", { source: master });
inBoth("made", { native: true }, { ${source} });
const payments = new byok.AwsKmsKey("payments", { group: frankfurt, material: { source: master }, aliases: ["alias/payments"], ${more} });
${others}`);
const unchanged = (): Promise<string> => project.expectSuccess("preview", "--expect-no-changes");
const stateOf = async (KeyId: unknown, from = kms): Promise<string | undefined> =>
  (await from.send(new DescribeKeyCommand({ KeyId: String(KeyId) }))).KeyMetadata?.KeyState;

it("a copy is made, changed in every property that this emulator keeps, and refreshed without drift", async () => {
  await program("", 'tags: { team: "ledger" }');
  await project.up();
  await unchanged();
  expect(await project.outputs("payments")).toMatchObject({
    keyState: "Enabled",
    proof: { method: "key-material-id" },
  });
  await program(
    "",
    'tags: { team: "core" }, description: "payments", enabled: false, aliases: ["alias/payments", "alias/more"]',
  );
  await project.up();
  await project.expectSuccess("refresh", "--yes", "--skip-preview");
  await unchanged();
  expect(await project.outputs("payments")).toMatchObject({
    ...{ keyState: "Disabled", description: "payments", tags: { team: "core" } },
    aliases: ["alias/payments", "alias/more"],
  });
});

it("a rotation by a new key moves the alias, and the former key decrypts what it encrypted", async () => {
  await program("", "");
  await project.up();
  const before = await encryptAs(kms, "alias/payments", "before");
  await program('rotationTrigger: "now"', 'afterRotation: "keep"');
  await project.up();
  await unchanged();
  const { keyId, versions } = await project.outputs("payments");
  const { Aliases = [] } = await kms.send(new ListAliasesCommand({}));
  expect(Aliases.find(({ AliasName }) => AliasName === "alias/payments")?.TargetKeyId).toBe(keyId);
  expect(versions).toMatchObject([{ keyState: "Enabled" }, { version: 2, keyId }]);
  expect(await decryptAs(kms, before)).toBe("before");
  expect(await decryptAs(kms, await encryptAs(kms, "alias/payments", "after"))).toBe("after");
});

it("keys in two Regions, of a source key and of AWS, were rotated in both, and each Region decrypts what the other encrypted", async () => {
  for (const name of ["copied", "made"]) {
    const { keyId, versions, replicas, pending } = await project.outputs(name);
    expect([pending, versions]).toMatchObject([[], [{ keyState: "Enabled" }, { version: 2, keyId }]]);
    expect(replicas).toMatchObject([{ region: otherRegion, keyId, keyState: "Enabled", pending: [] }]);
    for (const [from, to] of [
      [kms, there],
      [there, kms],
    ] as const) {
      const { Aliases = [] } = await from.send(new ListAliasesCommand({}));
      expect(Aliases.find(({ AliasName }) => AliasName === `alias/${name}`)?.TargetKeyId).toBe(keyId);
      expect(await decryptAs(to, await encryptAs(from, `alias/${name}`, name))).toBe(name);
    }
  }
});

it("a native key, an adopted one, an alias of its own and a deletion schedule work", async () => {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Origin: "EXTERNAL", Description: "placeholder" }));
  const others = (more = ""): string => `
const native = new byok.AwsKmsKey("native", { group: frankfurt, material: { native: true } });
new byok.AwsAlias("current", { group: frankfurt, name: "alias/current", key: native });
new byok.AwsKmsKey("adopted", { group: frankfurt, material: { source: master }, adopt: { arn: "${String(KeyMetadata?.Arn)}" } });
${more}`;
  await program('rotationTrigger: "now"', "", others());
  await project.up();
  await unchanged();
  expect(await decryptAs(kms, await encryptAs(kms, "alias/current", "native"))).toBe("native");
  expect(await stateOf(KeyMetadata?.KeyId)).toBe("Enabled");

  const schedule = (confirm: string): string =>
    others(`new byok.DeletionSchedule("retire", { key: native, windowInDays: 8${confirm} });`);
  await program('rotationTrigger: "now"', "", schedule(""));
  const [, word = ""] = /confirm: "([a-z]+-[0-9a-f]{8})"/.exec(await project.expectFailure("preview")) ?? [];
  await program('rotationTrigger: "now"', "", schedule(`, confirm: "${word}"`));
  await project.up();
  expect(await stateOf((await project.outputs("native"))["keyId"])).toBe("PendingDeletion");
});

it("destroy schedules every key of the stack, the former ones and those of the other Region too", async () => {
  const names = ["payments", "adopted", "copied", "made"];
  const outputs = await Promise.all(names.map((name) => project.outputs(name)));
  const ids = outputs.map(({ keyId }) => keyId);
  const former = (outputs[0]?.["versions"] as readonly { readonly keyId: string }[])[0]?.keyId;
  await project.expectSuccess("destroy", "--yes");
  for (const id of [...ids, former]) expect(await stateOf(id)).toBe("PendingDeletion");
  for (const id of ids.slice(2)) expect(await stateOf(id, there)).toBe("PendingDeletion");
});
