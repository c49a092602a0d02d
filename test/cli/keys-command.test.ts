import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { keysCommand } from "../../provider/cli/keys-command";

const resource = (kind: string, name: string, outputs: object): object => ({
  urn: `urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:${kind}::${name}`,
  type: `pulumi-nodejs:dynamic/byok:${kind}`,
  outputs,
});
const key = (name: string, group: string, more: object): object =>
  resource("AwsKmsKey", name, {
    group: JSON.stringify({ name: group, region: "eu-central-1" }),
    spec: "AES_256",
    version: 3,
    aliases: [`alias/${name}`],
    ...more,
  });
const made = { keyId: "1234", arn: "arn:aws:kms:eu-central-1:123456789012:key/1234", keyState: "Enabled" };

const inAzure = "https://payments.vault.azure.net/keys/signing";

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "byok-keys-"));
  file = path.join(folder, "state.json");
  const resources = [
    resource("AwsKmsGroup", "ledger", {}),
    resource("AwsKmsGroup", "empty", {}),
    key("invoices", "ledger", made),
    key("half", "other", { aliases: [] }),
    resource("AzureKey", "signing", {
      group: JSON.stringify({ name: "vault" }),
      ...{ spec: "EC_P256", version: 2, keyState: "Enabled", keyId: inAzure, versionId: `${inAzure}/0123` },
    }),
  ];
  await writeFile(file, JSON.stringify({ deployment: { resources } }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("lists the KMS key that each resource has at present", async () => {
  expect((await keysCommand({ file })).split("\n")).toEqual([
    "NAME      GROUP   VERSION  STATE            KEY ID                                              ALIASES",
    "invoices  ledger  3        Enabled          1234                                                alias/invoices",
    "half      other   3        not created yet  –                                                   –",
    "signing   vault   2        Enabled          https://payments.vault.azure.net/keys/signing/0123  –",
    "",
  ]);
});

it("names the newest version of each key in Azure", async () => {
  expect(JSON.parse(await keysCommand({ file, group: "vault", json: true }))).toEqual([
    {
      ...{ name: "signing", group: "vault", state: "Enabled", spec: "EC_P256", version: 2 },
      ...{ keyId: inAzure, versionId: `${inAzure}/0123` },
    },
  ]);
});

it("keeps to one group, and prints JSON for programs", async () => {
  expect(JSON.parse(await keysCommand({ file, group: "ledger", json: true }))).toEqual([
    {
      name: "invoices",
      group: "ledger",
      region: "eu-central-1",
      state: "Enabled",
      spec: "AES_256",
      version: 3,
      aliases: ["alias/invoices"],
      keyId: "1234",
      arn: made.arn,
    },
  ]);
  expect(await keysCommand({ file, group: "empty" })).toBe("There are no keys.\n");
});

it("names the groups that there are, where it is asked for another", async () => {
  await expect(keysCommand({ file, group: "leger" })).rejects.toThrow(
    'The stack has no AwsKmsGroup or AzureKeyVaultGroup named "leger".',
  );
});
