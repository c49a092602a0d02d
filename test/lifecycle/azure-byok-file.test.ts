import { createHash, generateKeyPairSync } from "node:crypto";
import { awsKmsKey } from "../../provider/lifecycle/aws-kms-key";
import { azureKey } from "../../provider/lifecycle/azure-key";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { composeByokFile } from "../../provider/model/byok-file";
import { azureProgram, vaultGroup } from "./azure-programs";
import { vaultUrl } from "./fake-key-vault";
import { keyProgram, World, type EngineResource } from "./lifecycle-world";

const wrappingText = "the wrapping key of the group";
const pin = {
  id: `${vaultUrl}/keys/byok-kek-1/${"b".repeat(32)}`,
  publicKeySha256: createHash("sha256").update(wrappingText).digest("hex"),
};
const publicKeyOf = (bits: number): { readonly pem: string; readonly der: Buffer } => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: bits });
  return {
    pem: publicKey.export({ format: "pem", type: "spki" }).toString(),
    der: publicKey.export({ format: "der", type: "spki" }),
  };
};
const [payments, other] = [publicKeyOf(2048), publicKeyOf(2048)];

let world: World;
let key: EngineResource;
beforeEach(() => {
  start();
});
function start(): void {
  world = new World();
  key = world.resource(azureKey, "payments");
  const stored = world.vault.store({
    ...{
      name: "byok-kek-1",
      kty: "RSA-HSM",
      bits: 4096,
      operations: [],
      enabled: true,
      tags: {},
      material: wrappingText,
    },
  });
  world.vault.change(stored, { operations: ["import"], id: pin.id, version: "b".repeat(32) });
  put("first");
}

/** A file as another HSM's tools write it, and what the vault's hardware finds in it. */
function put(
  material: string,
  more: { readonly kid?: string; readonly publicKey?: Buffer; readonly path?: string } = {},
): Buffer {
  const ciphertext = createHash("sha512").update(material).digest();
  const content = composeByokFile({
    kid: more.kid ?? pin.id,
    ciphertext: Buffer.concat([Buffer.alloc(512, 1), ciphertext]),
    generator: "another HSM",
  });
  world.vault.sealed.set(content.toString(), { material, publicKey: more.publicKey ?? payments.der });
  world.files.content.set(more.path ?? "payments.byok", content);
  return content;
}
const replace = (text: (file: Record<string, unknown>) => unknown): void => {
  const file = JSON.parse(put("first").toString()) as Record<string, unknown>;
  world.files.content.set("payments.byok", Buffer.from(JSON.stringify(text(file))));
};

const material = (more: PlainRecord = {}): PlainRecord => ({ byok: "payments.byok", spec: "RSA_2048", ...more });
const program = (more: PlainRecord = {}): PlainRecord =>
  azureProgram({ wrappingKey: pin, material: material(), tags: {}, ...more });
const named = (more: PlainRecord = {}): PlainRecord =>
  program({ material: material({ publicKey: "payments.pem" }), ...more });
const versions = (): readonly (readonly [string, boolean])[] =>
  (world.vault.keys.get("signing") ?? world.vault.keys.get("payments") ?? []).map((each) => [
    each.material,
    each.enabled,
  ]);
/** The n-th call from now on. */
const call = (name: string): number => world.vault.calls.lastIndexOf(name) + 1;

