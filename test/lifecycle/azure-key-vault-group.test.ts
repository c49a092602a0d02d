import { azureKeyVaultGroup } from "../../provider/lifecycle/azure-key-vault-group";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { vaultPermissions, type VaultFacts } from "../../provider/model/ports/key-vault";
import { tenantId, vaultUrl } from "./fake-key-vault";
import { spkiPem } from "../../provider/model/spki-pem";
import { World, type EngineResource } from "./lifecycle-world";

const program = (more: PlainRecord = {}): PlainRecord => ({
  tenantId,
  vault: vaultUrl,
  tier: "premium",
  self: "urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:AzureKeyVaultGroup::vault",
  organization: "acme",
  ...more,
});
const facts: VaultFacts = {
  name: "payments",
  url: vaultUrl,
  tier: "premium",
  tenantId,
  subscriptionId: tenantId,
  resourceGroup: "keys",
  location: "westeurope",
  purgeProtection: true,
  retentionDays: 30,
};

let world: World;
let group: EngineResource;
beforeEach(() => {
  world = new World();
  world.vault.seenVaults = [facts];
  group = world.resource(azureKeyVaultGroup, "vault");
});
const wrappingKeys = (): readonly string[] =>
  [...world.vault.keys.keys()].filter((name) => name.startsWith("byok-kek-"));

describe("the vault of a group", () => {
  it("is found by its name, with what Resource Manager tells of it", async () => {
    await group.up(program({ vault: "Payments" }));
    expect(group.outputs).toMatchObject({
      vaultUrl,
      purgeProtection: true,
      retentionDays: 30,
      vaults: ["payments"],
      connected: true,
    });
    expect(await group.up(program({ vault: "Payments" }))).toBe("same");
  });

  it("is the published host of the name where nobody may look", async () => {
    world.vault.seenVaults = undefined;
    await group.up(program({ vault: "payments" }));
    expect(group.outputs).toMatchObject({ vaultUrl, purgeProtection: true });
    const [china, hsm] = [world.resource(azureKeyVaultGroup, "c"), world.resource(azureKeyVaultGroup, "h")];
    expect((await china.check(program({ vault: "payments", cloud: "china" }))).inputs).toMatchObject({
      vaultUrl: "https://payments.vault.azure.cn",
    });
    expect((await hsm.check(program({ vault: "payments", tier: "managed-hsm" }))).inputs).toMatchObject({
      vaultUrl: "https://payments.managedhsm.azure.net",
    });
  });

  it("is refused where it is not what the program says", async () => {
    expect(await group.complaints(program({ tier: "standard" }))).toEqual([
      expect.stringMatching(/^tier: .*is premium/),
    ]);
    world.vault.tenant = "99999999-89ab-cdef-0123-456789abcdef";
    expect(await group.complaints(program())).toEqual([expect.stringMatching(/^tenantId: The credentials belong to/)]);
    expect(await group.complaints(program({ vault: "https://payments.vault.azure.net/keys/x" }))).toEqual([
      expect.stringContaining("must end with the host"),
    ]);
    expect(await group.complaints(program({ vault: "no_name" }))).toEqual([
      expect.stringContaining("neither the name"),
    ]);
  });

  it("must have purge protection, unless the program says otherwise", async () => {
    world.vault.seenVaults = [{ ...facts, purgeProtection: false }];
    expect(await group.complaints(program())).toEqual([
      expect.stringMatching(/^requirePurgeProtection: .*no purge protection/),
    ]);
    await group.up(program({ requirePurgeProtection: false }));
    expect(world.warnings.join("\n")).toContain("has no purge protection");
  });

  it("is found to have none by its first key, where nobody may look", async () => {
    world.vault.seenVaults = undefined;
    world.vault.purgeProtection = false;
    await expect(group.up(program())).rejects.toThrow("no purge protection");
    expect(group.id).toBeDefined();
    await group.destroy();
    expect(wrappingKeys()).toEqual([]);
  });

  it("is never another one in place", async () => {
    await group.up(program());
    world.vault.seenVaults = [{ ...facts, url: "https://other.vault.azure.net", name: "other" }];
    expect(await group.up(program({ vault: "other" }))).toBe("replaces");
    expect(world.warnings.join("\n")).toContain("no key moves");
  });
});

