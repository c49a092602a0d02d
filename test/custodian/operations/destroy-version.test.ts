import { linkLabel } from "../../../provider/custodian/copy-links";
import { importRequest, owner } from "../doubles/requests";
import { Bench } from "../doubles/test-context";
import { thrownBy } from "../doubles/thrown-by";

const version = { owner, version: 1 };

async function copied(): Promise<{ readonly bench: Bench; readonly arn: string }> {
  const bench = new Bench();
  await bench.run("generate", { ...version, name: "orders", spec: "AES_256" });
  const arn = bench.kms.add("AES_256");
  await bench.run("importInto", importRequest(arn, "AES_256"));
  return { bench, arn };
}

describe("a deactivated version", () => {
  it("is imported again where it is, and goes nowhere else until that is taken back", async () => {
    const { bench, arn } = await copied();
    await bench.run("setDeactivated", owner, [1]);
    expect(await bench.run("deactivated", owner)).toEqual([1]);
    await bench.run("importInto", importRequest(arn, "AES_256"));
    const other = bench.kms.add("AES_256");
    expect(await thrownBy(() => bench.run("importInto", importRequest(other, "AES_256")))).toMatchObject({
      code: "BYOK_KEY_DEACTIVATED",
    });
    expect(await bench.run("links", owner)).toMatchObject([{ arn }]);
    await bench.run("setDeactivated", owner, []);
    await bench.run("importInto", importRequest(other, "AES_256"));
    expect(await bench.run("links", owner)).toHaveLength(2);
  });
});

describe("the links of a version", () => {
  it("name the copy, when it was made and by whom, and reveal nothing in their label but a digest", async () => {
    const { bench, arn } = await copied();
    expect(await bench.run("links", owner)).toEqual([
      { ...version, arn, copyName: "orders-copy", copiedAt: bench.now.toISOString(), copiedBy: bench.kms.caller.arn },
    ]);
    expect([...bench.token.data.keys()]).toEqual([linkLabel(version, arn)]);
    expect(linkLabel(version, arn)).toMatch(/^byok-link [0-9a-f]{32} v1 [0-9a-f]{16}$/);
  });

  it("remember a deletion date, then that the copy is gone", async () => {
    const { bench, arn } = await copied();
    await bench.run("noteDeletion", version, arn, "2030-07-01T00:00:00.000Z");
    expect(await bench.run("links", owner)).toMatchObject([{ arn, deletionDate: "2030-07-01T00:00:00.000Z" }]);
    await bench.run("noteDeletion", version, arn);
    expect(await bench.run("links", owner)).toEqual([]);
  });

  it("take a deletion date back when the copy stays, and only a date", async () => {
    const { bench, arn } = await copied();
    const [before] = (await bench.run("links", owner)) as readonly unknown[];
    await bench.run("noteDeletion", version, arn, "2030-01-01T00:00:00.000Z");
    await bench.run("noteRevival", version, arn);
    await bench.run("noteRevival", version, arn);
    await bench.run("noteRevival", version, `${arn}0`);
    expect(await bench.run("links", owner)).toEqual([before]);
    bench.now = new Date("2030-02-01T00:00:00.000Z");
    expect(await thrownBy(() => bench.run("destroy", version))).toMatchObject({ code: "BYOK_KEY_HAS_COPIES" });
  });

  it("tell that a deletion is being taken back, until that is done or the next deletion comes", async () => {
    const { bench, arn } = await copied();
    const [before] = (await bench.run("links", owner)) as readonly unknown[];
    const date = "2030-07-01T00:00:00.000Z";
    await bench.run("noteReturning", version, arn, date);
    await bench.run("noteRevival", version, arn);
    expect(await bench.run("links", owner)).toMatchObject([{ returning: date }]);
    await bench.run("noteReturning", version, arn);
    expect(await bench.run("links", owner)).toEqual([before]);
    await bench.run("noteReturning", version, arn, date);
    await bench.run("noteDeletion", version, arn, date);
    expect((await bench.run("links", owner))[0]).not.toHaveProperty("returning");
    await bench.run("noteReturning", version, arn, date);
    await bench.run("noteDeletion", version, arn, date);
    expect((await bench.run("links", owner))[0]).not.toHaveProperty("returning");
    await bench.run("noteReturning", version, `${arn}0`, date);
    expect(await bench.run("links", owner)).toHaveLength(1);
  });

  it("ignore a note about a copy that they do not know", async () => {
    const { bench, arn } = await copied();
    await bench.run("noteDeletion", version, `${arn}0`, "2030-07-01T00:00:00.000Z");
    await bench.run("noteDeletion", { owner, version: 2 }, arn);
    expect(await bench.run("links", owner)).toMatchObject([{ arn }]);
  });

  it("are never skipped when they cannot be read", async () => {
    const { bench, arn } = await copied();
    bench.token.data.set(linkLabel(version, arn), Buffer.from('{"schema":2}'));
    expect(await thrownBy(() => bench.run("links", owner))).toMatchObject({ code: "BYOK_TOKEN_FAILED" });
    expect(await thrownBy(() => bench.run("destroy", version))).toMatchObject({ code: "BYOK_TOKEN_FAILED" });
    expect(bench.token.keys.size).toBe(1);
  });

  it("are empty, and no operation fails for it, where the token stores none", async () => {
    const { bench, arn } = await copied();
    bench.token.abilities = { ...bench.token.abilities, storesLinks: false };
    expect(await bench.run("links", owner)).toEqual([]);
    await bench.run("noteDeletion", version, arn);
  });
});