describe("a key from a .byok file", () => {
  it("is imported as it stands, once, without any token, and says that nothing was compared", async () => {
    expect(await key.up(program())).toBe("created");
    expect(await key.up(program())).toBe("same");
    expect(versions()).toEqual([["first", true]]);
    expect(world.custodian.calls).toEqual([]);
    const [{ id } = { id: "" }] = world.vault.keys.get("payments") ?? [];
    expect(key.outputs).toMatchObject({
      kty: "RSA-HSM",
      keyState: "Enabled",
      pending: [],
      proof: { method: "not compared", versionId: id },
      wrapping: {
        algorithm: "CKM_RSA_AES_KEY_WRAP",
        wrappingKey: pin,
        attestation: "not verified",
        wrappedElsewhere: true,
      },
      versions: [{ version: 1, origin: "EXTERNAL", source: "payments.byok" }],
    });
    expect(key.outputs).not.toHaveProperty("link");
    expect(JSON.stringify(key.outputs["versions"])).not.toContain("fingerprint");
  });

  it("leaves nothing of the file in the state but its digest", async () => {
    const content = put("first");
    await key.up(program());
    const state = JSON.stringify([key.inputs, key.outputs]);
    const { ciphertext } = JSON.parse(content.toString()) as { readonly ciphertext: string };
    expect(state).not.toContain(ciphertext.slice(-60));
    expect(key.inputs["materialDigest"]).toBe(createHash("sha256").update(content).digest("hex"));
  });

  it("gets a new version by another content of the file, which the preview tells, and by its trigger", async () => {
    await key.up(program());
    put("second");
    expect(await key.up(program({ afterRotation: "disable" }))).toBe("updated");
    expect(world.warnings.join("\n")).toContain("is rotated to version 2 (material: the file payments.byok)");
    expect(versions()).toEqual([
      ["first", false],
      ["second", true],
    ]);
    expect(await key.up(program({ rotationTrigger: "2027" }))).toBe("updated");
    expect(versions()).toHaveLength(3);
  });

  it("needs its file no more once it is imported, until an import is due", async () => {
    await key.up(program());
    world.files.content.clear();
    expect(await key.up(program())).toBe("same");
    expect(await key.up(program({ tags: { team: "risk" } }))).toBe("updated");
    expect(await key.complaints(program({ rotationTrigger: "2027" }))).toEqual([
      expect.stringMatching(/^material.byok: there is no such file/),
    ]);
    expect(await key.complaints(program({ material: material({ byok: "other.byok" }) }))).toEqual([
      expect.stringMatching(/^material.byok: there is no file other.byok/),
    ]);
  });

  it("takes over from a source key, and gives way to one, as a rotation", async () => {
    await key.up(azureProgram({ tags: {} }));
    await key.up(program({ material: material({ spec: "RSA_3072" }) }));
    expect(key.outputs).toMatchObject({ version: 2, proof: { method: "not compared" } });
    expect(key.outputs).not.toHaveProperty("link");
    expect(key.outputs).toMatchObject({ wrapping: { wrappedElsewhere: true } });
    await key.up(azureProgram({ tags: {} }));
    expect(key.outputs).toMatchObject({ version: 3, proof: { method: "public-key" }, link: { source: "signing" } });
  });

  it("that Azure's own material follows leaves no receipts behind", async () => {
    await key.up(program());
    await key.up(program({ material: { native: true, spec: "RSA_2048" } }));
    expect(key.outputs).toMatchObject({ version: 2, pending: [] });
    for (const receipt of ["proof", "link", "wrapping"]) expect(key.outputs).not.toHaveProperty(receipt);
  });

  it("tells nothing of its former source after a run that died right behind the import", async () => {
    const wanted = program({ material: material({ spec: "RSA_3072" }) });
    await key.up(azureProgram({ tags: {} }));
    const saved = { id: key.id, inputs: key.inputs, outputs: key.outputs };
    world.vault.calls.length = 0;
    await key.up(wanted);
    const at = call("importByok payments") + call("importByok signing");
    start();
    key = world.resource(azureKey, "payments");
    await key.up(azureProgram({ tags: {} }));
    Object.assign(saved, { id: key.id, inputs: key.inputs, outputs: key.outputs });
    world.vault.calls.length = 0;
    world.vault.failAt = { call: at, after: true, dies: true };
    await key.up(wanted).catch(() => undefined);
    Object.assign(key, saved);
    world.vault.failAt = undefined;
    world.vault.dead = false;
    await key.up(wanted);
    expect(versions()).toHaveLength(2);
    expect(key.outputs).toMatchObject({ version: 2, pending: [], proof: { method: "not compared" } });
    for (const receipt of ["link", "wrapping"]) expect(key.outputs).not.toHaveProperty(receipt);
  });

  it("is imported again where its version is gone, as long as the file is there and fits", async () => {
    await key.up(program());
    world.vault.keys.delete("payments");
    await key.refresh();
    expect(key.id).toBeUndefined();
    expect(world.warnings.join("\n")).toContain("The next pulumi up imports payments.byok again, if it is still there");
    await key.up(program());
    expect(versions()).toEqual([["first", true]]);
    world.vault.keys.delete("payments");
    world.files.content.clear();
    await expect(key.up(program({ tags: { team: "risk" } }))).rejects.toThrow("and an import of it is due");
  });

  it("says in the refusal of a purge what brings back what it encrypted", async () => {
    world.vault.purgeProtection = false;
    await key.up(program({ deletion: { purge: true } }));
    await expect(key.destroy()).rejects.toThrow(
      /would be purged: an import of payments\.byok opens again .*, while the file and the group's wrapping key are there\./,
    );
  });

  it("takes over what somebody imported by hand, without an import", async () => {
    const { id } = world.vault.store({
      ...{ name: "payments", kty: "RSA-HSM", bits: 2048, operations: ["sign", "verify"], enabled: true, tags: {} },
      ...{ material: "first", publicKey: payments.der },
    });
    world.files.content.set("payments.pem", Buffer.from(payments.pem));
    await key.up(named({ adopt: { id }, tags: undefined }));
    expect(versions()).toEqual([["first", true]]);
    expect(key.outputs).toMatchObject({ proof: { method: "public-key" }, pending: [] });
  });
});

