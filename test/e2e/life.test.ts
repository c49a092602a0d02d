import { readFile, writeFile } from "node:fs/promises";
import {
  DeleteAliasCommand,
  DisableKeyCommand,
  type KMSClient,
  PutKeyPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateKeyDescriptionCommand,
} from "@aws-sdk/client-kms";
import { keyTree } from "../../provider/cli/key-tree";
import { cloudClient } from "./cloud-client";
import { createLab, region, type Lab } from "./lab";

let lab: Lab;
let kms: KMSClient;
beforeAll(async () => {
  lab = await createLab();
  kms = cloudClient(lab.cloud);
  await lab.project.program(lab.payments('tags: { team: "ledger" },'));
});
afterAll(async () => {
  kms.destroy();
  await lab.dispose();
});

const writes = async (): Promise<readonly string[]> => {
  const log = await lab.cloud.admin.requestLog();
  return log.map((entry) => entry.operation).filter((name) => !/^(Get|List|Describe|Simulate)/.test(name));
};
const keyId = async (): Promise<string> => String((await lab.project.outputs("payments"))["keyId"]);

describe("the life of a copied key", () => {
  it("begins with one preview that tells what can be known, and one up", async () => {
    const preview = await lab.project.preview("--diff");
    expect(preview).toContain("5 to create");
    for (const derivable of [
      "Copied from master by pulumi-byok",
      "111122223333",
      "SoftHSM",
      "version",
      "alias/payments",
    ]) {
      expect(preview).toContain(derivable);
    }
    expect(await lab.project.up()).toContain("5 created");
    expect(await lab.project.outputs("payments")).toMatchObject({
      arn: expect.stringMatching(new RegExp(`^arn:aws:kms:${region}:111122223333:key/`)),
      keyState: "Enabled",
      pending: [],
      proof: { method: "key-material-id", sourceVersion: 1 },
      link: { source: "master", group: "frankfurt", by: expect.stringContaining("111122223333") },
    });
    expect(await lab.project.outputs("hsm")).toMatchObject({
      connected: true,
      note: expect.stringContaining("pads private keys"),
    });
  });

  it("is unchanged by a second up, in whose preview and update no cloud is called and no PIN is read", async () => {
    await lab.cloud.admin.clearLog();
    expect(await lab.project.preview("--expect-no-changes")).toContain("5 unchanged");
    expect(await lab.project.up()).toContain("5 unchanged");
    expect(await lab.cloud.admin.counters()).toEqual({});
  });

  it.each([
    ["an alias more", 'tags: { team: "ledger" }, aliases: ["alias/payments", "alias/second"],', ["CreateAlias"]],
    ["an alias less", 'tags: { team: "ledger" }, aliases: ["alias/payments"],', ["DeleteAlias"]],
    ["tags", "tags: { owner: 'me' },", ["TagResource", "UntagResource"]],
    ["the description", "tags: { owner: 'me' }, description: 'mine',", ["UpdateKeyDescription"]],
    ["enabled", "tags: { owner: 'me' }, description: 'mine', enabled: false,", ["DisableKey"]],
    ["enabled again", "tags: { owner: 'me' }, description: 'mine',", ["EnableKey"]],
    ["the expiry", `tags: { owner: 'me' }, description: 'mine', validTo: "${inDays(90)}",`, ["ImportKeyMaterial"]],
    ["a later expiry", `tags: { owner: 'me' }, description: 'mine', validTo: "${inDays(120)}",`, ["ImportKeyMaterial"]],
    ["no expiry", "tags: { owner: 'me' }, description: 'mine',", ["ImportKeyMaterial"]],
    ["the window", "tags: { owner: 'me' }, description: 'mine', deletionWindowInDays: 20,", []],
    ["the wrapping key", "tags: { owner: 'me' }, description: 'mine', wrappingKeySpec: 'RSA_2048',", []],
    [
      "the policy",
      "tags: { owner: 'me' }, description: 'mine', policy: { Version: '2012-10-17', Statement: [{ Sid: 'all', Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' }] },",
      ["PutKeyPolicy"],
    ],
  ])("changes %s in place, and nothing else", async (_name, settings, expected) => {
    const before = await keyId();
    await lab.cloud.admin.clearLog();
    await lab.project.program(lab.payments(settings));
    const text = await lab.project.up();
    expect(text).toContain("1 updated");
    expect(text).not.toContain("replaced");
    expect(await writes()).toEqual(expected);
    expect(await keyId()).toBe(before);
  });

  it("tells drift of every property in words, exits 7 where none is expected, and is repaired by the next up", async () => {
    await lab.project.program(lab.payments('tags: { team: "ledger" },'));
    await lab.project.up();
    const id = await keyId();
    await kms.send(new UpdateKeyDescriptionCommand({ KeyId: id, Description: "somebody else's" }));
    await kms.send(new UntagResourceCommand({ KeyId: id, TagKeys: ["team"] }));
    await kms.send(new TagResourceCommand({ KeyId: id, Tags: [{ TagKey: "stranger", TagValue: "1" }] }));
    await kms.send(new DeleteAliasCommand({ AliasName: "alias/payments" }));
    await kms.send(new DisableKeyCommand({ KeyId: id }));
    await kms.send(new PutKeyPolicyCommand({ KeyId: id, Policy: openPolicy }));
    const drift = await lab.project.run(["refresh", "--preview-only", "--expect-no-changes"]);
    expect(drift.code).not.toBe(0);
    const refreshed = await lab.project.expectSuccess("refresh", "--yes");
    for (const words of [
      "drift: the key is Disabled, not Enabled",
      "somebody else's",
      "tag team is missing",
      "tag stranger was added",
      "alias/payments does not point",
      "policy was changed",
    ]) {
      expect(refreshed).toContain(words);
    }
    expect(await lab.project.preview("--diff")).toContain("enabled");
    await lab.project.up();
    expect(await lab.project.expectSuccess("refresh", "--yes", "--expect-no-changes")).toContain("5 unchanged");
    expect(await lab.project.outputs("payments")).toMatchObject({
      enabled: true,
      aliases: ["alias/payments"],
      tags: { team: "ledger" },
    });
  });

  it("a change of the group's connection writes nothing to the cloud", async () => {
    await lab.cloud.admin.clearLog();
    const program = lab
      .payments('tags: { team: "ledger" },')
      .replace(
        'credentials: { csv: "file:aws-111122223333.csv" }',
        'credentials: { accessKeyId: "exec:cut -d, -f1 key.csv", secretAccessKey: "exec:cut -d, -f2 key.csv" }',
      );
    await writeKeyLine();
    await lab.project.program(program);
    expect(await lab.project.up()).toContain("2 updated");
    expect(await writes()).toEqual([]);
  });

  it("is shown from the source's side by byok tree", async () => {
    const exported = await lab.project.expectSuccess("stack", "export");
    expect(keyTree(JSON.parse(exported))).toMatchObject([
      { name: "master", versions: [{ version: 1, copies: [{ name: "payments", keyState: "Enabled" }] }] },
    ]);
  });

  it("ends with a deletion that AWS carries out after the window, and the source key stays in the token", async () => {
    const id = await keyId();
    await lab.cloud.admin.clearLog();
    const text = await lab.project.expectSuccess("destroy", "--yes");
    expect(text).toContain("5 deleted");
    expect(text).toMatch(/AWS deletes arn:aws:kms:\S+ on \d{4}-\d{2}-\d{2}/);
    expect(await writes()).toEqual(["DeleteAlias", "ScheduleKeyDeletion"]);
    await expect(lab.cloud.admin.materialOf(id)).resolves.toBeDefined();
  });

  it("begins again with the same source key, found in the token", async () => {
    await lab.project.program(lab.payments());
    expect(await lab.project.up()).toContain("5 created");
    const [version] = (await lab.project.outputs("master"))["versions"] as readonly {
      fingerprint: { value: string };
    }[];
    const { proof } = await lab.project.outputs("payments");
    expect(proof).toMatchObject({ fingerprint: `sha256:${version?.fingerprint.value ?? ""}` });
  });
});

const openPolicy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "kms:*", Resource: "*" }],
});

function inDays(days: number): string {
  return new Date(Math.floor(Date.now() / 1000) * 1000 + days * 86_400_000).toISOString();
}

/** The credentials as a file that `cut` can take apart; `exec:` references run without a shell. */
async function writeKeyLine(): Promise<void> {
  const csv = await readFile(`${lab.project.folder}/aws-111122223333.csv`, "utf8");
  await writeFile(`${lab.project.folder}/key.csv`, `${csv.split("\n")[1] ?? ""}\n`, { mode: 0o600 });
}