describe("destroying a version", () => {
  it("is refused while a copy lives, and names it with account and Region", async () => {
    const { bench, arn } = await copied();
    const error = await thrownBy(() => bench.run("destroy", version));
    expect(error.code).toBe("BYOK_KEY_HAS_COPIES");
    for (const word of ["orders-copy", arn, "111122223333", "eu-central-1", "not scheduled"]) {
      expect(error.message).toContain(word);
    }
    expect(bench.token.keys.size).toBe(1);
  });

  it("is refused until the deletion date of the copy has passed, and tells the date", async () => {
    const { bench, arn } = await copied();
    const date = "2030-07-01T00:00:00.000Z";
    await bench.run("noteDeletion", version, arn, date);
    bench.now = new Date("2030-06-30T23:59:59.999Z");
    const error = await thrownBy(() => bench.run("destroy", version));
    expect(error).toMatchObject({ code: "BYOK_KEY_HAS_COPIES" });
    expect(error.message).toContain(date);
    bench.now = new Date(date);
    await bench.run("destroy", version);
    expect(bench.token.keys.size).toBe(0);
    expect(bench.token.data.size).toBe(0);
  });

  it("leaves the other versions and their links alone", async () => {
    const { bench, arn } = await copied();
    await bench.run("generate", { owner, version: 2, name: "orders", spec: "AES_256" });
    await bench.run("destroy", { owner, version: 2 });
    expect(await bench.run("links", owner)).toMatchObject([{ arn, version: 1 }]);
    expect(await bench.run("list", owner)).toMatchObject([{ version: 1 }]);
  });

  it("is done when the version is gone, and then finishes clearing its links", async () => {
    const { bench, arn } = await copied();
    await bench.run("noteDeletion", version, arn, "2030-01-01T00:00:00.000Z");
    bench.token.keys.clear();
    await bench.run("destroy", version);
    expect(bench.token.data.size).toBe(0);
  });

  it("is refused where the token cannot remember copies", async () => {
    const { bench } = await copied();
    bench.token.abilities = { ...bench.token.abilities, storesLinks: false };
    expect(await thrownBy(() => bench.run("destroy", version))).toMatchObject({ code: "BYOK_TOKEN_UNSUPPORTED" });
    expect(bench.token.keys.size).toBe(1);
  });

  it("never overtakes an import of the same key that is about to be remembered", async () => {
    const bench = new Bench();
    await bench.run("generate", { ...version, name: "orders", spec: "AES_256" });
    const arn = bench.kms.add("AES_256");
    const results = await Promise.allSettled([
      bench.run("importInto", importRequest(arn, "AES_256")),
      bench.run("destroy", version),
    ]);
    const imported = bench.kms.material(arn) !== undefined;
    expect(bench.token.keys.size).toBe(imported ? 1 : 0);
    expect(results.map(({ status }) => status)).toEqual(
      imported ? ["fulfilled", "rejected"] : ["rejected", "fulfilled"],
    );
  });
});

describe("the claim of an owner's key", () => {
  const [first, second] = ["1".repeat(32), "2".repeat(32)];

  it("is the last one, and goes with the last version of the key", async () => {
    const bench = new Bench();
    for (const number of [1, 2])
      await bench.run("generate", { owner, version: number, name: "orders", spec: "AES_256" });
    expect(await bench.run("claimant", owner)).toBeUndefined();
    await bench.run("claim", owner, first);
    await bench.run("claim", owner, second);
    await bench.run("claim", "f".repeat(32), first);
    expect(await bench.run("claimant", owner)).toBe(second);
    await bench.run("destroy", { owner, version: 2 });
    expect(await bench.run("claimant", owner)).toBe(second);
    await bench.run("destroy", version);
    expect(await bench.run("claimant", owner)).toBeUndefined();
    expect(await bench.run("claimant", "f".repeat(32))).toBe(first);
  });

  it("is not remembered by a token without data objects, which then fails nothing", async () => {
    const bench = new Bench();
    bench.token.abilities = { ...bench.token.abilities, storesLinks: false };
    await bench.run("claim", owner, first);
    expect(await bench.run("claimant", owner)).toBeUndefined();
    expect(bench.token.data.size).toBe(0);
  });
});