describe("a .byok file with the public key that it has to have", () => {
  beforeEach(() => void world.files.content.set("payments.pem", Buffer.from(payments.pem)));

  it("is disabled until its public key was compared", async () => {
    await key.up(named());
    expect(versions()).toEqual([["first", true]]);
    const calls = world.vault.calls.filter((name) => /^(importByok|updateVersion)/.test(name));
    expect(calls).toEqual(["importByok payments", "updateVersion payments"]);
    expect(key.outputs).toMatchObject({
      pending: [],
      proof: { method: "public-key", publicKeySha256: createHash("sha256").update(payments.der).digest("hex") },
    });
    expect(await key.up(named())).toBe("same");
  });

  it("stays disabled where it has another one, until the right file makes another version", async () => {
    put("planted", { publicKey: other.der });
    await expect(key.up(named())).rejects.toThrow("it stays disabled");
    expect(versions()).toEqual([["planted", false]]);
    await expect(key.up(named())).rejects.toThrow("it stays disabled");
    await key.refresh();
    await expect(key.up(named())).rejects.toThrow("it stays disabled");
    expect(versions()).toEqual([["planted", false]]);
    put("first");
    await key.up(named());
    expect(versions()).toEqual([
      ["planted", false],
      ["first", true],
    ]);
  });

  it("is taken once the program names the right public key", async () => {
    world.files.content.set("payments.pem", Buffer.from(other.pem));
    await expect(key.up(named())).rejects.toThrow("another public key");
    world.files.content.set("payments.pem", Buffer.from(payments.pem));
    await key.up(named());
    expect(versions()).toEqual([["first", true]]);
    expect(key.outputs).toMatchObject({ pending: [], proof: { method: "public-key" } });
  });

  it("is compared also where the public key is named later, and then left as it is", async () => {
    await key.up(program());
    expect(await key.up(named())).toBe("updated");
    expect(key.outputs).toMatchObject({ proof: { method: "public-key" } });
    world.files.content.set("payments.pem", Buffer.from(other.pem));
    await expect(key.up(named())).rejects.toThrow("and is enabled");
    expect(versions()).toEqual([["first", true]]);
  });

  it("needs neither file any more once it was compared", async () => {
    await key.up(named());
    world.files.content.clear();
    expect(await key.up(named())).toBe("same");
  });

  it.each([
    [
      "a private key",
      () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "pem", type: "pkcs8" }),
      "it holds a private key",
    ],
    ["a key of another type", () => publicKeyOf(3072).pem, "RSA of 3072 bits, and RSA_2048 is RSA of 2048 bits"],
    ["something else", () => "hello", "no public key in PEM"],
    ["too much", () => "x".repeat(70_000), "larger than 64 KiB"],
  ])("is refused where the public key's file holds %s", async (_what, text, reason) => {
    world.files.content.set("payments.pem", Buffer.from(text()));
    const [complaint = ""] = await key.complaints(named());
    expect(complaint).toMatch(/^material.publicKey: /);
    expect(complaint).toContain(reason);
  });
});

