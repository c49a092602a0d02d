import type { KMSClient } from "@aws-sdk/client-kms";
import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { keyTree } from "../../provider/cli/key-tree";
import { printTree } from "../../provider/cli/print-tree";
import { openCustodian } from "../../provider/custodian/client";
import { cloudClient, decryptAs, encryptAs } from "./cloud-client";
import { createLab, until, type Lab } from "./lab";
import { filesBelow, findSecrets } from "./secret-search";
import type { Ran } from "./stack-project";

let lab: Lab;
let kms: KMSClient;
let temporary: string;
beforeAll(async () => {
  temporary = await mkdtemp(path.join(tmpdir(), "byok-material-"));
  lab = await createLab({}, { TMPDIR: temporary });
  kms = cloudClient(lab.cloud);
});
afterAll(async () => {
  kms.destroy();
  await lab.dispose();
  await rm(temporary, { recursive: true, force: true });
});

const partnerKey = randomBytes(32);
const clearKey = randomBytes(32);
const material = `{ file: "partner.bin", encoding: "base64", spec: "AES_256", kek: transport, wrap: "RSA_AES_SHA1" }`;
const clear = (more: string): string => `{ file: "clear.hex", encoding: "hex", spec: "AES_256", group: hsm, ${more} }`;

/** The token with two source keys and a key-encryption key, and `payments` with the material of the test. */
const program = (ofPayments: string, more = "", others = ""): string => `${lab.hsm()}
const one = new byok.SourceKey("one", { group: hsm, spec: "AES_256" });
const two = new byok.SourceKey("two", { group: hsm, spec: "AES_256" });
const transport = new byok.SourceKey("transport", { group: hsm, spec: "RSA_2048", operations: ["unwrap"] });
${lab.group("frankfurt")}
const payments = new byok.AwsKmsKey("payments", {
  group: frankfurt, material: ${ofPayments}, aliases: ["alias/payments"], ${more}
});
exports.origin = payments.origin;
${others}`;

/** As the partner encrypts, with nothing but the public key of the key-encryption key. */
async function fromPartner(key: Buffer): Promise<void> {
  const spki = Buffer.from(String((await lab.project.outputs("transport"))["publicKey"]), "base64");
  const publicKey = createPublicKey({ key: spki, format: "der", type: "spki" });
  const inner = randomBytes(32);
  const cipher = createCipheriv("id-aes256-wrap-pad", inner, Buffer.from("a65959a6", "hex"));
  const blob = Buffer.concat([
    publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" }, inner),
    cipher.update(key),
    cipher.final(),
  ]);
  await writeFile(path.join(lab.project.folder, "partner.bin"), `${blob.toString("base64")}\n`);
}

/** As if 31 days had passed: the token remembers every deletion date of the copies as one of last year. */
async function passDeletionDates(): Promise<void> {
  const custodian = openCustodian(lab.token.connection);
  try {
    for (const { copies } of await custodian.holdings()) {
      for (const { owner, version, arn, deletionDate } of copies) {
        if (deletionDate !== undefined)
          await custodian.noteDeletion({ owner, version }, arn, "2020-01-01T00:00:00.000Z");
      }
    }
  } finally {
    await custodian.end();
  }
}

const output = async (name: string): Promise<string> => String((await lab.project.outputs("payments"))[name]);
const materialOf = async (): Promise<Buffer> => lab.cloud.admin.materialOf(await output("keyId"));

