import { generateKeyPairSync } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { wrapWithOpenssl } from "../azure/wrap-with-openssl";
import { createAzureLab, type AzureLab } from "./azure-lab";
import { until } from "./lab";

let lab: AzureLab;
beforeAll(async () => {
  lab = await createAzureLab();
});
afterAll(() => lab.dispose());

/** A key-manager's usual set: an RSA and an EC key in a premium vault, an AES key in a managed HSM, a key that Azure makes. */
const program = (
  more: { readonly rotation?: string; readonly signing?: string; readonly native?: string } = {},
): string => `${lab.hsm()}
${lab.vault("premium", "premium", 'kek: { size: 2048 }, template: { namePrefix: "ledger-", tags: { owner: "ledger" } },')}
${lab.vault("hsmPool", "managed-hsm", 'kek: { size: 2048, lifetime: "import" },')}
${lab.vault("standard", "standard")}
const rsa = new byok.SourceKey("rsa-source", { group: hsm, spec: "RSA_2048", ${more.rotation ?? ""} });
const ec = new byok.SourceKey("ec-source", { group: hsm, spec: "EC_P256" });
const aes = new byok.SourceKey("aes-source", { group: hsm, spec: "AES_256" });
const letters = new byok.AzureKey("letters", { group: premium, material: { source: rsa } });
const signing = new byok.AzureKey("signing", { group: premium, material: { source: ec }, name: "signing", ${more.signing ?? ""} });
const wrapping = new byok.AzureKey("wrapping", { group: hsmPool, material: { source: aes } });
const native = new byok.AzureKey("native", { group: standard, material: { native: true, spec: "EC_P384" }, protection: "software", ${more.native ?? ""} });
exports.ids = [letters.keyId, signing.keyId, wrapping.keyId, native.keyId];
exports.proofs = pulumi.all([letters.proof, signing.proof, wrapping.proof]).apply((proofs) => proofs.map((proof) => proof.method));
exports.versions = letters.versions;`;

const keyOf = async (name: string): Promise<Readonly<Record<string, unknown>>> => lab.project.outputs(name);
/** The look at permissions asks for imports too, which Azure refuses. */
const imports = async (): Promise<number> =>
  (await lab.azure.admin.requestLog()).filter(({ operation, status }) => operation === "ImportKey" && status !== 400)
    .length;

