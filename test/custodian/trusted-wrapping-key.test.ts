import { trustedWrappingKey } from "../../provider/custodian/trusted-wrapping-key";
import type { VerifiedVault } from "../../provider/custodian/verified-vault";
import { wrappingKeyTag } from "../../provider/model/owner";
import type { GroupWrappingKey, PinnedWrappingKey } from "../../provider/model/ports/azure-import";
import { wrappingKeyGroup } from "../../provider/model/wrapping-key-trust";
import { Bench } from "./doubles/test-context";
import { VaultOfWrappingKeys } from "./doubles/vault-of-wrapping-keys";

const vaultUrl = "https://payments.vault.azure.net";
const group = wrappingKeyGroup({ self: "urn:pulumi:prod::pay::x::signing", name: "vault", vaultUrl });

let bench: Bench;
let vault: VaultOfWrappingKeys;
let groups: PinnedWrappingKey;
beforeEach(() => {
  bench = new Bench();
  vault = new VaultOfWrappingKeys(vaultUrl);
  groups = vault.place("byok-kek-group");
});

const ask = (
  pin: PinnedWrappingKey,
  more: Partial<GroupWrappingKey> = {},
  { context }: Pick<Bench, "context"> = bench,
): Promise<PinnedWrappingKey> => {
  const opened: VerifiedVault = {
    vault,
    target: {
      connection: { cloud: "public", tenantId: "t", vaultUrl, tier: "premium" },
      keyName: "k",
      configValues: {},
    },
    caller: { tenantId: "t", objectId: "o" },
  };
  const asked = { ...pin, group, made: false, remembers: true, bits: 2048, ...more } as const;
  return trustedWrappingKey(context, opened, asked).then((used) => used.pin);
};
const madeNow = { made: true } as const;
const names = (): readonly string[] => [...vault.keys.keys()];
const later = (minutes: number): void => {
  bench.now = new Date(bench.now.getTime() + minutes * 60_000);
};
const objects = (): readonly string[] => [...bench.token.data.keys()];

describe("a wrapping key that this run made", () => {
  it("is remembered by the token, which needs nobody's word for it from then on", async () => {
    expect(await ask(groups, madeNow)).toEqual({ ...groups, rememberedBy: "token" });
    expect(await ask(groups)).toEqual({ ...groups, rememberedBy: "token" });
    expect(objects()).toHaveLength(1);
  });

  it("is remembered once, however many keys are imported at the same time", async () => {
    await Promise.all(Array.from({ length: 20 }, () => ask(groups, madeNow)));
    expect(bench.token.calls.filter((call) => call === "putData")).toHaveLength(1);
  });

  it("is not remembered unless it is in the vault as it was made", async () => {
    const altered = { ...groups, publicKeySha256: "0".repeat(64) };
    await expect(ask(altered, madeNow)).rejects.toMatchObject({ code: "BYOK_WRAP_REFUSED" });
    expect(objects()).toEqual([]);
  });

  it("takes the place of one that is gone, and the token forgets that one", async () => {
    await ask(groups, madeNow);
    await vault.deleteKey("byok-kek-group");
    const next = vault.place("byok-kek-next");
    await ask(next, madeNow);
    expect(objects()).toHaveLength(1);
    expect(await ask(next)).toMatchObject(next);
  });

  it("is known under another name of its stack", async () => {
    await ask(groups, madeNow);
    expect(await ask(groups, { group: "d".repeat(32) })).toMatchObject(groups);
  });
});

