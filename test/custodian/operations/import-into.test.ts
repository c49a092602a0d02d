import { generateKeyPairSync } from "node:crypto";
import { ByokError } from "../../../provider/model/errors";
import type { KeySpec } from "../../../provider/model/key-spec";
import type { ImportRequest } from "../../../provider/model/ports/custodian";
import { account, pairOf, region } from "../doubles/fake-kms";
import { importRequest, labOwner, owner } from "../doubles/requests";
import { Bench } from "../doubles/test-context";
import { thrownBy } from "../doubles/thrown-by";

async function benchWith(
  spec: KeySpec,
  madeBy = owner,
): Promise<{ readonly bench: Bench; readonly arn: string; readonly id: string }> {
  const bench = new Bench();
  const { id } = await bench.run("generate", { owner: madeBy, version: 1, name: "orders", spec });
  return { bench, arn: bench.kms.add(spec), id };
}

/** What must not have happened when a rule refused. */
function nothingLeft({ token, kms }: Bench): void {
  expect(kms.calls).not.toContain("getParametersForImport");
  expect(token.calls).not.toContain("wrap");
  expect(kms.imports).toEqual([]);
}

describe("importing a version", () => {
  it.each([
    ["AES_256", "key-material-id"],
    ["HMAC_224", "mac"],
    ["HMAC_512", "mac"],
    ["EC_P256", "public-key"],
    ["EC_P521", "public-key"],
    ["RSA_2048", "public-key"],
  ] as const)("copies %s, and proves it by %s", async (spec, proof) => {
    const { bench, arn, id } = await benchWith(spec);
    const receipt = await bench.run("importInto", importRequest(arn, spec));
    expect(receipt).toMatchObject({
      proof,
      fingerprint: await bench.token.fingerprint(id),
      importedAt: bench.now.toISOString(),
      importedBy: bench.kms.caller.arn,
    });
    expect(bench.kms.material(arn)).toEqual(bench.token.keys.get(id)?.material);
    expect(receipt.keyMaterialId !== undefined).toBe(spec === "AES_256");
  });

  it("sends the expiry, and none for material that does not expire", async () => {
    const { bench, arn } = await benchWith("AES_256");
    await bench.run("importInto", importRequest(arn, "AES_256", { validTo: "2031-01-01T00:00:00Z" }));
    await bench.run("importInto", importRequest(arn, "AES_256", { existing: true }));
    expect(bench.kms.imports.map(({ validTo }) => validTo)).toEqual([new Date("2031-01-01T00:00:00Z"), undefined]);
  });

  it("says EXISTING_KEY_MATERIAL for a known symmetric material only, and never NEW_KEY_MATERIAL", async () => {
    const { bench, arn } = await benchWith("AES_256");
    await bench.run("importInto", importRequest(arn, "AES_256"));
    await bench.run("importInto", importRequest(arn, "AES_256", { existing: true }));
    const hmac = await benchWith("HMAC_256");
    await hmac.bench.run("importInto", importRequest(hmac.arn, "HMAC_256", { existing: true }));
    expect([...bench.kms.imports, ...hmac.bench.kms.imports].map(({ importType }) => importType)).toEqual([
      undefined,
      "EXISTING_KEY_MATERIAL",
      undefined,
    ]);
  });

  it("remembers the copy before anything is sent, so that a failing import leaves the link", async () => {
    const { bench, arn } = await benchWith("AES_256");
    bench.kms.hook = (method) => {
      if (method === "getParametersForImport") throw new ByokError("BYOK_AWS_ACCESS_DENIED", "denied");
    };
    expect(await thrownBy(() => bench.run("importInto", importRequest(arn, "AES_256")))).toMatchObject({
      code: "BYOK_AWS_ACCESS_DENIED",
      step: "import key material",
    });
    expect(await bench.run("links", owner)).toMatchObject([{ arn }]);
  });

  it("imports without a link into a token that stores none", async () => {
    const { bench, arn } = await benchWith("AES_256");
    bench.token.abilities = { ...bench.token.abilities, storesLinks: false };
    await bench.run("importInto", importRequest(arn, "AES_256"));
    expect(bench.token.data.size).toBe(0);
  });

  it("fetches a new wrapping key once when the import token expired, and wraps anew", async () => {
    const { bench, arn } = await benchWith("AES_256");
    let expired = 1;
    bench.kms.hook = (method) => {
      if (method === "importKeyMaterial" && expired-- > 0)
        throw new ByokError("BYOK_AWS_IMPORT_TOKEN_EXPIRED", "expired");
    };
    await bench.run("importInto", importRequest(arn, "AES_256"));
    expect(bench.token.calls.filter((call) => call === "wrap")).toHaveLength(2);
    expired = 2;
    expect(await thrownBy(() => bench.run("importInto", importRequest(arn, "AES_256")))).toMatchObject({
      code: "BYOK_AWS_IMPORT_TOKEN_EXPIRED",
    });
  });

  it("wipes the blob and the import token, also when the import fails", async () => {
    const { bench, arn } = await benchWith("AES_256");
    let blob: Buffer = Buffer.alloc(0);
    const importKeyMaterial = bench.kms.importKeyMaterial.bind(bench.kms);
    bench.kms.importKeyMaterial = (request) => {
      blob = request.encryptedKeyMaterial;
      return importKeyMaterial(request).then(() => Promise.reject(new ByokError("BYOK_AWS_FAILED", "failed")));
    };
    await thrownBy(() => bench.run("importInto", importRequest(arn, "AES_256")));
    expect(blob.length).toBeGreaterThan(0);
    expect(blob.every((byte) => byte === 0)).toBe(true);
  });

  it("waits for the key to become usable before it proves", async () => {
    const { bench, arn } = await benchWith("HMAC_256");
    let refusals = 3;
    bench.kms.hook = (method) => {
      if (method === "generateMac" && refusals-- > 0) throw new ByokError("BYOK_AWS_INVALID_STATE", "pending import");
    };
    expect(await bench.run("importInto", importRequest(arn, "HMAC_256"))).toMatchObject({ proof: "mac" });
    expect(bench.waits).toEqual([250, 500, 1_000]);
  });

  it("says of a disabled key that its import was accepted, and leaves it disabled", async () => {
    const { bench, arn } = await benchWith("EC_P256");
    await bench.run("importInto", importRequest(arn, "EC_P256"));
    bench.kms.change(arn, { state: "Disabled" });
    const receipt = await bench.run("importInto", importRequest(arn, "EC_P256", { existing: true }));
    expect(receipt.proof).toBe("accepted");
    expect(bench.waits).toEqual([]);
  });

  it("raises BYOK_COPY_DIFFERS when the copy answers with another key", async () => {
    const hmac = await benchWith("HMAC_256");
    hmac.bench.kms.generateMac = () => Promise.resolve(Buffer.alloc(32));
    expect(await thrownBy(() => hmac.bench.run("importInto", importRequest(hmac.arn, "HMAC_256")))).toMatchObject({
      code: "BYOK_COPY_DIFFERS",
      step: "prove the copy",
    });
    const ec = await benchWith("EC_P256");
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    ec.bench.kms.getPublicKey = () => Promise.resolve(publicKey.export({ format: "der", type: "spki" }));
    expect(await thrownBy(() => ec.bench.run("importInto", importRequest(ec.arn, "EC_P256")))).toMatchObject({
      code: "BYOK_COPY_DIFFERS",
    });
    const aes = await benchWith("AES_256");
    aes.bench.kms.change(aes.arn, { keyMaterialId: "0".repeat(64) });
    expect(await thrownBy(() => aes.bench.run("importInto", importRequest(aes.arn, "AES_256")))).toMatchObject({
      code: "BYOK_COPY_DIFFERS",
    });
  });

  it("sends nothing once the provider is gone", async () => {
    const { bench, arn } = await benchWith("AES_256");
    bench.token.hook = (method) => {
      if (method === "wrap") bench.stop.interrupt();
    };
    expect(await thrownBy(() => bench.run("importInto", importRequest(arn, "AES_256")))).toMatchObject({
      code: "BYOK_ENGINE_LOST",
    });
    expect(bench.kms.imports).toEqual([]);
  });
});