describe("a .byok file is refused in the preview", () => {
  const header = (more: PlainRecord) => (file: Record<string, unknown>) => ({
    ...file,
    header: { ...(file["header"] as object), ...more },
  });
  it.each([
    [
      "of another schema",
      (file: Record<string, unknown>) => ({ ...file, schema_version: "2.0" }),
      'its schema_version is "2.0", and Azure takes "1.0.0" only',
    ],
    ["under another alg", header({ alg: "RSA-OAEP" }), 'its header.alg is "RSA-OAEP", and Azure takes "dir" only'],
    [
      "under another enc",
      header({ enc: "A256GCM" }),
      'its header.enc is "A256GCM", and Azure takes "CKM_RSA_AES_KEY_WRAP" only',
    ],
    ["without an alg", header({ alg: undefined }), "its header.alg is missing"],
    [
      "without a header",
      ({ ciphertext }: Record<string, unknown>) => ({ ciphertext }),
      "no JSON object with schema_version, header and ciphertext",
    ],
    [
      "for another wrapping key",
      header({ kid: `${vaultUrl}/keys/byok-kek-2/${"c".repeat(32)}` }),
      `it is for the wrapping key ${vaultUrl}/keys/byok-kek-2/${"c".repeat(32)}, and the one of the group is ${pin.id}`,
    ],
    ["for something that is no key", header({ kid: "secret words" }), "of another kind of id"],
    [
      "with a ciphertext in another alphabet",
      (file: Record<string, unknown>) => ({ ...file, ciphertext: "a+b/c" }),
      "its ciphertext is no base64url",
    ],
    [
      "that was cut",
      (file: Record<string, unknown>) => ({ ...file, ciphertext: "AAAA".repeat(150) }),
      "its ciphertext has 450 bytes",
    ],
    ["that is a key in clear", () => ({ kty: "RSA", d: "private-exponent" }), "no JSON object with"],
  ])("%s", async (_what, change, reason) => {
    replace(change);
    const [complaint = "", ...more] = await key.complaints(program());
    expect(more).toEqual([]);
    expect(complaint).toMatch(/^material.byok: payments.byok /);
    expect(complaint).toContain(reason);
    expect(complaint).toMatch(/Have the key wrapped again/);
    for (const blob of ["AAAA", "private-exponent", "secret words"]) expect(complaint).not.toContain(blob);
    expect(world.vault.calls).toEqual([]);
  });

  it("that is no JSON, is too large, or is not there", async () => {
    world.files.content.set("payments.byok", Buffer.from('{"ciphertext": "opened-by-nobody'));
    expect((await key.complaints(program())).join()).toMatch(/it is no JSON\./);
    expect((await key.complaints(program())).join()).not.toContain("opened-by-nobody");
    world.files.content.set("payments.byok", Buffer.alloc(100_000, " "));
    expect((await key.complaints(program())).join()).toContain("larger than 64 KiB");
    world.files.content.clear();
    expect((await key.complaints(program())).join()).toMatch(/^material.byok: there is no file payments.byok/);
  });

  it("where nothing can have been wrapped for the group, or nothing there opens it", async () => {
    const own = { ...vaultGroup, kek: { size: 4096, lifetime: "import" } };
    expect(await key.complaints(program({ group: own, wrappingKey: undefined }))).toEqual([
      expect.stringMatching(/^material.byok: .*kek.lifetime "import".*Use a group with kek.lifetime "group"/),
    ]);
    const standard = { ...vaultGroup, tier: "standard" };
    expect((await key.complaints(program({ group: standard }))).join()).toMatch(/^protection: .*no HSM-protected keys/);
    expect((await key.complaints(program({ protection: "software" }))).join()).toMatch(
      /^protection: is "software", and a .byok file is opened by hardware alone/,
    );
  });

  it("beside settings that are for other material", async () => {
    const complaints = async (more: PlainRecord): Promise<string> => (await key.complaints(program(more))).join();
    expect(await complaints({ follow: true })).toMatch(/^follow: is for keys that copy a source key/);
    expect(await complaints({ rotation: { rotateAfter: "90d" } })).toMatch(
      /^rotation: .*by its rotationTrigger, or by another file/,
    );
    expect(await complaints({ allowPlaintext: true })).toMatch(/^allowPlaintext: .*it travels wrapped/);
    expect(await complaints({ material: material({ spec: "AES_256", publicKey: "payments.pem" }) })).toMatch(
      /^material.publicKey: .*a key of type AES_256 has none/,
    );
    expect(await complaints({ material: material({ file: "x" }) })).toMatch(/material: names file and byok/);
    expect(await complaints({ material: material({ kek: "x" }) })).toMatch(/^material.kek: there is no such property/);
    expect(await complaints({ material: { byok: "payments.byok" } })).toMatch(/^material.spec: /);
  });

  it("on AWS, with the way that there is", async () => {
    const inAws = world.resource(awsKmsKey, "payments");
    expect(await inAws.complaints(keyProgram({ material: material() }))).toEqual([
      "material.byok: is a file for one vault of Azure, which nothing but that vault opens. Have the key wrapped for your token instead (material.file with kek), or use an AzureKey.",
    ]);
  });

  it("no more once it is imported, whatever becomes of the group's wrapping key", async () => {
    await key.up(program());
    const later = { id: `${vaultUrl}/keys/byok-kek-9/${"e".repeat(32)}`, publicKeySha256: "f".repeat(64) };
    expect(await key.complaints(program({ wrappingKey: later }))).toEqual([]);
    expect(await key.complaints(program({ wrappingKey: later, rotationTrigger: "again" }))).toEqual([
      expect.stringContaining("the one of the group is"),
    ]);
  });
});