describe("the wrapping key of a group", () => {
  it("is made once, pinned, and removed with the group", async () => {
    await group.up(program());
    const [name] = wrappingKeys();
    expect(wrappingKeys()).toHaveLength(1);
    expect(group.outputs["wrappingKey"]).toMatchObject({
      id: expect.stringContaining(`${vaultUrl}/keys/${name ?? ""}/`),
      bits: 4096,
      attestation: "not verified",
    });
    expect(await group.up(program())).toBe("same");
    await group.destroy();
    expect(wrappingKeys()).toEqual([]);
    expect([...world.vault.deleted.keys()]).toEqual([name]);
  });

  it("is told with its public key, also of a state that does not have it yet, which is no change until there is another", async () => {
    await group.up(program());
    const [name = ""] = wrappingKeys();
    const { publicKeyPem } = group.outputs["wrappingKey"] as { readonly publicKeyPem: string };
    expect(publicKeyPem).toBe(
      `-----BEGIN PUBLIC KEY-----\n${Buffer.from(`kek ${name}`).toString("base64")}\n-----END PUBLIC KEY-----\n`,
    );
    const { publicKeyPem: _, ...former } = group.outputs["wrappingKey"] as PlainRecord;
    group.outputs = { ...group.outputs, wrappingKey: former };
    expect(await group.up(program())).toBe("same");
    await group.refresh();
    expect(group.outputs["wrappingKey"]).toEqual({ ...former, publicKeyPem });
    group.outputs = { ...group.outputs, wrappingKey: former };
    expect(await group.up(program({ requiredTags: ["team"] }))).toBe("updated");
    expect(group.outputs["wrappingKey"]).toEqual({ ...former, publicKeyPem });
    expect(world.warnings).toEqual([]);
  });

  it.each([
    ["another", (_pem: string, other: string) => other],
    ["a second one before it", (pem: string, other: string) => other + pem],
    ["a word", () => "none"],
    ["no text", () => 1],
  ])("is told anew, with a warning, where somebody wrote %s into the state", async (_what, alter) => {
    await group.up(program());
    const known = group.outputs["wrappingKey"] as PlainRecord;
    const altered = { ...known, publicKeyPem: alter(String(known["publicKeyPem"]), spkiPem(Buffer.from("theirs"))) };
    group.outputs = { ...group.outputs, wrappingKey: altered };
    expect(await group.up(program())).toBe("updated");
    expect(world.warnings.join("\n")).toContain("somebody altered it");
    expect(group.outputs["wrappingKey"]).toEqual(known);
    group.outputs = { ...group.outputs, wrappingKey: altered };
    await group.refresh();
    expect(world.warnings.at(-1)).toMatch(/^drift: .*another wrappingKey.publicKeyPem than the vault has/);
    expect(group.outputs["wrappingKey"]).toEqual(known);
    expect(await group.up(program())).toBe("same");
  });

  it("does not exist in a standard vault, nor where each import makes one", async () => {
    world.vault.seenVaults = [{ ...facts, tier: "standard" }];
    await group.up(program({ tier: "standard" }));
    const other = world.resource(azureKeyVaultGroup, "other");
    world.vault.seenVaults = [facts];
    await other.up(program({ kek: { lifetime: "import" } }));
    expect(wrappingKeys()).toEqual([]);
    expect(await other.up(program({ kek: { lifetime: "import" } }))).toBe("same");
  });

  it("is another one when its size changes, and none when imports make their own", async () => {
    await group.up(program());
    const [first] = wrappingKeys();
    await group.up(program({ kek: { size: 3072 } }));
    expect(wrappingKeys()).toHaveLength(1);
    expect(wrappingKeys()).not.toEqual([first]);
    await group.up(program({ kek: { lifetime: "import" } }));
    expect(wrappingKeys()).toEqual([]);
    expect(group.outputs["wrappingKey"]).toBeUndefined();
  });

  it.each([
    ["its operations", { operations: ["import", "wrapKey"] }],
    ["it is disabled", { enabled: false }],
    ["its public key", { publicKey: Buffer.from("another") }],
    ["of type RSA", { kty: "RSA" }],
  ] as const)("is not used any more once a refresh finds %s changed", async (reason, change) => {
    await group.up(program());
    const [name = ""] = wrappingKeys();
    const [version] = world.vault.keys.get(name) ?? [];
    if (version !== undefined) world.vault.change(version, change);
    await group.refresh();
    expect(world.warnings.join("\n")).toContain(reason);
    expect(await group.up(program())).toBe("updated");
    expect(wrappingKeys()).toHaveLength(1);
    expect(wrappingKeys()).not.toEqual([name]);
  });

  it("is another one once Azure let it expire", async () => {
    world.vault.wrappingKeyDays = 2;
    await group.up(program());
    const [first] = wrappingKeys();
    expect(await group.up(program())).toBe("same");
    world.kms.now = new Date(world.kms.now.getTime() + 2 * 86_400_000);
    expect(await group.up(program())).toBe("updated");
    expect(wrappingKeys()).toHaveLength(1);
    expect(wrappingKeys()).not.toEqual([first]);
    expect(await group.up(program())).toBe("same");
  });

  it("is made anew where a run was cut off at any call; none is left over", async () => {
    await group.up(program());
    const undisturbed = world.vault.calls.length;
    for (const after of [false, true]) {
      for (let call = 1; call <= undisturbed; call += 1) {
        world = new World();
        world.vault.seenVaults = [facts];
        group = world.resource(azureKeyVaultGroup, "vault");
        world.vault.failAt = { call, after };
        await group.up(program()).catch(() => undefined);
        world.vault.failAt = undefined;
        await group.up(program());
        expect([after, call, wrappingKeys().length]).toEqual([after, call, 1]);
      }
    }
  });
});

