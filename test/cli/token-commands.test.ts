import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { tokenDestroyCommand, type TokenDestroyOptions } from "../../provider/cli/token-destroy-command";
import { tokenListCommand } from "../../provider/cli/token-list-command";
import { openCustodian, type OpenCustodian } from "../../provider/custodian/client";
import { startLocalAws, type LocalAws } from "../../provider/local";
import { ByokError } from "../../provider/model/errors";
import { labOwner as keptOwner } from "../custodian/doubles/requests";
import { createSoftHsmToken, type SoftHsmToken } from "../tokens/softhsm-token";

jest.setTimeout(120_000);

const region = "eu-central-1";
const sourceOwner = "1a".padEnd(32, "5");
const kept = { owner: keptOwner, version: 3 };
const madeAt = "2030-01-02T03:04:05.000Z";

let token: SoftHsmToken;
let cloud: LocalAws;
let custodian: OpenCustodian;
let folder: string;
let arn = "";
let id = "";
let sourceId = "";

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "byok-token-"));
  token = await createSoftHsmToken();
  cloud = await startLocalAws({ https: false });
  custodian = openCustodian(token.connection);
  sourceId = (await custodian.generate({ owner: sourceOwner, version: 1, name: "master", spec: "EC_P256" })).id;
  await custodian.claim(sourceOwner, "1".repeat(32));
  await keepFromFile();
  id = (await custodian.list(kept.owner))[0]?.id ?? "";
  await state([]);
});
afterAll(async () => {
  await custodian.end();
  await cloud.close();
  await token.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** As a key with keepInToken: true does it. */
async function keepFromFile(): Promise<void> {
  const file = path.join(folder, "partner.bin");
  await writeFile(file, randomBytes(32), { mode: 0o600 });
  const [account] = cloud.accounts;
  if (account === undefined) throw new Error("the local cloud has no account");
  const { accessKeyId, secretAccessKey } = account;
  const kms = new KMSClient({ region, endpoint: cloud.endpoint, credentials: { accessKeyId, secretAccessKey } });
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Origin: "EXTERNAL" }));
  kms.destroy();
  arn = String(KeyMetadata?.Arn);
  await custodian.importInto({
    ...kept,
    spec: "AES_256",
    file: { path: file, encoding: "raw", keptAs: "payments" },
    rules: { allowedTargets: [], lab: true, minOaepHash: "sha1" },
    target: {
      connection: {
        ...{ region, account: account.id, endpoint: { kms: cloud.endpoint, sts: cloud.endpoint } },
        credentials: { accessKeyId: "config:aws:id", secretAccessKey: "config:aws:secret" },
      },
      keyArn: arn,
      configValues: { "aws:id": accessKeyId, "aws:secret": secretAccessKey },
    },
    ...{ wrappingAlgorithm: "RSAES_OAEP_SHA_1", wrappingKeySpec: "RSA_3072" },
    ...{ existing: false, copyName: "payments" },
  });
}

const resource = (kind: string, name: string, outputs: object): object => ({
  ...{ urn: `urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:${kind}::${name}`, outputs },
  type: `pulumi-nodejs:dynamic/byok:${kind}`,
});
const stateFile = (): string => path.join(folder, "state.json");
const state = (more: readonly object[]): Promise<void> =>
  writeFile(
    stateFile(),
    JSON.stringify({
      deployment: { resources: [resource("SourceGroup", "hsm", { token: token.connection, lab: true }), ...more] },
    }),
  );
const master = (): object =>
  resource("SourceKey", "master", { owner: sourceOwner, versions: [{ version: 1, createdAt: madeAt }] });
const payments = (keyState: string): object =>
  resource("AwsKmsKey", "payments", {
    versions: JSON.stringify([
      { version: 3, keyId: "1", arn, keyState, from: { origin: "EXTERNAL", owner: kept.owner, sourceVersion: 3 } },
    ]),
  });

const group = (): { group: string; file: string } => ({ group: "hsm", file: stateFile() });
async function list(json = false): Promise<string> {
  let text = "";
  const terminal = { out: (part: string) => Promise.resolve(void (text += part)), err: () => undefined };
  await tokenListCommand({ ...group(), json }, terminal);
  return text;
}
async function destroy(options: Partial<TokenDestroyOptions> = {}): Promise<{ text: string; error?: ByokError }> {
  let text = "";
  const terminal = {
    out: (part: string) => Promise.resolve(void (text += part)),
    err: (line: string) => void (text += `${line}\n`),
  };
  try {
    await tokenDestroyCommand({ ...group(), id: [id], ...options }, terminal);
    return { text };
  } catch (error) {
    if (error instanceof ByokError) return { text, error };
    throw error;
  }
}

