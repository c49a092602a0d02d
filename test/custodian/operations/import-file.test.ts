import { createCipheriv, generateKeyPairSync, randomBytes } from "node:crypto";
import { inspectFile } from "../../../provider/custodian/material";
import type { ImportRequest, MaterialFile } from "../../../provider/model/ports/custodian";
import type { KeySpec } from "../../../provider/model/key-spec";
import { importRequest, labOwner, owner } from "../doubles/requests";
import { Bench } from "../doubles/test-context";
import { thrownBy } from "../doubles/thrown-by";

const kek = { owner: "00".padEnd(32, "c"), version: 1 };
const material = randomBytes(32);
let bench: Bench;
let kekBytes: readonly Buffer[];
beforeEach(async () => {
  bench = new Bench();
  for (const version of [1, 2]) {
    await bench.run("generate", { ...kek, version, name: "transport", spec: "AES_256", unwraps: true });
  }
  kekBytes = [...bench.token.keys.values()].map((held) => held.material);
  bench.token.calls.length = 0;
});

const encrypted = (bytes: Buffer, underVersion = 2): Buffer => {
  const key = kekBytes[underVersion - 1] ?? Buffer.alloc(32);
  const cipher = createCipheriv("id-aes256-wrap-pad", key, Buffer.from("a65959a6", "hex"));
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
};
const file = (more: Partial<MaterialFile> = {}): MaterialFile => ({
  path: "partner.bin",
  encoding: "raw",
  kek,
  wrap: "AES_KWP",
  ...more,
});
const request = (arn: string, spec: KeySpec, from: MaterialFile, more: Partial<ImportRequest> = {}): ImportRequest =>
  importRequest(arn, spec, { file: from, ...more });

describe("importing a file that is encrypted under a key of the token", () => {
  it("brings the partner's key to the cloud, and leaves nothing of it in the token", async () => {
    bench.files.set("partner.bin", encrypted(material));
    const arn = bench.kms.add("AES_256");
    const keys = bench.token.keys.size;
    const receipt = await bench.run("importInto", request(arn, "AES_256", file()));
    expect(bench.kms.material(arn)).toEqual(material);
    expect(receipt).toMatchObject({ proof: "key-material-id" });
    expect(bench.token.keys.size).toBe(keys);
    expect(bench.token.data.size).toBe(0);
  });

  it("opens what was encrypted under an earlier version of that key", async () => {
    bench.files.set("partner.bin", encrypted(material, 1));
    const arn = bench.kms.add("AES_256");
    await bench.run("importInto", request(arn, "AES_256", file()));
    expect(bench.kms.material(arn)).toEqual(material);
  });

  it("proves an HMAC key by its MAC", async () => {
    bench.files.set("partner.bin", encrypted(material));
    const arn = bench.kms.add("HMAC_256");
    expect(await bench.run("importInto", request(arn, "HMAC_256", file()))).toMatchObject({ proof: "mac" });
  });

  it("refuses another key than the one that was imported, before the cloud is reached", async () => {
    bench.files.set("partner.bin", encrypted(material));
    const arn = bench.kms.add("AES_256");
    const { fingerprint } = await bench.run("importInto", request(arn, "AES_256", file()));
    const again = { existing: true, expectedFingerprint: `${fingerprint.method}:${fingerprint.value}` };
    await bench.run("importInto", request(arn, "AES_256", file(), again));
    bench.files.set("partner.bin", encrypted(randomBytes(32)));
    const calls = bench.kms.calls.length;
    const refusal = await thrownBy(() => bench.run("importInto", request(arn, "AES_256", file(), again)));
    expect(refusal).toMatchObject({ code: "BYOK_KEY_DRIFTED" });
    expect(refusal.sentence).toMatch(
      /the file partner\.bin holds is another key.*hand over the file that was imported first/,
    );
    expect(bench.kms.calls).toHaveLength(calls);
  });

  it("keeps it on request, once, and needs the file no more", async () => {
    bench.files.set("partner.bin", encrypted(material));
    const arn = bench.kms.add("AES_256");
    const kept = file({ keptAs: "partner" });
    await bench.run("importInto", request(arn, "AES_256", kept));
    bench.files.clear();
    await bench.run("importInto", request(arn, "AES_256", kept, { existing: true }));
    expect(bench.token.calls.filter((call) => call === "keepForeign")).toHaveLength(1);
    expect((await bench.run("list", owner)).map(({ name, version }) => [name, version])).toEqual([["partner", 1]]);
    expect(await bench.run("links", owner)).toMatchObject([{ arn }]);
  });

  it("goes to no target that the rules do not name", async () => {
    bench.files.set("partner.bin", encrypted(material));
    const rules = { allowedTargets: [], lab: false, minOaepHash: "sha256" } as const;
    const arn = bench.kms.add("AES_256");
    expect(await thrownBy(() => bench.run("importInto", request(arn, "AES_256", file(), { rules })))).toMatchObject({
      code: "BYOK_TARGET_NOT_TRUSTED",
    });
    expect(bench.token.calls).not.toContain("wrapForeign");
    expect(bench.kms.imports).toEqual([]);
  });

  it("is opened by no key of a lab", async () => {
    bench.files.set("partner.bin", encrypted(material));
    const ofLab = file({ kek: { owner: labOwner, version: 1 } });
    expect(await thrownBy(() => bench.run("fingerprintFile", ofLab, "AES_256", false))).toMatchObject({
      code: "BYOK_TARGET_NOT_TRUSTED",
      property: "material.kek",
    });
  });
});

describe("importing a file in clear", () => {
  const clear: MaterialFile = { path: "clear", encoding: "hex" };

  it("goes through the token as well", async () => {
    bench.files.set("clear", Buffer.from(material.toString("hex")));
    const arn = bench.kms.add("AES_256");
    await bench.run("importInto", request(arn, "AES_256", clear));
    expect(bench.kms.material(arn)).toEqual(material);
    expect(bench.token.calls).toContain("wrapForeign");
  });

  it("is asked for as one that nobody else may read, and an encrypted one is not", async () => {
    const asked: boolean[] = [];
    const context = {
      ...bench.context,
      readFile: (_path: string, { guarded }: { readonly guarded: boolean }) => {
        asked.push(guarded);
        return Promise.resolve(Buffer.from(material.toString("hex")));
      },
    };
    await inspectFile(context, clear, "AES_256");
    await inspectFile(context, { ...clear, kek, wrap: "AES_KWP" }, "AES_256");
    expect(asked).toEqual([true, false]);
  });

  it("is refused where it holds something else, with neither token nor cloud asked", async () => {
    const pem = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "pem", type: "sec1" });
    bench.files.set("clear", Buffer.from(pem));
    const arn = bench.kms.add("EC_P256");
    const raw = { ...clear, encoding: "raw" } as const;
    expect(await thrownBy(() => bench.run("importInto", request(arn, "EC_P256", raw)))).toMatchObject({
      code: "BYOK_MATERIAL_INVALID",
    });
    expect(bench.token.calls).toEqual([]);
    expect(bench.kms.calls).toEqual([]);
  });
});