describe("a wrapping key that only the state knows", () => {
  it("is never used: the token gets one of its own, once, with the mark of the group", async () => {
    const own = await ask(groups);
    expect(own.id).not.toBe(groups.id);
    expect(await ask(groups)).toEqual(own);
    expect(names()).toHaveLength(2);
    expect([...vault.tags.values()]).toMatchObject([{ [wrappingKeyTag]: group }]);
  });

  it("costs one key of its own, however many keys are imported at the same time", async () => {
    const used = await Promise.all(Array.from({ length: 20 }, () => ask(groups)));
    expect(new Set(used.map(({ id }) => id)).size).toBe(1);
    expect(names()).toHaveLength(2);
  });

  it("is refused where the token remembers another one that is still there; nothing is made", async () => {
    await ask(groups, madeNow);
    const attackers = vault.place("byok-kek-attacker");
    await expect(ask(attackers)).rejects.toMatchObject({
      code: "BYOK_WRAPPING_KEY_UNKNOWN",
      message: expect.stringMatching(/names \S+byok-kek-attacker\/\S+ .* the token remembers \S+byok-kek-group/),
      hint: expect.stringContaining("--replace"),
    });
    const sameKeyOtherDigest = { ...groups, publicKeySha256: attackers.publicKeySha256 };
    await expect(ask(sameKeyOtherDigest)).rejects.toMatchObject({ code: "BYOK_WRAPPING_KEY_UNKNOWN" });
    const sameNameOtherVersion = vault.place("byok-kek-group");
    await expect(ask(sameNameOtherVersion)).rejects.toMatchObject({ code: "BYOK_WRAPPING_KEY_UNKNOWN" });
    expect(names()).toEqual(["byok-kek-group", "byok-kek-attacker"]);
  });

  it("is not used either once the attacker removed the one that the token remembers", async () => {
    await ask(groups, madeNow);
    await vault.deleteKey("byok-kek-group");
    const attackers = vault.place("byok-kek-attacker");
    const used = await ask(attackers);
    expect(used.id).not.toBe(attackers.id);
    expect(objects()).toHaveLength(1);
  });

  it("does not pass for the one of the token by naming what that one stands for", async () => {
    const own = await ask(groups);
    const attackers = vault.place("byok-kek-attacker");
    expect(await ask({ ...attackers, id: groups.id })).toEqual(own);
    await expect(ask(attackers)).rejects.toMatchObject({ code: "BYOK_WRAPPING_KEY_UNKNOWN" });
  });

  it.each(["before", "after"] as const)(
    "leaves nothing that stays where the run dies %s the vault made another one, whenever the next one comes",
    async (failing) => {
      vault.failing = failing;
      await expect(ask(groups)).rejects.toThrow("planned");
      vault.failing = undefined;
      await ask(groups);
      later(11);
      const used = await ask(groups);
      expect([...names()].sort()).toEqual(["byok-kek-group", new URL(used.id).pathname.split("/")[2]].sort());
      expect(objects()).toHaveLength(1);
    },
  );

  it("leaves nothing that stays where the run dies before the token remembers the one that was made", async () => {
    let writes = 0;
    bench.token.hook = (method) => {
      if (method === "putData" && ++writes === 2) throw new Error("planned");
    };
    await expect(ask(groups)).rejects.toThrow("planned");
    bench.token.hook = () => undefined;
    later(11);
    await ask(groups);
    expect(names()).toHaveLength(2);
    expect(objects()).toHaveLength(1);
  });

  it("stays where the run died after the token remembered it, and before it forgot that it was being made", async () => {
    bench.token.hook = (method) => {
      if (method === "deleteData") throw new Error("planned");
    };
    await expect(ask(groups)).rejects.toThrow("planned");
    bench.token.hook = () => undefined;
    later(11);
    const used = await ask(groups);
    expect(names()).toHaveLength(2);
    expect(objects()).toHaveLength(1);
    expect(await ask(groups)).toEqual(used);
  });

  it("is not removed by another process while it is being made", async () => {
    const other = new Bench();
    const shared = { context: { ...other.context, token: bench.token } };
    const make = vault.makeWrappingKey.bind(vault);
    jest.spyOn(vault, "makeWrappingKey").mockImplementationOnce(async (request) => {
      const made = await make(request);
      await ask(groups, {}, shared);
      return made;
    });
    const used = await ask(groups);
    expect(names()).toContain(new URL(used.id).pathname.split("/")[2]);
    expect(await ask(groups)).toMatchObject({ rememberedBy: "token" });
    later(11);
    await ask(groups);
    expect(objects()).toHaveLength(2);
  });
});

describe("a wrapping key that the token has of its own", () => {
  it("is made anew once it expired or is gone", async () => {
    const first = await ask(groups);
    const name = new URL(first.id).pathname.split("/")[2] ?? "";
    vault.change(name, { expiresOn: new Date(bench.now.getTime() - 1) });
    const second = await ask(groups);
    expect(second.id).not.toBe(first.id);
    await vault.deleteKey(new URL(second.id).pathname.split("/")[2] ?? "");
    expect((await ask(groups)).id).not.toBe(second.id);
  });

  it("is refused once somebody changed it, with a remedy that helps", async () => {
    const own = await ask(groups);
    vault.change(new URL(own.id).pathname.split("/")[2] ?? "", { operations: ["wrapKey", "import"] });
    await expect(ask(groups)).rejects.toMatchObject({
      code: "BYOK_WRAP_REFUSED",
      hint: expect.stringContaining("--replace"),
    });
  });
});

it("is taken from the state where a token stores no data objects, and that is told", async () => {
  bench.token.abilities = { ...bench.token.abilities, storesLinks: false };
  expect(await ask(groups, { remembers: false })).toEqual({ ...groups, rememberedBy: "state" });
  expect(objects()).toEqual([]);
});

it("is not taken from the state where a token stores none and is recorded as one that does", async () => {
  bench.token.abilities = { ...bench.token.abilities, storesLinks: false };
  for (const more of [{}, madeNow])
    await expect(ask(groups, more)).rejects.toMatchObject({
      code: "BYOK_WRAPPING_KEY_UNKNOWN",
      message: expect.stringContaining("nobody but the state says that"),
    });
  expect(names()).toEqual(["byok-kek-group"]);
});

it("is never guessed from an object of the token that cannot be read", async () => {
  bench.token.data.set(`byok-kek ${group} 0123456789abcdef`, Buffer.from("{}"));
  await expect(ask(groups, madeNow)).rejects.toMatchObject({ code: "BYOK_TOKEN_FAILED" });
});