describe("keys in Azure", () => {
  it("are previewed, imported, proven and left alone", async () => {
    await lab.project.program(program());
    const preview = await lab.project.preview();
    expect(preview).toContain("12 to create");
    await lab.project.up();
    expect(await keyOf("letters")).toMatchObject({
      name: "ledger-letters",
      kty: "RSA-HSM",
      keyState: "Enabled",
      version: 1,
      tags: { owner: "ledger" },
      pending: [],
      proof: { method: "public-key", sourceVersion: 1 },
    });
    expect(await keyOf("wrapping")).toMatchObject({ kty: "oct-HSM", proof: { method: "challenge" } });
    expect(await keyOf("native")).toMatchObject({ kty: "EC", versions: [{ origin: "AZURE" }] });
    await lab.azure.admin.clearLog();
    expect(await lab.project.preview("--expect-no-changes")).toContain("unchanged");
    expect(await lab.azure.admin.requestLog()).toEqual([]);
    expect(await lab.project.expectSuccess("refresh", "--yes", "--expect-no-changes")).not.toContain("drift");
  });

  it("follow their source, keep what was made before, and show one lineage", async () => {
    await lab.project.program(program({ rotation: 'rotationTrigger: "2027",' }));
    const before = (await keyOf("letters"))["versionId"];
    const preview = await lab.project.preview("--diff");
    expect(preview).toMatch(/version\s*: 1 => 2/);
    expect(preview).toContain("2 to update");
    await lab.project.up();
    const { versions, versionId } = await keyOf("letters");
    expect(versionId).not.toBe(before);
    expect(versions).toMatchObject([
      { version: 1, id: before, enabled: true, sourceVersion: 1 },
      { version: 2, id: versionId, enabled: true, sourceVersion: 2 },
    ]);
    const tree = await lab.project.byok(["tree", lab.project.stack]);
    expect(tree.text).toContain(String(before));
    expect(tree.text).toContain(String(versionId));
  });

  it("tell drift in words, and are set right again", async () => {
    const premium = lab.azure.vaults.find(({ tier }) => tier === "premium")?.url ?? "";
    expect((await keyOf("signing"))["keyId"]).toBe(`${premium}/keys/signing`);
    await lab.project.program(
      program({ rotation: 'rotationTrigger: "2027",', signing: 'enabled: false, expiresOn: "2031-12-31",' }),
    );
    expect(await lab.project.up()).toContain("decrypt, unwrapKey and verify go on working");
    expect(await keyOf("signing")).toMatchObject({ keyState: "Disabled", expiresOn: "2031-12-31" });
    await lab.project.program(program({ rotation: 'rotationTrigger: "2027",', signing: 'expiresOn: "2031-12-31",' }));
    await lab.project.up();
    expect(await keyOf("signing")).toMatchObject({ keyState: "Enabled" });
  });

  it("are refused with the remedy where they cannot be", async () => {
    const refused = async (text: string): Promise<string> => {
      await lab.project.program(
        `${program({ rotation: 'rotationTrigger: "2027",', signing: 'expiresOn: "2031-12-31",' })}\n${text}`,
      );
      return lab.project.expectFailure("preview");
    };
    const hmac = 'new byok.SourceKey("mac", { group: hsm, spec: "HMAC_256" })';
    expect(await refused(`new byok.AzureKey("bad", { group: premium, material: { source: ${hmac} } });`)).toContain(
      "Azure has no such keys",
    );
    expect(
      await refused(`new byok.AzureKey("bad", { group: standard, material: { source: ec }, protection: "software" });`),
    ).toContain("plaintextExport: true on a new SourceKey in place of ec-source");
    expect(await refused(`new byok.AzureKey("bad", { group: premium, material: { source: aes } });`)).toContain(
      "only a Managed HSM holds",
    );
    expect(
      await refused(`new byok.AzureKey("bad", { group: premium, material: { source: ec }, expiresOn: "2040-01-01" });`),
    ).toContain("2038-01-19T03:14:07Z");
  });

  it("are made of .byok files as well: of OpenSSL under the public key that the group tells, and of byok azure export", async () => {
    const { folder } = lab.project;
    const wrappingKey = (await keyOf("premium"))["wrappingKey"] as Parameters<typeof wrapWithOpenssl>[0];
    const partner = generateKeyPairSync("rsa", { modulusLength: 2048 });
    await writeFile(
      path.join(folder, "partner.byok"),
      wrapWithOpenssl(wrappingKey, partner.privateKey.export({ format: "der", type: "pkcs8" })),
    );
    const pem = partner.publicKey.export({ format: "pem", type: "spki" }).toString();
    await writeFile(path.join(folder, "partner.pem"), pem);
    const out = path.join(folder, "ec.byok");
    const { stack } = lab.project;
    const exported = await lab.project.byok([
      "azure",
      "export",
      "--key",
      "ec-source",
      "--group",
      "premium",
      "--name",
      "by-hand",
      "--out",
      out,
      "--stack",
      stack,
    ]);
    expect(exported.code).toBe(0);
    const wanted = `${program({ rotation: 'rotationTrigger: "2027",', signing: 'expiresOn: "2031-12-31",' })}
new byok.AzureKey("partner", { group: premium, material: { byok: "partner.byok", spec: "RSA_2048", publicKey: "partner.pem" } });
new byok.AzureKey("by-hand", { group: premium, material: { byok: "ec.byok", spec: "EC_P256" } });`;
    await lab.project.program(wanted);
    await lab.azure.admin.clearLog();
    await lab.project.up();
    expect(await imports()).toBe(2);
    expect(await keyOf("partner")).toMatchObject({
      ...{ kty: "RSA-HSM", keyState: "Enabled", publicKey: pem, pending: [] },
      proof: { method: "public-key" },
      wrapping: { wrappedElsewhere: true, attestation: "not verified", wrappingKey: { id: wrappingKey.id } },
      versions: [{ origin: "EXTERNAL", source: "partner.byok" }],
    });
    const { publicKey, proof } = await keyOf("by-hand");
    expect(proof).toMatchObject({ method: "not compared" });
    expect(publicKey).toBe((await keyOf("signing"))["publicKey"]);
    // The files may go.
    await Promise.all(["partner.byok", "ec.byok", "partner.pem"].map((name) => rm(path.join(folder, name))));
    expect(await lab.project.preview("--expect-no-changes")).toContain("unchanged");
  });

  it("are found again after a kill -9 in an import, before and after it took effect", async () => {
    for (const when of ["before", "after"] as const) {
      await lab.project.program(
        `${program({ rotation: 'rotationTrigger: "2027",', signing: 'expiresOn: "2031-12-31",' })}
new byok.AzureKey("cut-${when}", { group: premium, material: { source: ec } });`,
      );
      await lab.azure.admin.clearLog();
      await lab.azure.admin.injectFault({ operation: "ImportKey", effect: { kind: "hang", when } });
      const running = lab.project.start(["up", "--yes", "--skip-preview"]);
      await until("the import was reached", async () => (await imports()) > 0);
      await lab.project.killAll(/./);
      await running.ended;
      await lab.azure.admin.clearFaults();
      await lab.project.unlock();
      await lab.project.up();
      expect(await keyOf(`cut-${when}`)).toMatchObject({ pending: [], proof: { method: "public-key" } });
      expect((await keyOf(`cut-${when}`))["versions"]).toHaveLength(1);
    }
  });

  it("are named in the plan of a destroy, soft-deleted by it, and recovered by the next up", async () => {
    await lab.project.program(program({ rotation: 'rotationTrigger: "2027",', signing: 'expiresOn: "2031-12-31",' }));
    await lab.project.up();
    const plan = await lab.project.byok(["plan", "--destroy", "--stack", lab.project.stack]);
    expect(plan.output).toContain("is soft-deleted with 2 versions");
    await lab.azure.admin.clearLog();
    const destroyed = await lab.project.expectSuccess("destroy", "--yes");
    expect(destroyed).toContain("Azure purges it on");
    expect(await lab.project.state()).toEqual([]);
    await lab.azure.admin.clearLog();
    const again = await lab.project.up();
    expect(again).toContain("it is recovered");
    // The sources stayed in the token, so that nothing had to be imported again.
    expect(await imports()).toBe(0);
    expect(await keyOf("letters")).toMatchObject({ version: 2, keyState: "Enabled" });
    await lab.project.expectSuccess("destroy", "--yes");
  });
});
