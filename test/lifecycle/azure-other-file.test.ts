import { createHash, generateKeyPairSync } from "node:crypto";
import { azureKey } from "../../provider/lifecycle/azure-key";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { composeByokFile } from "../../provider/model/byok-file";
import { ByokError } from "../../provider/model/errors";
import { azureProgram, signingSource } from "./azure-programs";
import { vaultUrl } from "./fake-key-vault";
import { World, type EngineResource } from "./lifecycle-world";

const wrappingText = "the wrapping key of the group";
const pin = {
  id: `${vaultUrl}/keys/byok-kek-1/${"b".repeat(32)}`,
  publicKeySha256: createHash("sha256").update(wrappingText).digest("hex"),
};
const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const right = publicKey.export({ format: "der", type: "spki" });
const wrong = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "der", type: "spki" });

let world: World;
let key: EngineResource;
beforeEach(() => {
  world = new World();
  key = world.resource(azureKey, "payments");
  const stored = world.vault.store({
    ...{ name: "byok-kek-1", kty: "RSA-HSM", bits: 4096, operations: [], enabled: true, tags: {} },
    material: wrappingText,
  });
  world.vault.change(stored, { operations: ["import"], id: pin.id, version: "b".repeat(32) });
  world.files.content.set("payments.pem", Buffer.from(publicKey.export({ format: "pem", type: "spki" })));
  put("first");
});

function put(material: string, inside: Buffer = right): void {
  const body = createHash("sha512").update(material).digest();
  const ciphertext = Buffer.concat([Buffer.alloc(512, 1), body]);
  const content = composeByokFile({ kid: pin.id, ciphertext, generator: "another HSM" });
  world.vault.sealed.set(content.toString(), { material, publicKey: inside });
  world.files.content.set("payments.byok", content);
}

const program = (more: PlainRecord = {}): PlainRecord =>
  azureProgram({ wrappingKey: pin, material: { byok: "payments.byok", spec: "RSA_2048" }, tags: {}, ...more });
const named = (): PlainRecord =>
  program({ material: { byok: "payments.byok", spec: "RSA_2048", publicKey: "payments.pem" } });
const versions = (): readonly (readonly [string, boolean])[] =>
  (world.vault.keys.get("payments") ?? world.vault.keys.get("signing") ?? []).map(({ material, enabled }) => [
    material,
    enabled,
  ]);
/** A run whose process dies right behind the import. */
async function killed(wanted: PlainRecord): Promise<void> {
  const { id, inputs, outputs } = key;
  const act = world.vault.importByok.bind(world.vault);
  world.vault.importByok = async (request) => {
    await act(request);
    world.vault.dead = true;
    throw new Error("killed");
  };
  await key.up(wanted).catch(() => undefined);
  world.vault.importByok = act;
  world.vault.dead = false;
  Object.assign(key, { id, inputs, outputs });
}

describe("a file that follows a wrong one", () => {
  it("becomes the next version with the next pulumi up, without a refresh, and nothing is left to do", async () => {
    await key.up(named());
    put("planted", wrong);
    await expect(key.up(named())).rejects.toThrow("it stays disabled");
    put("second");
    expect(await key.up(named())).toBe("updated");
    expect(versions()).toEqual([
      ["first", true],
      ["planted", false],
      ["second", true],
    ]);
    expect(key.outputs).toMatchObject({ version: 3, keyState: "Enabled", pending: [] });
    expect(world.warnings.at(-1)).toContain("is rotated to version 3");
    expect(await key.up(named())).toBe("same");
    await key.refresh();
    expect(await key.up(named())).toBe("same");
  });

  it("may be the original one again", async () => {
    await key.up(named());
    put("planted", wrong);
    await expect(key.up(named())).rejects.toThrow("it stays disabled");
    put("first");
    await key.up(named());
    expect(versions()).toEqual([
      ["first", true],
      ["planted", false],
      ["first", true],
    ]);
    expect(await key.up(named())).toBe("same");
  });

  it("is followed by others and by the trigger as ever", async () => {
    await key.up(named());
    put("planted", wrong);
    await expect(key.up(named())).rejects.toThrow("it stays disabled");
    put("second");
    await key.up(named());
    put("third");
    expect(await key.up(named())).toBe("updated");
    expect(key.outputs).toMatchObject({ version: 4, pending: [] });
    const again = { ...named(), rotationTrigger: "2027" };
    expect(await key.up(again)).toBe("updated");
    expect(await key.up(again)).toBe("same");
    expect(versions().map(([text]) => text)).toEqual(["first", "planted", "second", "third", "third"]);
  });

  it("and that follows a run which failed behind its import, is none of what that imported", async () => {
    await key.up(program());
    put("second");
    const update = world.vault.updateVersion.bind(world.vault);
    world.vault.updateVersion = () => Promise.reject(new Error("no"));
    await expect(key.up(program({ afterRotation: "disable" }))).rejects.toThrow();
    world.vault.updateVersion = update;
    put("third");
    await key.up(program({ afterRotation: "disable" }));
    expect(versions()).toEqual([
      ["first", false],
      ["second", false],
      ["third", true],
    ]);
    expect(key.outputs).toMatchObject({ version: 3, pending: [] });
  });
});