describe("byok token list", () => {
  it("shows what a stack's source keys have, and what is kept for its copies, with the copies themselves", async () => {
    await state([master(), payments("Enabled")]);
    const text = await list();
    expect(text).toMatch(/^token \S+ +SoftHSM v2 +serial [0-9a-f]+\n/);
    expect(text).toContain(`master  EC_P256  source key, SourceKey master\nowner ${sourceOwner}\n`);
    expect(text).toContain(`  since ${madeAt}`);
    expect(text).toMatch(
      new RegExp(`payments  AES_256  kept material of a file\\nowner ${kept.owner}\\n└─ version 3 `),
    );
    expect(text).toContain(`CKA_ID ${id}\n`);
    expect(text).toContain("held by payments of this stack");
    expect(text).toContain(`payments  not scheduled for deletion\n`);
    expect(text).toContain(arn);
  });

  it("prints the same as JSON, and says of nobody's source key that this stack has none", async () => {
    await state([]);
    expect(await list()).toContain("source key, of no SourceKey of this stack");
    expect(JSON.parse(await list(true))).toMatchObject([
      {
        ...kept,
        id,
        kind: "kept",
        name: "payments",
        copies: [{ arn }],
        holders: [],
        fingerprint: { method: "sha256" },
      },
      { owner: sourceOwner, kind: "source", copies: [] },
    ]);
  });

  it("refuses another token than the one that the group knows", async () => {
    const identity = { label: "x", serial: "0", manufacturer: "x", model: "x", firmware: "x" };
    const resources = [resource("SourceGroup", "hsm", { token: token.connection, lab: true, identity })];
    await writeFile(stateFile(), JSON.stringify({ deployment: { resources } }));
    await expect(list()).rejects.toMatchObject({ code: "BYOK_TOKEN_NOT_FOUND" });
    await state([]);
  });
});

describe("byok token destroy", () => {
  it("refuses a source key, whether this stack has it or not", async () => {
    for (const resources of [[], [master()]]) {
      await state(resources);
      expect((await destroy({ id: [sourceId] })).error).toMatchObject({ code: "BYOK_OWNED_BY_ANOTHER" });
    }
  });

  it("refuses what a copy may need again, and an id that is none", async () => {
    await state([]);
    expect((await destroy()).error).toMatchObject({
      code: "BYOK_KEY_HAS_COPIES",
      message: expect.stringContaining(`payments (${arn}, not scheduled for deletion)`),
    });
    await custodian.noteDeletion(kept, arn, "2099-01-01T00:00:00.000Z");
    expect((await destroy()).error?.message).toContain("scheduled for deletion on 2099-01-01");
    expect((await destroy({ id: ["00"] })).error).toMatchObject({
      code: "BYOK_KEY_NOT_FOUND",
      hint: `It keeps ${id} (payments).`,
    });
  });

  it("refuses what a key of the stack has, until AWS has deleted that", async () => {
    await custodian.noteDeletion(kept, arn, "2020-01-01T00:00:00.000Z");
    await state([payments("Enabled")]);
    expect((await destroy()).error).toMatchObject({
      code: "BYOK_KEY_HAS_COPIES",
      message: expect.stringContaining("payments of this stack"),
      hint: expect.stringContaining("run pulumi refresh"),
    });
    await state([resource("AwsKmsKey", "hidden", { versions: "?" })]);
    expect((await destroy()).error).toMatchObject({
      code: "BYOK_INPUT_INVALID",
      message: expect.stringContaining("the state of hidden cannot be read"),
    });
    await state([payments("Destroyed")]);
    expect((await destroy()).error).toMatchObject({ code: "BYOK_CONFIRM_REQUIRED" });
  });

  it("says what goes and what that means, and destroys nothing without the word of this very moment", async () => {
    await state([master()]);
    const { text, error } = await destroy({ confirm: "maple-00000000" });
    expect(text).toContain(`version 3 of "payments"  AES_256`);
    expect(text).toContain(`was copied to payments, scheduled for deletion on 2020-01-01: ${arn}`);
    expect(text).toContain("it was not checked whether it did");
    expect(text).toContain(`payments (${arn}, 2020-01-01)`);
    expect(text).toContain("No key can get this material from the token again.");
    const [, stale = ""] = /BYOK_CONFIRM=([a-z]+-[0-9a-f]{8}) /.exec(error?.hint ?? "") ?? [];
    await custodian.noteDeletion(kept, arn, "2020-01-02T00:00:00.000Z");
    expect((await destroy({ confirm: stale })).error).toMatchObject({ code: "BYOK_CONFIRM_REQUIRED" });
    expect(await custodian.list(kept.owner)).toHaveLength(1);
  });

  it("destroys exactly what was confirmed", async () => {
    const [, word = ""] = /BYOK_CONFIRM=([a-z]+-[0-9a-f]{8}) /.exec((await destroy()).error?.hint ?? "") ?? [];
    const { text, error } = await destroy({ confirm: word });
    expect(error).toBeUndefined();
    expect(text).toContain(`byok: version 3 of "payments" is destroyed (CKA_ID ${id}).`);
    expect((await custodian.holdings()).map(({ name }) => name)).toEqual(["master"]);
    expect(await custodian.links(kept.owner)).toEqual([]);
    expect((await destroy({ confirm: word })).error).toMatchObject({ code: "BYOK_KEY_NOT_FOUND" });
  });
});
