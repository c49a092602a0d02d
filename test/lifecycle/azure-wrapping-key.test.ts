import { rememberedInProcess } from "../../provider/host/made-wrapping-keys";
import { azureKey } from "../../provider/lifecycle/azure-key";
import { azureKeyVaultGroup } from "../../provider/lifecycle/azure-key-vault-group";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { ownershipTags, wrappingKeyTag } from "../../provider/model/owner";
import type { AzureImportRequest } from "../../provider/model/ports/azure-import";
import { wrappingKeyGroup } from "../../provider/model/wrapping-key-trust";
import { UNKNOWN } from "../../provider/model/unknown";
import { azureProgram, signingSource } from "./azure-programs";
import { report } from "./fake-custodian";
import { tenantId, vaultUrl } from "./fake-key-vault";
import { World, type EngineResource } from "./lifecycle-world";

const groupProgram: PlainRecord = {
  ...{ tenantId, vault: vaultUrl, tier: "premium", organization: "acme", requirePurgeProtection: false },
  self: "urn:pulumi:prod::pay::parent$pulumi-nodejs:dynamic/byok:AzureKeyVaultGroup::vault",
};
const mark = wrappingKeyGroup({
  organization: "acme",
  self: "urn:pulumi:prod::pay::x::y",
  name: "vault",
  vaultUrl,
});

let world: World;
let group: EngineResource;
let key: EngineResource;
beforeEach(async () => {
  world = new World();
  group = world.resource(azureKeyVaultGroup, "vault");
  key = world.resource(azureKey, "signing");
  await group.up(groupProgram);
});

const pin = (): { readonly id: string; readonly publicKeySha256: string } => {
  const { id, publicKeySha256 } = group.outputs["wrappingKey"] as { id: string; publicKeySha256: string };
  return { id, publicKeySha256 };
};
/** The program's key, as it is asked for in the same run, or after another process took over. */
async function imported(more: PlainRecord = {}): Promise<AzureImportRequest["wrappingKey"]> {
  await key.up(azureProgram({ wrappingKey: pin(), ...more }));
  const asked = world.custodian.azureImports.at(-1)?.wrappingKey;
  if (asked === undefined) throw new Error("nothing was imported");
  return asked;
}
const anotherRun = (): void => {
  world.madeWrappingKeys = rememberedInProcess();
  group = Object.assign(world.resource(azureKeyVaultGroup, "vault"), { ...state(group) });
  key = world.resource(azureKey, "signing");
};
const state = ({ id, inputs, outputs }: EngineResource): Pick<EngineResource, "id" | "inputs" | "outputs"> => ({
  ...{ id, inputs, outputs },
});
const wrappingKeys = (): readonly string[] =>
  [...world.vault.keys.keys()].filter((name) => name.startsWith("byok-kek-"));

describe("what the custodian is told of a group's wrapping key", () => {
  it("is that this run saw the vault make it, with the mark that group and key share", async () => {
    expect(await imported()).toEqual({ ...pin(), group: mark, made: true, remembers: true, bits: 4096 });
  });

  it("is in a later run no more than what the state says, whatever the state says", async () => {
    anotherRun();
    await group.up(groupProgram);
    expect(await imported()).toMatchObject({ ...pin(), made: false });
  });

  it("is nothing of this run where the state was altered behind it", async () => {
    const altered = { ...pin(), publicKeySha256: "0".repeat(64) };
    expect(await imported({ wrappingKey: altered })).toMatchObject({ ...altered, made: false });
  });

  it("is that this run made it, once the group made another one", async () => {
    const before = pin();
    anotherRun();
    await group.up({ ...groupProgram, kek: { size: 3072 } });
    expect(pin()).not.toEqual(before);
    expect(await imported()).toMatchObject({ ...pin(), made: true });
  });
});