describe("an import of a .byok file", () => {
  it("does not begin where the wrapping key is another one by now", async () => {
    const [wrappingKey] = world.vault.keys.get("byok-kek-1") ?? [];
    if (wrappingKey !== undefined) world.vault.change(wrappingKey, { publicKey: Buffer.from("another") });
    await expect(key.up(program())).rejects.toThrow(/cannot be trusted: its public key is another one/);
    expect(world.vault.calls).not.toContain("importByok payments");
  });

  it("does not take a file that was exchanged after it was checked", async () => {
    const { inputs } = await key.check(program());
    put("exchanged");
    const known = JSON.parse(JSON.stringify(inputs)) as PlainRecord;
    await expect(azureKey.create(world.context("payments"), known)).rejects.toThrow("changed after it was checked");
    expect(world.vault.calls).not.toContain("importByok payments");
  });

  it.each([
    ["that nothing is compared with", program],
    ["that is compared", named],
  ])("%s ends the same wherever a call fails, or is the last that arrives", async (_what, wanted) => {
    const begin = async (): Promise<Pick<EngineResource, "id" | "inputs" | "outputs">> => {
      start();
      world.files.content.set("payments.pem", Buffer.from(payments.pem));
      await key.up(wanted());
      put("second");
      world.vault.calls.length = 0;
      return { id: key.id, inputs: key.inputs, outputs: key.outputs };
    };
    const end = (): unknown => [
      versions(),
      key.outputs["version"],
      key.outputs["pending"],
      (key.outputs["proof"] as PlainRecord)["method"],
    ];
    await begin();
    await key.up(wanted({ afterRotation: "disable" }));
    const [calls, expected] = [[...world.vault.calls], end()];
    expect(call("importByok payments")).toBeGreaterThan(0);
    for (const [index, name] of calls.entries()) {
      for (const [after, dies] of [
        [false, false],
        [true, false],
        [false, true],
        [true, true],
      ] as const) {
        const saved = await begin();
        world.vault.failAt = { call: index + 1, after, dies };
        await key.up(wanted({ afterRotation: "disable" })).catch(() => undefined);
        if (dies) Object.assign(key, saved);
        world.vault.failAt = undefined;
        world.vault.dead = false;
        await key.up(wanted({ afterRotation: "disable" }));
        expect({ name, after, dies, end: end() }).toEqual({ name, after, dies, end: expected });
      }
    }
  });
});
