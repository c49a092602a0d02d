import { createHash, generateKeyPairSync } from "node:crypto";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { composeByokFile } from "../../provider/model/byok-file";
import type { PinnedWrappingKey } from "../../provider/model/ports/azure-import";
import { keyClient, vaultOf } from "../local/azure/azure-fixture";
import { createAzureLab, type AzureLab } from "./azure-lab";
import { diagnostics } from "./diagnostics";

let lab: AzureLab;
beforeAll(async () => {
  lab = await createAzureLab();
  await writeFile(path.join(lab.project.folder, "wrong-secret"), "not-the-secret-4711", { mode: 0o600 });
});
afterAll(() => lab.dispose());

const group = (more = ""): string => lab.vault("premium", "premium", `kek: { size: 2048 }, ${more}`);
const keys = (names: readonly string[]): string =>
  names.map((name) => `new byok.AzureKey("${name}", { group: premium, material: { source: ec } });`).join("\n");
const program = (names: readonly string[] = ["signing"]): string => `${lab.hsm()}
${group()}
const ec = new byok.SourceKey("ec-source", { group: hsm, spec: "EC_P256" });
${keys(names)}`;

interface Refusal {
  readonly row: string;
  /** Property first where there is one, remedy last. */
  readonly says: RegExp;
  readonly at?: "preview" | "update";
  /** The vault is closed to the test as well. */
  readonly blind?: boolean;
}

/** A run that was refused may write the same resources in another order. */
const stateByUrn = async (): Promise<unknown> =>
  [...(await lab.project.state())].sort((one, other) => (one.urn < other.urn ? -1 : 1));

/** Runs a program that has to be refused: in one sentence, on its own row, without noise, and no key is made, changed or deleted. */
async function expectRefusal(text: string, { row, says, at = "preview", blind = false }: Refusal): Promise<void> {
  const vaults = async (): Promise<unknown> =>
    blind ? [] : [await lab.living("standard"), await lab.living("premium")];
  const before = { state: await stateByUrn(), vaults: await vaults() };
  await lab.project.program(text);
  const ran = await lab.project.run(["up", "--yes"]);
  expect(ran.code).not.toBe(0);
  expect(ran.text).not.toMatch(
    /^ +at |Error: |node:internal|UNKNOWN:|unhandled|\[object|undefined|not-the-secret|eyJ/m,
  );
  const { [row]: own = [], [`pay-${lab.project.stack}`]: stack = [], ...others } = diagnostics(ran.text);
  expect(own.filter((line) => line.startsWith("error: "))).toHaveLength(1);
  const [error = ""] = own.filter((line) => line.startsWith("error: "));
  expect(error.replace(/^error: (.*has a problem: )?| \[BYOK_[A-Z_]+\]/g, "")).toMatch(says);
  expect(others).toEqual({});
  expect(stack).toEqual(at === "preview" ? [] : ["error: update failed"]);
  expect(ran.text.includes("Updating (")).toBe(at === "update");
  expect({ state: await stateByUrn(), vaults: await vaults() }).toEqual(before);
}

describe("a group is refused before anything is made", () => {
  const with_ = (from: string, to: string): string => {
    const text = group();
    if (!text.includes(from)) throw new Error(`the group does not say ${from}`);
    return text.replace(from, to);
  };
  it("where its vault is of another tier", async () => {
    const says = /^tier: is premium, and lab-standard is standard\. Write "standard"\.$/;
    await expectRefusal(with_("lab-premium", "lab-standard"), { row: "premium", says });
  });

  it("where its vault cannot be reached", async () => {
    const says =
      /^vault: .* failed at 127\.0\.0\.1:1: it cannot be reached\. Check the vault's name and the network.*\.$/;
    await expectRefusal(with_('vault: "lab-premium"', 'vault: "https://127.0.0.1:1"'), { row: "premium", says });
  });

  it("where Entra ID cannot be reached", async () => {
    const says =
      /^credentials: Signing in failed at 127\.0\.0\.1:1: Microsoft Entra ID cannot be reached there.* endpoint\.authority where it is set\.$/;
    await expectRefusal(with_(lab.azure.authority, "https://127.0.0.1:1"), { row: "premium", says });
  });

  it("where the vault's firewall lets nobody in from here, and not for a missing permission", async () => {
    await lab.azure.admin.injectFault({
      vault: "lab-premium",
      effect: { kind: "error", code: "ForbiddenByFirewall", status: 403 },
      times: "always",
    });
    const says =
      /^vault: .*the vault's firewall refuses this machine\. Add its address to the vault's network rules.*\.$/;
    await expectRefusal(group(), { row: "premium", says, blind: true });
    await lab.azure.admin.clearFaults();
  });

  it("where its secret is wrong, and tells nothing of it", async () => {
    const says =
      /^credentials: Signing in failed at 127\.0\.0\.1:\d+: Microsoft Entra ID gave no token \(AADSTS7000215\)\. Check the credentials of the group.*\.$/;
    await expectRefusal(with_("azure-secret", "wrong-secret"), { row: "premium", says });
  });

  it("where its vault has no purge protection, unless it says so", async () => {
    const says =
      /^requirePurgeProtection: the vault has no purge protection: .*or write requirePurgeProtection: false\.$/;
    await expectRefusal(with_("requirePurgeProtection: false,", ""), { row: "premium", says });
  });
});

/** A wrapping key as a group's outputs tell it. */
interface ToldWrappingKey extends PinnedWrappingKey {
  readonly publicKeyPem: string;
}

/** As an administrator of the vault imports a key whose private half is known outside, with all that a wrapping key has. */
async function placeAttackersKey(): Promise<ToldWrappingKey> {
  const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const parts = Object.entries(pair.privateKey.export({ format: "jwk" })).flatMap(([part, text]) =>
    part !== "kty" && typeof text === "string" ? [[part, Buffer.from(text, "base64url")] as const] : [],
  );
  const { azure } = lab;
  const made = await keyClient(azure, vaultOf(azure, "premium")).importKey(
    "byok-kek-mallory",
    { kty: "RSA", keyOps: ["import"], ...Object.fromEntries(parts) },
    { hardwareProtected: true },
  );
  const spki = pair.publicKey.export({ format: "der", type: "spki" });
  return {
    id: made.id ?? "",
    publicKeySha256: createHash("sha256").update(spki).digest("hex"),
    publicKeyPem: pair.publicKey.export({ format: "pem", type: "spki" }).toString(),
  };
}

/** As somebody does who may write to the backend. */
async function putState(text: string): Promise<void> {
  const file = path.join(lab.project.folder, "state.json");
  await writeFile(file, text);
  await lab.project.expectSuccess("stack", "import", "--file", file);
}

/** A text as it stands within a JSON text. */
const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);

