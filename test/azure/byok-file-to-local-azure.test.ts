import { generateKeyPairSync, randomBytes } from "node:crypto";
import { openKeyVault } from "../../provider/azure/open-key-vault";
import { azureKey } from "../../provider/lifecycle/azure-key";
import { azureKeyVaultGroup } from "../../provider/lifecycle/azure-key-vault-group";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { World, type EngineResource } from "../lifecycle/lifecycle-world";
import { azureBench, secretOf, type AzureBench } from "./local-vault";
import { wrapWithOpenssl } from "./wrap-with-openssl";

jest.setTimeout(120_000);

let bench: AzureBench;
beforeAll(async () => {
  bench = await azureBench();
});
afterAll(() => bench.dispose());

/** Lifecycles as in a run, with files in memory and the local vaults. */
class RealWorld extends World {
  override context(name: string): ReturnType<World["context"]> {
    const deps = { configValues: {}, env: { TEST_AZURE_SECRET: secretOf(bench) } };
    return { ...super.context(name), keyVault: (connection) => openKeyVault(connection, deps) };
  }
}

interface Place {
  readonly world: RealWorld;
  readonly wrappingKey: Parameters<typeof wrapWithOpenssl>[0] & { readonly publicKeySha256: string };
  readonly key: (name: string) => EngineResource;
  readonly program: (material: PlainRecord) => PlainRecord;
}

async function placeIn(tier: "premium" | "managed-hsm"): Promise<Place> {
  const world = new RealWorld();
  const { vaultUrl, ...connection } = bench.connection(tier);
  const self = "urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:AzureKeyVaultGroup::vault";
  const group = world.resource(azureKeyVaultGroup, "vault");
  await group.up({
    ...{ ...connection, vault: vaultUrl, self, organization: "acme" },
    ...{ kek: { size: 2048 }, permissionCheck: "off", requirePurgeProtection: false },
  });
  const wrappingKey = group.outputs["wrappingKey"] as Place["wrappingKey"];
  const { id, publicKeySha256 } = wrappingKey;
  return {
    ...{ world, wrappingKey, key: (name) => world.resource(azureKey, name) },
    program: (material) => ({
      group: { name: "vault", ...connection, vaultUrl, kek: { size: 2048, lifetime: "group" } },
      ...{ wrappingKey: { id, publicKeySha256 }, material, tags: {}, organization: "acme", self },
    }),
  };
}

const pkcs8 = (pair: ReturnType<typeof generateKeyPairSync>): Buffer =>
  pair.privateKey.export({ format: "der", type: "pkcs8" });
const pemOf = (pair: ReturnType<typeof generateKeyPairSync>): Buffer =>
  Buffer.from(pair.publicKey.export({ format: "pem", type: "spki" }));

describe("a .byok file of OpenSSL", () => {
  it.each([
    ["RSA_3072", () => generateKeyPairSync("rsa", { modulusLength: 3072 })],
    ["EC_P521", () => generateKeyPairSync("ec", { namedCurve: "P-521" })],
    ["EC_SECP256K1", () => generateKeyPairSync("ec", { namedCurve: "secp256k1" })],
  ] as const)("brings a key of type %s into a premium vault, which is compared", async (spec, generate) => {
    const { world, wrappingKey, key, program } = await placeIn("premium");
    const pair = generate();
    world.files.content.set("a.byok", wrapWithOpenssl(wrappingKey, pkcs8(pair)));
    world.files.content.set("a.pem", pemOf(pair));
    const made = key(spec.replaceAll("_", "-"));
    await made.up(program({ byok: "a.byok", spec, publicKey: "a.pem" }));
    expect(made.outputs).toMatchObject({
      ...{ keyState: "Enabled", pending: [], proof: { method: "public-key" } },
      publicKey: pemOf(pair).toString(),
    });
    expect(await made.up(program({ byok: "a.byok", spec, publicKey: "a.pem" }))).toBe("same");
  });

  it("brings an AES key into a managed HSM, with nothing to compare it by", async () => {
    const { world, wrappingKey, key, program } = await placeIn("managed-hsm");
    const material = randomBytes(32);
    world.files.content.set("aes.byok", wrapWithOpenssl(wrappingKey, material));
    const made = key("aes");
    await made.up(program({ byok: "aes.byok", spec: "AES_256" }));
    expect(made.outputs).toMatchObject({ kty: "oct-HSM", keyState: "Enabled", proof: { method: "not compared" } });
    const stored = await bench.azure.admin.materialOf(String(made.outputs["versionId"]));
    expect(stored.equals(material)).toBe(true);
  });

  it("that does not open, or holds another type than the program says, is refused with what to do", async () => {
    const { world, wrappingKey, key, program } = await placeIn("premium");
    const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const file = wrapWithOpenssl(wrappingKey, pkcs8(pair)).toString();
    const { ciphertext } = JSON.parse(file) as { readonly ciphertext: string };
    const flipped = ciphertext.slice(0, -4) + (ciphertext.endsWith("AAAA") ? "BBBB" : "AAAA");
    world.files.content.set("torn.byok", Buffer.from(file.replace(ciphertext, flipped)));
    world.files.content.set("ec.byok", Buffer.from(file));
    for (const [byok, spec] of [
      ["torn.byok", "EC_P256"],
      ["ec.byok", "RSA_2048"],
      ["ec.byok", "EC_P384"],
    ]) {
      const failed: unknown = await key("refused")
        .up(program({ byok, spec }))
        .catch((error: unknown) => error);
      const failure: unknown = failed instanceof Error && "failure" in failed ? failed.failure : failed;
      expect(failure).toMatchObject({ code: "BYOK_MATERIAL_INVALID", property: "material.byok" });
      expect(String(failure)).toContain(`or holds no ${String(spec)} key`);
      expect(JSON.stringify(failure)).not.toContain(ciphertext.slice(0, 40));
    }
  });
});