describe("the life of a key whose material changes", () => {
  const ciphertexts: Uint8Array[] = [];
  const encryptOne = async (): Promise<void> =>
    void ciphertexts.push(await encryptAs(kms, "alias/payments", `text ${ciphertexts.length}`));
  const expectAllReadable = async (): Promise<void> => {
    for (const [index, ciphertext] of ciphertexts.entries())
      expect(await decryptAs(kms, ciphertext)).toBe(`text ${index}`);
  };

  it("begins with AWS's own material, without any import", async () => {
    await lab.project.program(program("{ native: true }"));
    await lab.project.up();
    expect(await lab.project.outputs("payments")).toMatchObject({ version: 1, keyState: "Enabled", pending: [] });
    expect(await lab.project.expectSuccess("stack", "output", "origin")).toContain("AWS_KMS");
    await encryptOne();
  });

  it("goes to a source key by a new key, as the preview says, and old ciphertext stays readable", async () => {
    await lab.project.program(program("{ source: one }"));
    const preview = await lab.project.preview();
    expect(preview).toMatch(
      /changes its key material from that of AWS to that of one, as version 2, by a new KMS key\. alias\/payments moves to it once it is ready\. The former key arn:\S+ stays as it is and decrypts what it encrypted/,
    );
    await lab.project.up();
    expect(await lab.project.outputs("payments")).toMatchObject({ version: 2, proof: { sourceVersion: 1 } });
    await encryptOne();
    await expectAllReadable();
  });

  it("goes on to another source key, whose versions begin with 1 as well, in spite of a kill -9 in the middle", async () => {
    const former = await output("keyId");
    await lab.project.program(program("{ source: two }"));
    await lab.cloud.admin.clearLog();
    await lab.cloud.admin.injectFault({ operation: "ImportKeyMaterial", effect: { kind: "hang", when: "after" } });
    const running = lab.project.start(["up", "--yes", "--skip-preview"]);
    await until("the import was reached", async () =>
      (await lab.cloud.admin.requestLog()).some((entry) => entry.operation === "ImportKeyMaterial"),
    );
    expect(await lab.project.killAll(/dynamic-provider/)).toBeGreaterThan(0);
    expect((await running.ended).code).not.toBe(0);
    await lab.cloud.admin.clearFaults();
    expect(await decryptAs(kms, ciphertexts.at(-1), "alias/payments")).toBe("text 1");
    await lab.project.up();
    const payments = await lab.project.outputs("payments");
    expect(payments).toMatchObject({ version: 3, proof: { sourceVersion: 1 }, pending: [] });
    expect(payments["versions"]).toMatchObject([
      { version: 1, from: { origin: "AWS_KMS" } },
      { version: 2, keyId: former, from: { origin: "HSM", source: "one", sourceVersion: 1 } },
      { version: 3, from: { origin: "HSM", source: "two" } },
    ]);
    await encryptOne();
    await expectAllReadable();
    await lab.project.expectSuccess("refresh", "--yes", "--expect-no-changes");
  });

  it("takes a partner's key from a file that only the token can open", async () => {
    await fromPartner(partnerKey);
    await lab.project.program(program(material));
    await lab.project.up();
    expect(await lab.project.outputs("payments")).toMatchObject({ version: 4, link: { source: "partner.bin" } });
    expect((await materialOf()).equals(partnerKey)).toBe(true);
    expect(await lab.project.expectSuccess("stack", "output", "origin")).toContain("EXTERNAL");
    await encryptOne();
    await expectAllReadable();
  });

  it("needs the file no more, until the material has to be imported again", async () => {
    await rm(path.join(lab.project.folder, "partner.bin"));
    await lab.project.expectSuccess("preview", "--expect-no-changes");
    const validTo = new Date(Date.now() + 86_400_000 * 40).toISOString();
    await lab.project.program(program(material, `validTo: "${validTo}"`));
    expect(await lab.project.failingUp()).toMatch(/material\.file: There is no file partner\.bin/);
    // Encrypted anew, and yet the same key: no rotation, and the import is accepted.
    await fromPartner(partnerKey);
    await lab.project.up();
    expect(await lab.project.outputs("payments")).toMatchObject({ version: 4, validTo, pending: [] });
    await expectAllReadable();
  });

  it("takes no other key in place of one that was deleted, and says so before AWS is reached", async () => {
    await lab.project.program(program(material, 'materialState: "deleted"'));
    const [, word = ""] = /confirm: "([a-z]+-[0-9a-f]{8})"/.exec(await lab.project.preview()) ?? [];
    await lab.project.program(program(material, `materialState: "deleted", confirm: "${word}"`));
    await lab.project.up();
    await fromPartner(randomBytes(32));
    await lab.project.program(program(material));
    await lab.cloud.admin.clearLog();
    expect(await lab.project.failingUp()).toMatch(/material\.file: is other material than the one that was deleted/);
    expect((await lab.cloud.admin.requestLog()).map(({ operation }) => operation)).not.toContain("ImportKeyMaterial");
    await fromPartner(partnerKey);
    await lab.project.up();
    await expectAllReadable();
  });

  it("refuses a file in clear until that is written down, and until nobody else may read it", async () => {
    const file = path.join(lab.project.folder, "clear.hex");
    await writeFile(file, `${clearKey.toString("hex")}\n`, { mode: 0o644 });
    await lab.project.program(program(clear("")));
    expect(await lab.project.failingUp()).toMatch(/material\.allowPlaintext: must be true for a file without kek/);
    await lab.project.program(program(clear("allowPlaintext: true, keepInToken: true")));
    expect(await lab.project.failingUp()).toMatch(/material\.file: Others than its owner may use the file clear\.hex/);
    await rm(file);
    await writeFile(file, "abcd", { mode: 0o600 });
    expect(await lab.project.failingUp()).toMatch(/material\.file holds 2 bytes, and AES_256 material has 32/);
    expect(await lab.project.outputs("payments")).toMatchObject({ version: 4 });
  });

  it("takes it then, warns of it, and leaves the key nowhere but in the token's and the cloud's keeping", async () => {
    const file = path.join(lab.project.folder, "clear.hex");
    await writeFile(file, clearKey.toString("hex"), { mode: 0o600 });
    const loud = await lab.project.up("--debug", "-v=9", "--logtostderr");
    expect(loud).toMatch(/its key material is in clear in clear\.hex/);
    expect((await materialOf()).equals(clearKey)).toBe(true);
    await rm(file);
    await lab.project.expectSuccess("preview", "--expect-no-changes");
    const exported = await lab.project.expectSuccess("stack", "export", "--show-secrets");
    const places = [
      { name: "output", content: Buffer.from(loud) },
      { name: "state", content: Buffer.from(exported) },
      ...(await filesBelow(temporary)),
      ...(await filesBelow(lab.project.folder)),
    ];
    const secrets = [
      { name: "partner's key", bytes: partnerKey },
      { name: "clear key", bytes: clearKey },
    ];
    expect(findSecrets(secrets, places)).toEqual([]);
    await expectAllReadable();
  });

  it("goes back to AWS's material, and rotates that in place by its trigger", async () => {
    await lab.project.program(program("{ native: true }"));
    await lab.project.up();
    await encryptOne();
    const keyId = await output("keyId");
    await lab.project.program(program("{ native: true }", 'rotationMode: "in-place", rotationTrigger: "now"'));
    expect(await lab.project.preview()).toMatch(/is rotated to version \d+ in place: .*because AWS keeps its material/);
    await lab.project.up();
    expect(await output("keyId")).toBe(keyId);
    expect(await output("version")).toBe("7");
    await expectAllReadable();
    await lab.project.expectSuccess("preview", "--expect-no-changes");
    const exported: unknown = JSON.parse(await lab.project.expectSuccess("stack", "export"));
    expect(printTree(keyTree(exported))).toContain("AWS made its material");
  });

  it("leaves kept material in the token, which goes once no copy can come back and its word is confirmed", async () => {
    const token = (...args: readonly string[]): Promise<Ran> => lab.project.byok(["token", ...args, "--group", "hsm"]);
    expect((await token("list")).text).toContain("held by payments of this stack");
    await lab.project.program(lab.hsm());
    await lab.project.up();
    const { text: listed } = await token("list");
    const [, id = ""] = /kept material of a file\nowner \w+\n└─ version 5 .* CKA_ID (\w+)\n/.exec(listed) ?? [];
    expect(listed).toMatch(/payments {2}scheduled for deletion on \d{4}-\d\d-\d\d\n/);
    const early = await token("destroy", "--id", id);
    expect(early).toMatchObject({ code: 1, text: expect.stringContaining("[BYOK_KEY_HAS_COPIES]") });
    await passDeletionDates();
    const asked = await token("destroy", "--id", id);
    expect(asked).toMatchObject({ code: 1, text: expect.stringContaining("No key can get this material") });
    const [, word = ""] = /BYOK_CONFIRM=([a-z]+-[0-9a-f]{8}) /.exec(asked.text) ?? [];
    expect(await token("destroy", "--id", id, "--confirm", word)).toMatchObject({ code: 0 });
    const { text: left } = await token("list");
    expect(left).not.toContain("kept material");
    for (const name of ["one", "two", "transport"]) expect(left).toContain(`\n${name}  `);
    expect(
      findSecrets([{ name: "clear key", bytes: clearKey }], [{ name: "output", content: Buffer.from(listed) }]),
    ).toEqual([]);
  });
});

describe("what cannot be done", () => {
  it.each([
    ["material of two places", "{ source: one, native: true }", "", /material: names source and native/],
    [
      "an expiry of AWS's material",
      "{ native: true }",
      'keepValidFor: "30d"',
      /keepValidFor: is for imported material/,
    ],
    [
      "a way that the token has not",
      material.replace("SHA1", "SHA256"),
      "",
      /material\.wrap: the token of hsm cannot take in AES_256 material under RSA_AES_SHA256.*CKR_ARGUMENTS_BAD/,
    ],
    [
      "a copy of the key-encryption key",
      "{ source: transport }",
      "",
      /material\.source: transport is a key-encryption key/,
    ],
    ["a trigger of a copy", "{ source: one }", 'rotationTrigger: "x"', /rotationTrigger: .*set rotationTrigger on one/],
  ])("%s is refused in preview, and nothing is made", async (_name, ofPayments, more, complaint) => {
    await lab.project.program(program(ofPayments, more));
    expect(await lab.project.expectFailure("preview")).toMatch(complaint);
  });
});