describe("before a wrap", () => {
  const loopback = { region, account, endpoint: { kms: "https://127.0.0.1:4566" } };
  const refusals: readonly (readonly [string, Partial<ImportRequest>, string, string])[] = [
    [
      "no entry",
      { rules: { allowedTargets: [], lab: false, minOaepHash: "sha256" } },
      "BYOK_TARGET_NOT_TRUSTED",
      "{ aws: { account:",
    ],
    [
      "a lab key that would go to AWS",
      { owner: labOwner, rules: { allowedTargets: [], lab: true, minOaepHash: "sha256" } },
      "BYOK_TARGET_NOT_TRUSTED",
      "without lab",
    ],
    [
      "a lab key that is passed off as a real one",
      { owner: labOwner },
      "BYOK_TARGET_NOT_TRUSTED",
      "Generate another key",
    ],
    [
      "a real key whose group is a lab now",
      { rules: { allowedTargets: [], lab: true, minOaepHash: "sha256" } },
      "BYOK_TARGET_NOT_TRUSTED",
      "Generate another key",
    ],
    [
      "a weaker algorithm than the token has",
      { wrappingAlgorithm: "RSAES_OAEP_SHA_1" },
      "BYOK_WRAP_REFUSED",
      "Refresh",
    ],
    [
      "an algorithm of another key type",
      { wrappingAlgorithm: "RSA_AES_KEY_WRAP_SHA_256" },
      "BYOK_WRAP_REFUSED",
      "Refresh",
    ],
  ];

  it.each(refusals)("refuses %s", async (_, changes, code, hint) => {
    const { bench, arn } = await benchWith("AES_256", changes.owner);
    const error = await thrownBy(() => bench.run("importInto", importRequest(arn, "AES_256", changes)));
    expect(error.code).toBe(code);
    expect(error.hint).toContain(hint);
    nothingLeft(bench);
    expect(bench.token.data.size).toBe(0);
  });

  it("does not even call a target that the rules do not name", async () => {
    const { bench, arn } = await benchWith("AES_256");
    const target = { connection: loopback, keyArn: arn, configValues: {} };
    const error = await thrownBy(() => bench.run("importInto", importRequest(arn, "AES_256", { target })));
    expect(error.code).toBe("BYOK_TARGET_NOT_TRUSTED");
    expect(bench.opened).toEqual([]);
  });

  it("decides the rules again at the last moment: a CA file that was exchanged meanwhile is refused", async () => {
    const { bench, arn } = await benchWith("AES_256");
    const [first, second] = ["a".repeat(64), "b".repeat(64)];
    const host = "kms.internal.example";
    const request = importRequest(arn, "AES_256", {
      rules: {
        allowedTargets: [{ aws: { account, regions: [region], host, caSha256: first } }],
        lab: false,
        minOaepHash: "sha256",
      },
      target: {
        connection: { region, account, endpoint: { kms: `https://${host}` }, tls: { caFile: "ca.pem" } },
        keyArn: arn,
        configValues: {},
      },
    });
    bench.caDigests = [first];
    bench.kms.hook = (method) => {
      if (method === "getParametersForImport") bench.caDigests = [second];
    };
    expect(await thrownBy(() => bench.run("importInto", request))).toMatchObject({ code: "BYOK_TARGET_NOT_TRUSTED" });
    expect(bench.token.calls).not.toContain("wrap");
    expect(bench.opened.map(({ deps }) => deps.caSha256)).toEqual([[first]]);
  });

  it("refuses a token that only has SHA-1, unless the group permits it", async () => {
    const { bench, arn } = await benchWith("AES_256");
    bench.token.abilities = { ...bench.token.abilities, oaepHashes: ["sha1"] };
    const weak = importRequest(arn, "AES_256", { wrappingAlgorithm: "RSAES_OAEP_SHA_1" });
    expect(await thrownBy(() => bench.run("importInto", weak))).toMatchObject({ code: "BYOK_WRAP_REFUSED" });
    nothingLeft(bench);
    await bench.run("importInto", { ...weak, rules: { ...weak.rules, minOaepHash: "sha1" } });
    expect(bench.kms.material(arn)).toBeDefined();
  });

  it("refuses credentials of another account", async () => {
    const { bench, arn } = await benchWith("AES_256");
    bench.kms.caller = { account: "999999999999", arn: "arn:aws:iam::999999999999:user/other" };
    expect(await thrownBy(() => bench.run("importInto", importRequest(arn, "AES_256")))).toMatchObject({
      code: "BYOK_AWS_WRONG_ACCOUNT",
    });
    nothingLeft(bench);
  });

  it.each([
    ["an AWS-made origin", { origin: "AWS_KMS" }, "BYOK_AWS_REQUEST_INVALID"],
    ["a key that AWS manages", { manager: "AWS" }, "BYOK_AWS_REQUEST_INVALID"],
    ["another key spec", { spec: "HMAC_256" }, "BYOK_AWS_REQUEST_INVALID"],
    ["another account", { account: "999999999999" }, "BYOK_AWS_REQUEST_INVALID"],
    ["a key that will be deleted", { state: "PendingDeletion" }, "BYOK_AWS_INVALID_STATE"],
    ["a key that is being made", { state: "Creating" }, "BYOK_AWS_INVALID_STATE"],
  ] as const)("refuses a key with %s", async (_, changes, code) => {
    const { bench, arn } = await benchWith("AES_256");
    bench.kms.change(arn, changes);
    expect(await thrownBy(() => bench.run("importInto", importRequest(arn, "AES_256")))).toMatchObject({ code });
    nothingLeft(bench);
  });

  it("refuses a key that does not exist, and one of another Region", async () => {
    const { bench, arn } = await benchWith("AES_256");
    expect(await thrownBy(() => bench.run("importInto", importRequest(`${arn}0`, "AES_256")))).toMatchObject({
      code: "BYOK_AWS_NOT_FOUND",
    });
    const elsewhere = arn.replace(region, "us-east-1");
    expect(await thrownBy(() => bench.run("importInto", importRequest(elsewhere, "AES_256")))).toMatchObject({
      code: "BYOK_INPUT_INVALID",
    });
    nothingLeft(bench);
  });

  it("refuses a closed version, a missing one and one of another type", async () => {
    const { bench, arn } = await benchWith("AES_256");
    const missing = importRequest(arn, "AES_256", { version: 9 });
    expect(await thrownBy(() => bench.run("importInto", missing))).toMatchObject({ code: "BYOK_KEY_NOT_FOUND" });
    expect(await thrownBy(() => bench.run("importInto", importRequest(arn, "HMAC_256")))).toMatchObject({
      code: "BYOK_KEY_DRIFTED",
    });
    await bench.run("close", { owner, version: 1 });
    expect(await thrownBy(() => bench.run("importInto", importRequest(arn, "AES_256")))).toMatchObject({
      code: "BYOK_KEY_NOT_EXPORTABLE",
    });
    nothingLeft(bench);
  });

  it.each([
    ["smaller than was asked for", pairOf("RSA_2048"), "RSA_3072"],
    ["no RSA key", () => generateKeyPairSync("ec", { namedCurve: "P-256" }), "RSA_2048"],
    [
      "one with a tiny exponent",
      () => generateKeyPairSync("rsa", { modulusLength: 2048, publicExponent: 3 }),
      "RSA_2048",
    ],
  ] as const)("refuses a wrapping key that is %s", async (_, wrappingKey, wrappingKeySpec) => {
    const { bench, arn } = await benchWith("AES_256");
    bench.kms.wrappingKey = wrappingKey;
    const request = importRequest(arn, "AES_256", { wrappingKeySpec });
    expect(await thrownBy(() => bench.run("importInto", request))).toMatchObject({ code: "BYOK_WRAP_REFUSED" });
    expect(bench.token.calls).not.toContain("wrap");
  });
});
