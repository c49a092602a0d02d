import { Bench } from "../doubles/test-context";
import { owner } from "../doubles/requests";
import { thrownBy } from "../doubles/thrown-by";

const other = "f".repeat(32);
const orders = { owner, version: 1, name: "orders", spec: "AES_256" } as const;

describe("generating a version", () => {
  it("makes a key whose label says what it is, and tells what may be told", async () => {
    const bench = new Bench();
    const made = await bench.run("generate", orders);
    expect(made).toMatchObject({ owner, version: 1, name: "orders", spec: "AES_256", exportable: true });
    expect([...bench.token.keys.values()].map(({ label }) => label)).toEqual([`orders v1 byok:${owner}`]);
    expect(made.publicKey).toBeUndefined();
  });

  it("tells the public key of an asymmetric one", async () => {
    const bench = new Bench();
    const made = await bench.run("generate", { ...orders, spec: "EC_P256" });
    expect(made.publicKey).toBe((await bench.token.publicKey(made.id)).toString("base64"));
  });

  it("returns the same key again instead of making a second one, also when asked twice at once", async () => {
    const bench = new Bench();
    const [one, two] = await Promise.all([bench.run("generate", orders), bench.run("generate", orders)]);
    const three = await bench.run("generate", { ...orders, name: "renamed since" });
    expect([two.id, three.id]).toEqual([one.id, one.id]);
    expect(bench.token.keys.size).toBe(1);
  });

  it("refuses another key type for a version that exists", async () => {
    const bench = new Bench();
    await bench.run("generate", orders);
    const error = await thrownBy(() => bench.run("generate", { ...orders, spec: "HMAC_256" }));
    expect(error).toMatchObject({ code: "BYOK_INPUT_INVALID", property: "spec" });
    expect(bench.token.keys.size).toBe(1);
  });

  it("withdraws its own fresh key when another process made the same version meanwhile", async () => {
    const bench = new Bench();
    let theirs = "";
    bench.token.hook = (method) => {
      if (method === "generate" && theirs === "") theirs = bench.token.put("AES_256", `orders v1 byok:${owner}`).id;
    };
    const error = await thrownBy(() => bench.run("generate", orders));
    expect(error).toMatchObject({ code: "BYOK_KEY_AMBIGUOUS", retryable: true });
    expect([...bench.token.keys.keys()]).toEqual([theirs]);
    expect((await bench.run("generate", orders)).id).toBe(theirs);
  });

  it("makes nothing when the provider is gone", async () => {
    const bench = new Bench();
    bench.stop.interrupt();
    expect(await thrownBy(() => bench.run("generate", orders))).toMatchObject({ code: "BYOK_ENGINE_LOST" });
    expect(bench.token.calls).not.toContain("generate");
  });
});

describe("listing", () => {
  it("shows the versions of an owner in order, and nothing that others made", async () => {
    const bench = new Bench();
    await bench.run("generate", { ...orders, version: 2 });
    await bench.run("generate", orders);
    await bench.run("generate", { ...orders, owner: other });
    bench.token.put("AES_256", "somebody else's");
    expect((await bench.run("list", owner)).map(({ version }) => version)).toEqual([1, 2]);
    expect(await bench.run("list")).toHaveLength(3);
  });

  it("refuses two keys of one version, but only for their owner", async () => {
    const bench = new Bench();
    const label = `orders v1 byok:${owner}`;
    const ids = [bench.token.put("AES_256", label).id, bench.token.put("AES_256", label).id];
    const error = await thrownBy(() => bench.run("list", owner));
    expect(error.code).toBe("BYOK_KEY_AMBIGUOUS");
    for (const id of ids) expect(error.message).toContain(id);
    expect(await bench.run("list", other)).toEqual([]);
    expect(await bench.run("list")).toHaveLength(2);
  });

  it("refuses a malformed owner without repeating it", async () => {
    const error = await thrownBy(() => new Bench().run("list", "no owner"));
    expect(error.code).toBe("BYOK_INPUT_INVALID");
    expect(error.sentence).not.toContain("no owner");
  });
});

describe("surveying", () => {
  const count = (bench: Bench, call: string): number => bench.token.calls.filter((one) => one === call).length;

  it("tells what stands in the token without computing anything with its keys", async () => {
    const bench = new Bench();
    bench.token.put("AES_256", `orders v1 byok:${owner}`);
    bench.token.put("EC_P256", `letters v3 byok:${other}`);
    bench.token.put("AES_256", "somebody else's");
    expect(await bench.run("survey")).toEqual([
      { owner, version: 1, name: "orders", spec: "AES_256", exportable: true },
      { owner: other, version: 3, name: "letters", spec: "EC_P256", exportable: true },
    ]);
    expect(bench.token.calls).toEqual(["listKeys"]);
  });

  it("reads the token once for many who ask one after the other", async () => {
    const bench = new Bench();
    for (let times = 0; times < 40; times += 1) await bench.run("survey");
    expect(count(bench, "listKeys")).toBe(1);
  });

  it.each([
    ["generating", (bench: Bench) => bench.run("generate", { ...orders, version: 2 })],
    ["renaming", (bench: Bench) => bench.run("rename", owner, "payments")],
    ["closing", (bench: Bench) => bench.run("close", { owner, version: 1 })],
    ["destroying", (bench: Bench) => bench.run("destroy", { owner, version: 1 })],
  ])("shows what %s changed", async (_name, change) => {
    const bench = new Bench();
    await bench.run("generate", orders);
    const before = await bench.run("survey");
    await change(bench);
    const after = await bench.run("survey");
    expect(after).not.toEqual(before);
    const now = await bench.run("list");
    expect(after).toEqual(
      now.map(({ version, name, spec, exportable }) => ({ owner, version, name, spec, exportable })),
    );
  });

  it("is never what a key is made from: generating looks for itself, and finds what another process made", async () => {
    const bench = new Bench();
    expect(await bench.run("survey")).toEqual([]);
    const theirs = bench.token.put("AES_256", `orders v1 byok:${owner}`);
    expect((await bench.run("generate", orders)).id).toBe(theirs.id);
    expect(bench.token.keys.size).toBe(1);
  });
});

describe("renaming", () => {
  it("rewrites the name of every version and keeps everything else", async () => {
    const bench = new Bench();
    for (const version of [1, 2]) await bench.run("generate", { ...orders, version });
    const before = await bench.run("list", owner);
    await bench.run("rename", owner, "Aufträge und Zahlungen");
    const after = await bench.run("list", owner);
    expect(after).toEqual(before.map((one) => ({ ...one, name: "Aufträge und Zahlungen" })));
  });

  it("writes nothing when the name stands there already", async () => {
    const bench = new Bench();
    await bench.run("generate", orders);
    await bench.run("rename", owner, "orders");
    expect(bench.token.calls).not.toContain("setLabel");
  });
});

describe("closing a version", () => {
  it("makes it unexportable, and is done when it is closed already", async () => {
    const bench = new Bench();
    await bench.run("generate", orders);
    expect(await bench.run("close", { owner, version: 1 })).toMatchObject({ exportable: false });
    expect(await bench.run("close", { owner, version: 1 })).toMatchObject({ exportable: false });
    expect(bench.token.calls.filter((call) => call === "close")).toHaveLength(1);
  });

  it("says that a version does not exist", async () => {
    expect(await thrownBy(() => new Bench().run("close", { owner, version: 7 }))).toMatchObject({
      code: "BYOK_KEY_NOT_FOUND",
    });
  });
});