describe("a connection", () => {
  it("asks nothing of Azure in a preview where nothing changed", async () => {
    await group.up(program());
    const calls = world.vault.calls.length;
    await group.up(program());
    expect(world.vault.calls).toHaveLength(calls);
  });

  it("tells what the credentials lack, and refuses where the program asks for it", async () => {
    world.vault.missing = ["import", "purge"];
    expect(await group.complaints(program({ permissionCheck: "require" }))).toEqual([
      expect.stringMatching(/^permissionCheck: .*lack key permissions: import\. Nothing was created/),
    ]);
    await group.up(program());
    expect(group.outputs["missingPermissions"]).toEqual(
      vaultPermissions.filter((each) => ["import", "purge"].includes(each)),
    );
    expect(world.warnings.join("\n")).toContain("lack key permissions: import.");
    world.vault.missing = [];
    await group.refresh();
    expect(group.outputs).not.toHaveProperty("missingPermissions");
  });

  it("needs the permissions for rotation policies only where the template names a policy", async () => {
    world.vault.missing = ["setrotationpolicy"];
    const strict = program({ permissionCheck: "require" });
    expect(await group.complaints(strict)).toEqual([]);
    expect(await group.complaints({ ...strict, template: { rotation: { rotateAfter: "90d" } } })).toEqual([
      expect.stringContaining("lack key permissions: setrotationpolicy."),
    ]);
  });

  it("may be missing where the program says so, and is made up for", async () => {
    world.vault.failAt = { call: 1, after: false };
    expect(await group.complaints(program())).toEqual([expect.stringContaining("planned failure")]);
    world.vault.failAt = { call: 2, after: false };
    const checked = await group.check(program({ requireConnected: false }));
    expect(checked.failures).toEqual([]);
    world.vault.failAt = { call: 3, after: false };
    await group.up(program({ requireConnected: false })).catch(() => undefined);
    world.vault.failAt = undefined;
    await group.up(program({ requireConnected: false }));
    expect(group.outputs).toMatchObject({ connected: true });
    expect(wrappingKeys()).toHaveLength(1);
  });
});