const wrappingKeysThere = async (): Promise<readonly string[]> =>
  Object.keys(await lab.living("premium")).filter((each) => each.startsWith("byok-kek-"));

describe("a wrapping key", () => {
  const wrappingKey = async (): Promise<[name: string, version: string]> => {
    const { id } = (await lab.project.outputs("premium"))["wrappingKey"] as { readonly id: string };
    const [, , name = "", version = ""] = new URL(id).pathname.split("/");
    return [name, version];
  };

  it("that expired behind our back wraps nothing; a refresh tells, and the next run makes another", async () => {
    await lab.project.program(program());
    await lab.project.up();
    const [name, version] = await wrappingKey();
    await lab.port("premium").updateVersion(name, version, { expiresOn: new Date(Date.now() - 60_000) });
    const says = /it expired at \S+\. Run pulumi refresh: .*changed it\.$/;
    await expectRefusal(program(["signing", "second"]), { row: "second", says, at: "update" });
    expect(await lab.project.expectSuccess("refresh", "--yes", "--skip-preview")).toContain("is not used any more");
    await lab.project.up();
    expect((await wrappingKey())[0]).not.toBe(name);
    expect((await lab.project.outputs("second"))["versions"]).toHaveLength(1);
    expect(await wrappingKeysThere()).toHaveLength(1);
  });

  it("that somebody put into the state and the vault wraps nothing, also not for a file", async () => {
    const honest = await lab.project.expectSuccess("stack", "export");
    const { wrappingKey: pin } = (await lab.project.outputs("premium")) as { readonly wrappingKey: ToldWrappingKey };
    const attackers = await placeAttackersKey();
    const pem = pin.publicKeyPem;
    const altered = honest
      .replaceAll(pin.id, attackers.id)
      .replaceAll(pin.publicKeySha256, attackers.publicKeySha256)
      .replaceAll(escaped(pem), escaped(attackers.publicKeyPem))
      .replaceAll(escaped(escaped(pem)), escaped(escaped(attackers.publicKeyPem)));
    await putState(altered);
    const says =
      /: the state names \S+byok-kek-mallory\S+ .*, and the token remembers \S+, which is still there\. .*--replace.*\.$/;
    await expectRefusal(program(["signing", "second", "third"]), { row: "third", says, at: "update" });
    const exported = await lab.project.byok([
      "azure",
      "export",
      "--key",
      "ec-source",
      "--group",
      "premium",
      "--out",
      "ec.byok",
    ]);
    expect(exported.text).toContain("BYOK_WRAPPING_KEY_UNKNOWN");
    expect(existsSync(path.join(lab.project.folder, "ec.byok"))).toBe(false);
    await lab.project.up("--replace", (await lab.project.resource("premium")).urn);
    expect(await lab.project.outputs("third")).toMatchObject({ wrapping: { wrappingKey: { rememberedBy: "token" } } });
    const [name] = await wrappingKey();
    expect([...(await wrappingKeysThere())].sort()).toEqual([name, "byok-kek-mallory"].sort());
    await lab.port("premium").deleteKey("byok-kek-mallory");
    await lab.project.program(program(["signing", "second"]));
    await lab.project.up();
  });

  it("of the group is made up for a token that does not know it, with one that goes with the group", async () => {
    const other = await lab.token.addToken("others");
    const text = `${program(["signing", "second"])}
const others = new byok.SourceGroup("others", { token: ${JSON.stringify(other.connection)}, minOaepHash: "sha1", lab: true });
const theirs = new byok.SourceKey("theirs", { group: others, spec: "EC_P384" });
new byok.AzureKey("fourth", { group: premium, material: { source: theirs } });`;
    await lab.project.program(text);
    expect(await lab.project.up()).toContain("so the token has one of its own in this vault");
    const { wrapping } = await lab.project.outputs("fourth");
    const [name] = await wrappingKey();
    expect(wrapping).toMatchObject({ wrappingKey: { rememberedBy: "token" } });
    expect(JSON.stringify(wrapping)).not.toContain(name);
    const exported = await lab.project.byok([
      "azure",
      "export",
      "--key",
      "theirs",
      "--group",
      "premium",
      "--out",
      "their.byok",
    ]);
    expect(exported.text).toContain("so the token has one of its own in this vault");
    expect(await wrappingKeysThere()).toHaveLength(2);
    await lab.project.program(program(["signing", "second"]));
    await lab.project.up();
  });
});

