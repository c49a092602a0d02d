import { randomBytes } from "node:crypto";
import type { ImportRequest } from "../../../provider/model/ports/custodian";
import type { KeptKey } from "../../../provider/model/ports/kept-material";
import { importRequest, owner } from "../doubles/requests";
import { Bench } from "../doubles/test-context";
import { thrownBy } from "../doubles/thrown-by";

const sourceOwner = "00".padEnd(32, "5");
const kekOwner = "00".padEnd(32, "c");
const past = "2030-01-01T00:00:00.000Z";

const keptVersion = { owner, version: 1 };

let bench: Bench;
let arn: string;
beforeEach(async () => {
  bench = new Bench();
  await bench.run("generate", { owner: sourceOwner, version: 1, name: "orders", spec: "AES_256" });
  await bench.run("claim", sourceOwner, "1".repeat(32));
  await bench.run("generate", { owner: kekOwner, version: 1, name: "transport", spec: "AES_256", unwraps: true });
  arn = bench.kms.add("AES_256");
  await bench.run("importInto", kept(arn));
});

const file: ImportRequest["file"] = { path: "key.bin", encoding: "raw", keptAs: "partner" };
function kept(keyArn: string): ImportRequest {
  if (!bench.files.has("key.bin")) bench.files.set("key.bin", randomBytes(32));
  return importRequest(keyArn, "AES_256", { ...(file === undefined ? {} : { file }) });
}
async function theKept(): Promise<KeptKey> {
  const found = (await bench.run("holdings")).find(({ kind }) => kind === "kept");
  if (found === undefined) throw new Error("nothing is kept");
  return { owner: found.owner, version: found.version, id: found.id };
}

describe("the holdings of a token", () => {
  it("tell source keys, key-encryption keys and kept material apart, each with its copies", async () => {
    await bench.run("setDeactivated", sourceOwner, [1]);
    expect(await bench.run("holdings")).toMatchObject([
      { kind: "kept", owner, name: "partner", deactivated: false, copies: [{ arn, copyName: "orders-copy" }] },
      { kind: "source", owner: sourceOwner, name: "orders", deactivated: true, copies: [] },
      { kind: "kek", owner: kekOwner, name: "transport", deactivated: false, copies: [] },
    ]);
  });

  it("count as a source key's what one claimed, and all of a token that does not tell where a key arose", async () => {
    const meant = await theKept();
    await bench.run("noteDeletion", keptVersion, arn, past);
    bench.token.tellsHistory = false;
    expect((await bench.run("holdings")).map(({ kind }) => kind)).toEqual(["source", "source", "kek"]);
    expect(await thrownBy(() => bench.run("discard", meant))).toMatchObject({ code: "BYOK_OWNED_BY_ANOTHER" });
    bench.token.tellsHistory = true;
    await bench.run("claim", owner, "2".repeat(32));
    expect((await bench.run("holdings")).map(({ kind }) => kind)).toEqual(["source", "source", "kek"]);
  });
});

describe("discarding kept material", () => {
  it("is refused while a copy may still need it", async () => {
    const meant = await theKept();
    expect(await thrownBy(() => bench.run("discard", meant))).toMatchObject({ code: "BYOK_KEY_HAS_COPIES" });
    await bench.run("noteDeletion", keptVersion, arn, "2030-06-01T12:00:00.001Z");
    expect(await thrownBy(() => bench.run("discard", meant))).toMatchObject({ code: "BYOK_KEY_HAS_COPIES" });
    expect(bench.token.keys.has(meant.id)).toBe(true);
  });

  it("takes it and its links away, nothing else, and is done when it is gone", async () => {
    const meant = await theKept();
    await bench.run("noteDeletion", keptVersion, arn, past);
    await bench.run("discard", meant);
    expect((await bench.run("holdings")).map(({ name }) => name)).toEqual(["orders", "transport"]);
    expect(await bench.run("links", owner)).toEqual([]);
    expect(await bench.run("claimant", sourceOwner)).toBe("1".repeat(32));
    await bench.run("discard", meant);
    expect(bench.token.keys.size).toBe(2);
  });

  it("never takes a source key or a key-encryption key, claimed or not", async () => {
    for (const [id, held] of bench.token.keys) {
      const of = held.label.endsWith(owner) ? owner : held.label.endsWith(sourceOwner) ? sourceOwner : kekOwner;
      if (of === owner) continue;
      bench.token.data.delete(`byok-claim ${of}`);
      const error = await thrownBy(() => bench.run("discard", { owner: of, version: 1, id }));
      expect(error).toMatchObject({ code: "BYOK_OWNED_BY_ANOTHER" });
    }
    expect(bench.token.keys.size).toBe(3);
  });

  it("never takes what a source key took over in between", async () => {
    const meant = await theKept();
    await bench.run("noteDeletion", keptVersion, arn, past);
    await bench.run("claim", owner, "2".repeat(32));
    expect(await thrownBy(() => bench.run("discard", meant))).toMatchObject({ code: "BYOK_OWNED_BY_ANOTHER" });
  });

  it("never takes another key than the one that is meant", async () => {
    const meant = await theKept();
    await bench.run("noteDeletion", keptVersion, arn, past);
    const error = await thrownBy(() => bench.run("discard", { ...meant, id: "0".repeat(32) }));
    expect(error).toMatchObject({ code: "BYOK_KEY_DRIFTED" });
    expect(bench.token.keys.has(meant.id)).toBe(true);
  });

  it("is refused where the token cannot remember copies", async () => {
    const meant = await theKept();
    bench.token.abilities = { ...bench.token.abilities, storesLinks: false };
    expect(await thrownBy(() => bench.run("discard", meant))).toMatchObject({ code: "BYOK_TOKEN_UNSUPPORTED" });
  });
});