describe("the preview of an import into a group that exists", () => {
  const rotated = (more: PlainRecord = {}): PlainRecord =>
    azureProgram({ wrappingKey: pin(), material: { source: { ...signingSource, version: 2 } }, ...more });
  const foretold = async (program: PlainRecord): Promise<boolean> => {
    world.infos.length = 0;
    await key.preview(program);
    return world.infos.join("\n").includes("may make a wrapping key of the token's own in");
  };

  it("says nothing where the token remembers the group's wrapping key, or has one of its own already", async () => {
    await imported();
    expect(await foretold(rotated())).toBe(false);
    world.custodian.instead = { id: `${vaultUrl}/keys/byok-kek-own/1`, publicKeySha256: "1".repeat(64) };
    await key.up(rotated());
    expect(await foretold(rotated({ material: { source: { ...signingSource, version: 3 } } }))).toBe(false);
  });

  it("says that the token may get one of its own where the group has another one meanwhile, and only if something is imported", async () => {
    await imported();
    await group.up({ ...groupProgram, kek: { size: 3072 } });
    expect(await foretold(rotated())).toBe(true);
    expect(await foretold(azureProgram({ wrappingKey: pin() }))).toBe(false);
    expect(await foretold(rotated({ wrappingKey: UNKNOWN }))).toBe(false);
  });

  it("says so of a state that does not tell that the token remembers it", async () => {
    await imported();
    const { wrappingKey } = key.outputs["wrapping"] as { wrappingKey: PlainRecord };
    const { rememberedBy: _, ...old } = wrappingKey;
    key.outputs = { ...key.outputs, wrapping: { wrappingKey: old } };
    expect(await foretold(rotated())).toBe(true);
  });

  it("says nothing of a token that stores no data objects", async () => {
    await imported();
    const { wrappingKey } = key.outputs["wrapping"] as { wrappingKey: PlainRecord };
    key.outputs = { ...key.outputs, wrapping: { wrappingKey: { ...wrappingKey, rememberedBy: "state" } } };
    const abilities = { ...report.abilities, storesLinks: false };
    const source = { ...signingSource, version: 2, group: { ...(signingSource["group"] as PlainRecord), abilities } };
    expect(await foretold(rotated({ material: { source } }))).toBe(false);
  });
});

describe("a wrapping key that a token has of its own", () => {
  const tokens = async (): Promise<{ readonly id: string; readonly publicKeySha256: string }> => {
    const tags = { [wrappingKeyTag]: mark, [ownershipTags.lineage]: mark };
    const { id, publicKeySha256 } = await world.vault.makeWrappingKey({ name: "byok-kek-own", bits: 2048, tags });
    return { id, publicKeySha256 };
  };

  it("is told on the key's row and in its outputs, and is no change", async () => {
    world.custodian.instead = await tokens();
    await imported();
    expect(world.infos.join("\n")).toMatch(/was imported under \S+byok-kek-own\S+: the token does not remember/);
    expect(key.outputs["wrapping"]).toMatchObject({
      wrappingKey: { ...world.custodian.instead, rememberedBy: "token" },
    });
    expect(await key.up(azureProgram({ wrappingKey: pin() }))).toBe("same");
  });

  it("goes with the group", async () => {
    await tokens();
    await group.destroy();
    expect(wrappingKeys()).toEqual([]);
  });

  it("goes when the group keeps none any more, also where the group's own was lost before", async () => {
    await tokens();
    await world.vault.deleteKey(new URL(pin().id).pathname.split("/")[2] ?? "");
    await group.refresh();
    expect(group.outputs).not.toHaveProperty("wrappingKey");
    await group.up({ ...groupProgram, kek: { lifetime: "import" } });
    expect(wrappingKeys()).toEqual([]);
  });

  it("goes when the group makes another wrapping key, because the token then does not know that one", async () => {
    await tokens();
    await group.up({ ...groupProgram, kek: { size: 3072 } });
    expect(wrappingKeys()).toEqual([expect.not.stringContaining("own")]);
  });

  it("stays while another group of the vault goes", async () => {
    await tokens();
    const other = world.resource(azureKeyVaultGroup, "other");
    await other.up({ ...groupProgram, self: String(groupProgram["self"]).replace("::vault", "::other") });
    await other.destroy();
    expect(wrappingKeys()).toHaveLength(2);
  });
});