it("a .byok file for another wrapping key is refused in the preview, and neither the file nor the key is touched", async () => {
  const { id } = (await lab.project.outputs("premium"))["wrappingKey"] as { readonly id: string };
  const kid = id.replace(/[0-9a-f]{32}$/, "a".repeat(32));
  const content = composeByokFile({ kid, ciphertext: Buffer.alloc(256 + 40, 7), generator: "another HSM" });
  await writeFile(path.join(lab.project.folder, "partner.byok"), content);
  const says =
    /^material\.byok: partner\.byok cannot be imported: it is for the wrapping key \S+a{32}, and the one of the group is \S+\. Have the key wrapped again under .*\.$/;
  const partner = `new byok.AzureKey("partner", { group: premium, material: { byok: "partner.byok", spec: "EC_P256" } });`;
  await expectRefusal(`${program(["signing", "second"])}\n${partner}`, { row: "partner", says });
});

it("another vault replaces group and keys, and the preview says why", async () => {
  const elsewhere = program(["signing", "second"]).replace(
    'vault: "lab-premium", tier: "premium"',
    'vault: "lab-hsm", tier: "managed-hsm"',
  );
  await lab.project.program(elsewhere);
  const preview = await lab.project.preview();
  expect(preview).toContain("3 to replace");
  expect(preview).toMatch(/is in another vault now, so it is replaced: no key moves from \S+ to \S+;/);
  expect(preview).toMatch(
    /is replaced: a key of Azure never moves or changes its name\. signing is made in \S+; then \S+ is soft-deleted/,
  );
  await lab.project.program(program(["signing", "second"]));
  await lab.project.expectSuccess("destroy", "--yes", "--skip-preview");
  expect(await lab.living("premium")).toEqual({});
});
