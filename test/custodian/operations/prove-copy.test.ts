import type { KeySpec } from "../../../provider/model/key-spec";
import { importRequest, owner } from "../doubles/requests";
import { Bench } from "../doubles/test-context";
import { thrownBy } from "../doubles/thrown-by";

async function copied(
  spec: KeySpec,
): Promise<{ readonly bench: Bench; readonly arn: string; readonly id: string | undefined }> {
  const bench = new Bench();
  await bench.run("generate", { owner, version: 1, name: "orders", spec });
  const arn = bench.kms.add(spec);
  const { keyMaterialId } = await bench.run("importInto", importRequest(arn, spec));
  bench.kms.calls.length = 0;
  bench.token.calls.length = 0;
  return { bench, arn, id: keyMaterialId };
}

describe("proving a copy", () => {
  it.each([
    ["EC_P384", "public-key"],
    ["RSA_2048", "public-key"],
    ["HMAC_384", "mac"],
  ] as const)("of %s reads and writes nothing", async (spec, proof) => {
    const { bench, arn } = await copied(spec);
    expect(await bench.run("prove", importRequest(arn, spec))).toMatchObject({ proof });
    expect(bench.kms.imports).toHaveLength(1);
    expect(bench.token.calls).not.toContain("wrap");
  });

  it("of a symmetric key imports a fresh wrap as existing material and compares what KMS computes", async () => {
    const { bench, arn, id } = await copied("AES_256");
    const request = { ...importRequest(arn, "AES_256"), ...(id === undefined ? {} : { expectedKeyMaterialId: id }) };
    expect(await bench.run("prove", request)).toMatchObject({ proof: "key-material-id", keyMaterialId: id });
    expect(bench.kms.imports.at(-1)).toMatchObject({ importType: "EXISTING_KEY_MATERIAL" });
    expect(bench.token.calls.filter((call) => call === "wrap")).toHaveLength(1);
  });

  it("leaves the expiry as KMS tells it at that moment, whatever the request says", async () => {
    const { bench, arn } = await copied("AES_256");
    const now = new Date("2030-12-24T00:00:00Z");
    bench.kms.change(arn, { expires: true, validTo: new Date("2030-11-11T00:00:00Z") });
    bench.kms.hook = (method) => {
      if (method === "getParametersForImport") bench.kms.change(arn, { expires: true, validTo: now });
    };
    await bench.run("prove", importRequest(arn, "AES_256", { validTo: "2030-09-09T00:00:00Z" }));
    expect(bench.kms.imports.at(-1)?.validTo).toEqual(now);
    bench.kms.hook = () => undefined;
    bench.kms.change(arn, { expires: false });
    await bench.run("prove", importRequest(arn, "AES_256", { validTo: "2030-09-09T00:00:00Z" }));
    expect(bench.kms.imports.at(-1)?.validTo).toBeUndefined();
  });

  it.each(["Disabled", "PendingImport", "PendingDeletion"] as const)(
    "never touches a key that is %s",
    async (state) => {
      const { bench, arn } = await copied("AES_256");
      bench.kms.change(arn, { state });
      expect(await thrownBy(() => bench.run("prove", importRequest(arn, "AES_256")))).toMatchObject({
        code: "BYOK_AWS_INVALID_STATE",
      });
      expect(bench.kms.imports).toHaveLength(1);
    },
  );

  it("sends nothing to a key that was disabled while it waited for the wrapping key", async () => {
    const { bench, arn } = await copied("AES_256");
    bench.kms.hook = (method) => {
      if (method === "getParametersForImport") bench.kms.change(arn, { state: "Disabled" });
    };
    expect(await thrownBy(() => bench.run("prove", importRequest(arn, "AES_256")))).toMatchObject({
      code: "BYOK_AWS_INVALID_STATE",
    });
    expect(bench.kms.imports).toHaveLength(1);
  });

  it("raises BYOK_COPY_DIFFERS when KMS refuses the material, or knows it by another id than was recorded", async () => {
    const { bench, arn } = await copied("AES_256");
    const expectedKeyMaterialId = "0".repeat(64);
    expect(
      await thrownBy(() => bench.run("prove", { ...importRequest(arn, "AES_256"), expectedKeyMaterialId })),
    ).toMatchObject({ code: "BYOK_COPY_DIFFERS" });
    bench.token.keys.clear();
    await bench.run("generate", { owner, version: 1, name: "orders", spec: "AES_256" });
    expect(await thrownBy(() => bench.run("prove", importRequest(arn, "AES_256")))).toMatchObject({
      code: "BYOK_COPY_DIFFERS",
    });
  });

  it("of a closed version works by reading, and is refused for a symmetric key", async () => {
    const ec = await copied("EC_P256");
    await ec.bench.run("close", { owner, version: 1 });
    expect(await ec.bench.run("prove", importRequest(ec.arn, "EC_P256"))).toMatchObject({ proof: "public-key" });
    const aes = await copied("AES_256");
    await aes.bench.run("close", { owner, version: 1 });
    expect(await thrownBy(() => aes.bench.run("prove", importRequest(aes.arn, "AES_256")))).toMatchObject({
      code: "BYOK_KEY_NOT_EXPORTABLE",
    });
  });

  it("remembers a copy that the token had forgotten, before it sends", async () => {
    const { bench, arn } = await copied("AES_256");
    bench.token.data.clear();
    await bench.run("prove", importRequest(arn, "AES_256"));
    expect(await bench.run("links", owner)).toMatchObject([{ arn }]);
  });
});