describe("a file that follows a run which was killed behind its import", () => {
  it("makes the next version on create, and a third run goes on from there", async () => {
    await killed(program());
    put("second");
    await killed(program());
    expect(await key.up(program())).toBe("created");
    expect(versions()).toEqual([
      ["first", true],
      ["second", true],
    ]);
    expect(world.warnings.join("\n")).toContain("which an earlier run imported; it stays as it is");
    expect(key.outputs).toMatchObject({ version: 2, pending: [] });
    expect(await key.up(program())).toBe("same");
  });

  it("makes the next version in an update", async () => {
    await key.up(named());
    put("planted", wrong);
    await killed(named());
    put("second");
    await key.up(named());
    expect(versions()).toEqual([
      ["first", true],
      ["planted", false],
      ["second", true],
    ]);
    expect(key.outputs).toMatchObject({ version: 3, pending: [] });
    expect(key.outputs["versions"]).toMatchObject([{ version: 1 }, { version: 2, origin: "EXTERNAL" }, { version: 3 }]);
    expect(await key.up(named())).toBe("same");
  });

  it("makes the next version also where a refresh saw what the killed run left", async () => {
    await key.up(named());
    put("planted", wrong);
    await killed(named());
    await key.refresh();
    put("first");
    await key.up(named());
    expect(versions().at(-1)).toEqual(["first", true]);
    expect(key.outputs).toMatchObject({ version: 3, pending: [] });
    expect(await key.up(named())).toBe("same");
  });

  it("is not taken for a copy of a source key that a killed run left", async () => {
    const importIntoAzure = world.custodian.importIntoAzure.bind(world.custodian);
    world.custodian.importIntoAzure = async (request) => {
      await importIntoAzure(request);
      throw new Error("killed");
    };
    const lost = world.resource(azureKey, "payments");
    await lost.up(azureProgram({ tags: {}, name: "payments" })).catch(() => undefined);
    await key.up(program());
    expect(versions().at(-1)).toEqual(["first", true]);
    expect(key.outputs).toMatchObject({ version: 2 });
  });
});

describe("a version that was not found to have its public key", () => {
  it("is not enabled by taking the public key away, neither after a failed run nor after a refresh", async () => {
    put("planted", wrong);
    await expect(key.up(named())).rejects.toThrow("it stays disabled");
    const { outputs } = key;
    await expect(key.up(program())).rejects.toThrow("material.publicKey cannot be removed");
    expect(world.warnings.join("\n")).toContain("pulumi up is going to be refused: material.publicKey");
    expect(key.outputs).toEqual(outputs);
    await key.refresh();
    await expect(key.up(program())).rejects.toMatchObject({ code: "BYOK_COPY_DIFFERS" });
    expect(versions()).toEqual([["planted", false]]);
    put("second");
    await key.up(program());
    expect(versions()).toEqual([
      ["planted", false],
      ["second", true],
    ]);
  });

  it("is left as it is also after a killed run, and the file makes another version", async () => {
    put("planted", wrong);
    await killed(named());
    await key.up(program());
    expect(versions()).toEqual([
      ["planted", false],
      ["planted", true],
    ]);
  });

  it("may lose it once it was compared", async () => {
    await key.up(named());
    expect(await key.up(program())).toBe("updated");
    expect(versions()).toEqual([["first", true]]);
  });
});

describe("an import that Azure finds wrong", () => {
  it("may be so for another setting than the file, and tells what Azure calls it", async () => {
    world.vault.importByok = () =>
      Promise.reject(new ByokError("BYOK_AZURE_REQUEST_INVALID", "Azure finds the request wrong (BadParameter)."));
    await expect(key.up(program())).rejects.toThrow(
      /or Azure refuses another setting \(operations, tags, notBefore, expiresOn\)\. .*\(BadParameter\)/,
    );
  });
});

describe("a file for the token", () => {
  const inFile = azureProgram({
    material: {
      file: "payments.der",
      spec: "RSA_3072",
      encoding: "raw",
      group: signingSource["group"],
      allowPlaintext: true,
    },
    name: "payments",
    tags: {},
  });

  it("becomes the next version after a killed run with another one", async () => {
    world.custodian.files.set("payments.der", "first");
    await key.up(inFile);
    const { id, inputs, outputs } = key;
    world.custodian.files.set("payments.der", "planted");
    await key.up(inFile);
    Object.assign(key, { id, inputs, outputs });
    world.custodian.files.set("payments.der", "second");
    expect(await key.up(inFile)).toBe("updated");
    expect(versions()).toHaveLength(3);
    expect(key.outputs).toMatchObject({ version: 3, pending: [] });
    expect(await key.up(inFile)).toBe("same");
  });
});

describe("a run that is refused before it did anything", () => {
  it("leaves the state as it was", async () => {
    await key.up(program());
    const [stored] = world.vault.keys.get("payments") ?? [];
    if (stored === undefined) throw new Error("nothing was imported");
    world.vault.store({ ...stored, operations: ["sign"], tags: { ...stored.tags, "byok:version": "7" } });
    const { outputs } = key;
    await expect(key.up(program({ tags: { team: "risk" } }))).rejects.toMatchObject({ code: "BYOK_KEY_DRIFTED" });
    expect(key.outputs).toEqual(outputs);
  });
});
