import {
  DeleteImportedKeyMaterialCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GetParametersForImportCommand,
  GetPublicKeyCommand,
  ImportKeyMaterialCommand,
  type KMSClient,
  ListKeyRotationsCommand,
  SignCommand,
} from "@aws-sdk/client-kms";
import { createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { type LocalAws } from "../../provider/local";
import { endClouds, startCloud, targetOf } from "./cloud-fixture";
import { allSpecs, materialFor, mayTravel } from "./key-material";
import { createExternal, createKey, importMaterial, kmsClient, parametersFor, refusalOf } from "./kms-client";
import { algorithms, wrapMaterial, wrappingKeys } from "./wrap-material";

let cloud: LocalAws;
let kms: KMSClient;

beforeEach(async () => {
  cloud = await startCloud({ exposeMaterial: true });
  kms = kmsClient(targetOf(cloud));
});
afterEach(endClouds);

async function stateOf(keyId: string): Promise<string | undefined> {
  return (await kms.send(new DescribeKeyCommand({ KeyId: keyId }))).KeyMetadata?.KeyState;
}

describe("GetParametersForImport", () => {
  const refused = allSpecs.flatMap((spec) =>
    algorithms.flatMap((algorithm) =>
      wrappingKeys.filter((size) => !mayTravel(spec, algorithm, size)).map((size) => ({ spec, algorithm, size })),
    ),
  );
  it.each(refused)("refuses $algorithm with $size for $spec", async ({ spec, algorithm, size }) => {
    const key = await createExternal(kms, spec);
    expect((await refusalOf(parametersFor(kms, key.KeyId, algorithm, size))).name).toBe(
      "UnsupportedOperationException",
    );
  });

  it("refuses RSAES_PKCS1_V1_5, which the API model still names", async () => {
    const key = await createExternal(kms);
    const call = kms.send(
      new GetParametersForImportCommand({
        KeyId: key.KeyId,
        WrappingAlgorithm: "RSAES_PKCS1_V1_5",
        WrappingKeySpec: "RSA_2048",
      }),
    );
    expect((await refusalOf(call)).name).toBe("UnsupportedOperationException");
  });

  it.each(wrappingKeys)("gives a wrapping key of the size %s, a token and 24 hours", async (size) => {
    const key = await createExternal(kms);
    const now = await cloud.admin.now();
    const { publicKey, validTo } = await parametersFor(kms, key.KeyId, "RSAES_OAEP_SHA_256", size);
    const der = { key: Buffer.from(publicKey), format: "der", type: "spki" } as const;
    expect(createPublicKey(der).asymmetricKeyDetails?.modulusLength).toBe(Number(size.slice(4)));
    expect(Math.abs(validTo.getTime() - now.getTime() - 86_400_000)).toBeLessThan(5000);
  });

  it("gives a new wrapping key for each call when that is asked for", async () => {
    const fresh = kmsClient(targetOf(await startCloud({ freshWrappingKeys: true })));
    const key = await createExternal(fresh);
    const [first, second] = [await parametersFor(fresh, key.KeyId), await parametersFor(fresh, key.KeyId)];
    expect(Buffer.from(first.publicKey).equals(Buffer.from(second.publicKey))).toBe(false);
    const blob = wrapMaterial(first.publicKey, "RSAES_OAEP_SHA_256", randomBytes(32));
    const call = fresh.send(
      new ImportKeyMaterialCommand({
        KeyId: key.KeyId,
        ImportToken: second.token,
        EncryptedKeyMaterial: blob,
        ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE",
      }),
    );
    expect((await refusalOf(call)).name).toBe("InvalidCiphertextException");
  });
});

describe("an import token", () => {
  async function importWith(
    parameters: { token: Uint8Array; publicKey: Uint8Array },
    keyId: string,
    material: Buffer,
  ): Promise<unknown> {
    return kms.send(
      new ImportKeyMaterialCommand({
        KeyId: keyId,
        ImportToken: parameters.token,
        EncryptedKeyMaterial: wrapMaterial(parameters.publicKey, "RSAES_OAEP_SHA_256", material),
        ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE",
      }),
    );
  }

  it("is valid for 24 hours of the cloud's clock", async () => {
    const key = await createExternal(kms);
    const parameters = await parametersFor(kms, key.KeyId);
    await cloud.admin.advanceClock({ hours: 24 });
    expect((await refusalOf(importWith(parameters, key.KeyId, randomBytes(32)))).name).toBe(
      "ExpiredImportTokenException",
    );
  });

  it("may be used again, so that a lost answer can be repeated", async () => {
    const key = await createExternal(kms);
    const parameters = await parametersFor(kms, key.KeyId);
    const material = randomBytes(32);
    await importWith(parameters, key.KeyId, material);
    await importWith(parameters, key.KeyId, material);
    expect(await stateOf(key.KeyId)).toBe("Enabled");
  });

  it("fixes the wrapping algorithm", async () => {
    const key = await createExternal(kms);
    const { token, publicKey } = await parametersFor(kms, key.KeyId, "RSAES_OAEP_SHA_1");
    expect((await refusalOf(importWith({ token, publicKey }, key.KeyId, randomBytes(32)))).name).toBe(
      "InvalidCiphertextException",
    );
  });

  it("that is garbage is invalid", async () => {
    const key = await createExternal(kms);
    const { publicKey } = await parametersFor(kms, key.KeyId);
    expect((await refusalOf(importWith({ token: randomBytes(200), publicKey }, key.KeyId, randomBytes(32)))).name).toBe(
      "InvalidImportTokenException",
    );
  });
});

describe("imported material", () => {
  it.each(allSpecs)("of the spec %s is in the cloud byte by byte what was wrapped", async (spec) => {
    const material = materialFor(spec);
    const key = await createExternal(kms, spec);
    const algorithm = mayTravel(spec, "RSAES_OAEP_SHA_256", "RSA_3072")
      ? "RSAES_OAEP_SHA_256"
      : "RSA_AES_KEY_WRAP_SHA_256";
    await importMaterial(kms, key.KeyId, material, { algorithm, wrappingKey: "RSA_3072" });
    expect((await cloud.admin.materialOf(key.KeyId)).equals(material)).toBe(true);
  });

  it("stays the only one: other material is refused", async () => {
    const key = await createExternal(kms);
    await importMaterial(kms, key.KeyId, randomBytes(32));
    expect((await refusalOf(importMaterial(kms, key.KeyId, randomBytes(32)))).name).toBe(
      "IncorrectKeyMaterialException",
    );
  });

  it("stays the only one after it was deleted", async () => {
    const key = await createExternal(kms);
    const id = await importMaterial(kms, key.KeyId, randomBytes(32));
    const deleted = await kms.send(new DeleteImportedKeyMaterialCommand({ KeyId: key.KeyId }));
    expect(deleted).toMatchObject({ KeyId: key.Arn, KeyMaterialId: id });
    expect(await stateOf(key.KeyId)).toBe("PendingImport");
    expect((await refusalOf(importMaterial(kms, key.KeyId, randomBytes(32)))).name).toBe(
      "IncorrectKeyMaterialException",
    );
  });

  it("has another id in another key", async () => {
    const material = randomBytes(32);
    const [a, b] = [await createExternal(kms), await createExternal(kms)];
    expect(await importMaterial(kms, a.KeyId, material)).not.toBe(await importMaterial(kms, b.KeyId, material));
  });

  it("must match the key material id that the caller names", async () => {
    const key = await createExternal(kms);
    const material = randomBytes(32);
    const id = await importMaterial(kms, key.KeyId, material);
    await importMaterial(kms, key.KeyId, material, { KeyMaterialId: id });
    const refusal = await refusalOf(importMaterial(kms, key.KeyId, material, { KeyMaterialId: "0".repeat(64) }));
    expect(refusal.name).toBe("IncorrectKeyMaterialException");
  });

  it("of another curve or size is refused", async () => {
    const key = await createExternal(kms, "ECC_NIST_P256");
    expect((await refusalOf(importMaterial(kms, key.KeyId, materialFor("ECC_SECG_P256K1")))).name).toBe(
      "IncorrectKeyMaterialException",
    );
    const rsa = await createExternal(kms, "RSA_3072");
    const options = { algorithm: "RSA_AES_KEY_WRAP_SHA_256" } as const;
    expect((await refusalOf(importMaterial(kms, rsa.KeyId, materialFor("RSA_2048"), options))).name).toBe(
      "IncorrectKeyMaterialException",
    );
  });

  it("cannot go into a key that AWS made", async () => {
    const key = await createKey(kms);
    expect(await refusalOf(parametersFor(kms, key.KeyId))).toMatchObject({
      name: "UnsupportedOperationException",
      message: `${key.Arn} origin is AWS_KMS which is not valid for this operation.`,
    });
  });

  it("takes ImportType and KeyMaterialDescription for symmetric keys only", async () => {
    const key = await createExternal(kms, "HMAC_256");
    const refusal = await refusalOf(
      importMaterial(kms, key.KeyId, randomBytes(32), { ImportType: "NEW_KEY_MATERIAL" }),
    );
    expect(refusal.name).toBe("UnsupportedOperationException");
  });

  it("keeps its description over a re-import that gives none", async () => {
    const key = await createExternal(kms);
    const material = randomBytes(32);
    await importMaterial(kms, key.KeyId, material, { KeyMaterialDescription: "first" });
    await importMaterial(kms, key.KeyId, material);
    const { Rotations } = await kms.send(
      new ListKeyRotationsCommand({ KeyId: key.KeyId, IncludeKeyMaterial: "ALL_KEY_MATERIAL" }),
    );
    expect(Rotations?.[0]).toMatchObject({
      KeyMaterialDescription: "first",
      ImportState: "IMPORTED",
      KeyMaterialState: "CURRENT",
    });
  });
});

describe("a private key that a token padded", () => {
  const padded = (spec: "ECC_NIST_P521" | "RSA_2048", zeros: number): Buffer =>
    Buffer.concat([materialFor(spec), Buffer.alloc(zeros)]);
  const composed = { algorithm: "RSA_AES_KEY_WRAP_SHA_256" } as const;

  it("is accepted and reported", async () => {
    const key = await createExternal(kms, "ECC_NIST_P521");
    const id = await importMaterial(kms, key.KeyId, padded("ECC_NIST_P521", 7), composed);
    const { SigningAlgorithms } = await kms.send(new GetPublicKeyCommand({ KeyId: key.KeyId }));
    await kms.send(
      new SignCommand({ KeyId: key.KeyId, Message: Buffer.from("x"), SigningAlgorithm: SigningAlgorithms?.[0] }),
    );
    expect(await cloud.admin.paddedImports()).toEqual([
      { account: "111122223333", region: "eu-central-1", keyId: key.KeyId, keyMaterialId: id, trailingZeroBytes: 7 },
    ]);
  });

  it("is the same material as without its padding", async () => {
    const key = await createExternal(kms, "RSA_2048");
    const first = await importMaterial(kms, key.KeyId, materialFor("RSA_2048"), composed);
    expect(await importMaterial(kms, key.KeyId, padded("RSA_2048", 3), composed)).toBe(first);
  });

  it("is refused with strictDer", async () => {
    const strict = kmsClient(targetOf(await startCloud({ strictDer: true })));
    const key = await createExternal(strict, "RSA_2048");
    expect((await refusalOf(importMaterial(strict, key.KeyId, padded("RSA_2048", 3), composed))).name).toBe(
      "InvalidCiphertextException",
    );
    await importMaterial(strict, key.KeyId, materialFor("RSA_2048"), composed);
  });

  it("is refused when the rest is not zero", async () => {
    const key = await createExternal(kms, "ECC_NIST_P256");
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    const material = Buffer.concat([privateKey.export({ format: "der", type: "pkcs8" }), Buffer.from([0, 1])]);
    expect((await refusalOf(importMaterial(kms, key.KeyId, material))).name).toBe("InvalidCiphertextException");
  });
});

describe("an expiry date", () => {
  const inDays = async (days: number): Promise<Date> =>
    new Date((await cloud.admin.now()).getTime() + days * 86_400_000);

  it("takes the material away when it comes, and the same material brings the key back", async () => {
    const key = await createExternal(kms);
    const material = randomBytes(32);
    const ValidTo = await inDays(30);
    await importMaterial(kms, key.KeyId, material, { ValidTo });
    const { KeyMetadata: metadata } = await kms.send(new DescribeKeyCommand({ KeyId: key.KeyId }));
    expect(metadata).toMatchObject({ ExpirationModel: "KEY_MATERIAL_EXPIRES" });
    expect(Math.abs((metadata?.ValidTo?.getTime() ?? 0) - ValidTo.getTime())).toBeLessThan(1000);
    await cloud.admin.advanceClock({ days: 31 });
    expect(await stateOf(key.KeyId)).toBe("PendingImport");
    await expect(cloud.admin.materialOf(key.KeyId)).rejects.toThrow("no imported material");
    await importMaterial(kms, key.KeyId, material);
    expect(await stateOf(key.KeyId)).toBe("Enabled");
  });

  it("can be moved and removed by importing the same material again", async () => {
    const key = await createExternal(kms);
    const material = randomBytes(32);
    await importMaterial(kms, key.KeyId, material, { ValidTo: await inDays(2) });
    await importMaterial(kms, key.KeyId, material, { ValidTo: await inDays(100) });
    await cloud.admin.advanceClock({ days: 50 });
    expect(await stateOf(key.KeyId)).toBe("Enabled");
    await importMaterial(kms, key.KeyId, material);
    await cloud.admin.advanceClock({ days: 300 });
    expect(await stateOf(key.KeyId)).toBe("Enabled");
  });

  it.each([
    ["has passed", -1],
    ["is more than 365 days ahead", 366],
  ])("that %s is refused", async (_what, days) => {
    const key = await createExternal(kms);
    const refusal = await refusalOf(importMaterial(kms, key.KeyId, randomBytes(32), { ValidTo: await inDays(days) }));
    expect(refusal.name).toBe("ValidationException");
  });

  it("enables a key that was disabled before its material went away", async () => {
    const key = await createExternal(kms);
    const material = randomBytes(32);
    await importMaterial(kms, key.KeyId, material);
    await kms.send(new DisableKeyCommand({ KeyId: key.KeyId }));
    await kms.send(new DeleteImportedKeyMaterialCommand({ KeyId: key.KeyId }));
    await importMaterial(kms, key.KeyId, material);
    expect(await stateOf(key.KeyId)).toBe("Enabled");
  });

  it("is changed without enabling a key that is disabled and has its material", async () => {
    const key = await createExternal(kms);
    const material = randomBytes(32);
    await importMaterial(kms, key.KeyId, material);
    await kms.send(new DisableKeyCommand({ KeyId: key.KeyId }));
    await importMaterial(kms, key.KeyId, material, { ValidTo: await inDays(10) });
    expect(await stateOf(key.KeyId)).toBe("Disabled");
    expect(
      (await refusalOf(kms.send(new EncryptCommand({ KeyId: key.KeyId, Plaintext: Buffer.from("x") })))).name,
    ).toBe("DisabledException");
  });
});
