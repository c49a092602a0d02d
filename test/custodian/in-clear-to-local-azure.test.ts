import { readdirSync, readFileSync } from "node:fs";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { openKeyVault } from "../../provider/azure/open-key-vault";
import { openCustodian, type OpenCustodian } from "../../provider/custodian/client";
import { azureKeyTypeOf } from "../../provider/model/azure-key-type";
import type { KeySpec } from "../../provider/model/key-spec";
import { ownershipTags, sourceOwner } from "../../provider/model/owner";
import type { AzureClearImportRequest } from "../../provider/model/ports/azure-import";
import { azureBench, secretOf, type AzureBench } from "../azure/local-vault";
import { createSoftHsmToken, type SoftHsmToken } from "../tokens/softhsm-token";
import { labOwner } from "./doubles/requests";

jest.setTimeout(180_000);

let token: SoftHsmToken;
let bench: AzureBench;
let custodian: OpenCustodian;
beforeAll(async () => {
  token = await createSoftHsmToken();
  bench = await azureBench();
  custodian = openCustodian(token.connection, {
    environment: { ...process.env, TEST_AZURE_SECRET: secretOf(bench) },
  });
});
afterAll(async () => {
  await custodian.end();
  await bench.dispose();
  await token.dispose();
});

/** Made to leave in clear, in a lab. */
const owner = sourceOwner({ organization: "acme", urn: "urn:clear" }, { lab: true, plaintextExport: true });

function importOf(
  spec: KeySpec,
  version: number,
  more: Partial<AzureClearImportRequest> = {},
): AzureClearImportRequest {
  return {
    owner,
    version,
    spec,
    rules: { allowedTargets: [], lab: true, minOaepHash: "sha256" },
    target: {
      connection: bench.connection("standard"),
      keyName: `clear-${spec.replaceAll("_", "-")}`,
      configValues: {},
    },
    operations: azureKeyTypeOf(spec)?.operations ?? [],
    enabled: true,
    tags: { [ownershipTags.owner]: "e".repeat(32) },
    copyName: "copy",
    ...more,
  };
}

/** Processes that hold a token at present, by what they call themselves. */
const custodians = (): readonly number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, "utf8");
        return (
          /^PPid:\s*(\d+)/m.exec(status)?.[1] === String(process.pid) && status.startsWith("Name:\tbyok-custodian")
        );
      } catch {
        return false;
      }
    })
    .map(Number);

const specs = ["RSA_2048", "RSA_3072", "RSA_4096", "EC_P256", "EC_P384", "EC_P521", "EC_SECP256K1"] as const;

describe("a key in clear to a standard vault", () => {
  it.each(specs.map((spec, index) => [spec, index + 1] as const))(
    "of type %s arrives as the same key, sent by a process that is gone afterwards",
    async (spec, version) => {
      const made = await custodian.generate({ owner, version, name: `key of type ${spec}`, spec });
      const receipt = await custodian.importInClear(importOf(spec, version));
      expect(receipt).toMatchObject({
        proof: "public-key",
        fingerprint: made.fingerprint,
        checkValue: made.checkValue,
      });
      expect(custodians()).toEqual([custodian.pid]);
      const material = await bench.azure.admin.materialOf(receipt.keyId);
      const spki = createPublicKey(createPrivateKey({ key: material, format: "der", type: "pkcs8" }));
      expect(spki.export({ format: "der", type: "spki" }).toString("base64")).toBe(made.publicKey);
      expect((await custodian.links(owner)).filter((link) => link.version === version)).toMatchObject([
        { arn: receipt.keyId.slice(0, receipt.keyId.lastIndexOf("/")) },
      ]);
    },
  );

  it("is refused where the token made the key for hardware, whatever is asked for", async () => {
    await custodian.generate({ owner: labOwner, version: 1, name: "for hardware", spec: "EC_P256" });
    await expect(custodian.importInClear(importOf("EC_P256", 1, { owner: labOwner }))).rejects.toMatchObject({
      code: "BYOK_CLEAR_EXPORT_REFUSED",
      message: expect.stringContaining("was not made to leave its token in clear"),
    });
  });

  it("is refused for a key that a file is only said to be, and for every copy that hardware would protect", async () => {
    const file = { path: "/nowhere", encoding: "raw", keptAs: "for hardware" } as const;
    await expect(custodian.importInClear(importOf("EC_P256", 1, { owner: labOwner, file }))).rejects.toMatchObject({
      code: "BYOK_CLEAR_EXPORT_REFUSED",
    });
    const port = openKeyVault(bench.connection("premium"), {
      configValues: {},
      env: { TEST_AZURE_SECRET: secretOf(bench) },
    });
    const { id, publicKeySha256 } = await port.makeWrappingKey({ name: "byok-kek-clear", bits: 2048, tags: {} });
    const clear = importOf("EC_P256", 4);
    const target = { ...clear.target, connection: bench.connection("premium"), keyName: "in-hardware" };
    const wrappingKey = {
      id,
      publicKeySha256,
      group: "c".repeat(32),
      made: true,
      remembers: true,
      bits: 2048,
    } as const;
    await expect(custodian.importIntoAzure({ ...clear, target, wrappingKey })).rejects.toMatchObject({
      code: "BYOK_CLEAR_EXPORT_REFUSED",
    });
  });

  it("tries a wrong PIN once, however many wait", async () => {
    const wrong = openCustodian(
      { ...token.connection, pin: "env:WRONG_PIN" },
      { environment: { ...process.env, TEST_AZURE_SECRET: secretOf(bench), WRONG_PIN: "not-the-pin-0" } },
    );
    const imports = [1, 2, 3].map((version) => wrong.importInClear(importOf("RSA_2048", version)));
    for (const outcome of await Promise.allSettled(imports))
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "BYOK_TOKEN_PIN_INCORRECT" } });
    expect(custodians().filter((pid) => pid !== custodian.pid && pid !== wrong.pid)).toEqual([]);
    await wrong.end();
  });

  it("goes nowhere that the source group does not allow, and tells no trace of the key in what fails", async () => {
    const rules = { allowedTargets: [], lab: false, minOaepHash: "sha256" } as const;
    await expect(custodian.importInClear(importOf("RSA_2048", 1, { rules }))).rejects.toMatchObject({
      code: "BYOK_TARGET_NOT_TRUSTED",
    });
    const tags = { "": "x".repeat(300) };
    await expect(custodian.importInClear(importOf("RSA_2048", 1, { tags }))).rejects.toMatchObject({
      message: expect.not.stringMatching(/"d"|"p"|[A-Za-z0-9_-]{60}/),
    });
  });
});
