import {
  DecryptCommand,
  DeleteImportedKeyMaterialCommand,
  DescribeKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GetKeyRotationStatusCommand,
  type KMSClient,
  ListKeyRotationsCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  type RotationsListEntry,
} from "@aws-sdk/client-kms";
import { randomBytes } from "node:crypto";
import { type LocalAws } from "../../provider/local";
import { endClouds, startCloud, targetOf } from "./cloud-fixture";
import { createExternal, createKey, importMaterial, kmsClient, refusalOf } from "./kms-client";

let cloud: LocalAws;
let kms: KMSClient;

beforeEach(async () => {
  cloud = await startCloud();
  kms = kmsClient(targetOf(cloud));
});
afterEach(endClouds);

async function materials(client: KMSClient, KeyId: string): Promise<RotationsListEntry[]> {
  const { Rotations } = await client.send(
    new ListKeyRotationsCommand({ KeyId, IncludeKeyMaterial: "ALL_KEY_MATERIAL" }),
  );
  return Rotations ?? [];
}

const roles = (entries: readonly RotationsListEntry[]): (string | undefined)[] =>
  entries.map((entry) => entry.KeyMaterialState);

async function encryptText(KeyId: string): Promise<Uint8Array | undefined> {
  return (await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from("text") }))).CiphertextBlob;
}

describe("rotation on demand of imported material", () => {
  it("makes the new material current and keeps the old for decryption", async () => {
    const key = await createExternal(kms);
    const first = await importMaterial(kms, key.KeyId, randomBytes(32));
    const before = await encryptText(key.KeyId);
    const second = await importMaterial(kms, key.KeyId, randomBytes(32), { ImportType: "NEW_KEY_MATERIAL" });
    expect(roles(await materials(kms, key.KeyId))).toEqual(["CURRENT", "PENDING_ROTATION"]);
    expect(await kms.send(new RotateKeyOnDemandCommand({ KeyId: key.KeyId }))).toMatchObject({ KeyId: key.Arn });
    const entries = await materials(kms, key.KeyId);
    expect(entries.map((entry) => entry.KeyMaterialId)).toEqual([first, second]);
    expect(roles(entries)).toEqual(["NON_CURRENT", "CURRENT"]);
    expect(entries[0]).not.toHaveProperty("RotationDate");
    expect(entries[1]).toMatchObject({ RotationType: "ON_DEMAND" });
    const { KeyMaterialId } = await kms.send(new DecryptCommand({ CiphertextBlob: before }));
    expect(KeyMaterialId).toBe(first);
    expect((await kms.send(new DecryptCommand({ CiphertextBlob: await encryptText(key.KeyId) }))).KeyMaterialId).toBe(
      second,
    );
    expect((await kms.send(new DescribeKeyCommand({ KeyId: key.KeyId }))).KeyMetadata?.CurrentKeyMaterialId).toBe(
      second,
    );
  });

  it("lists rotations only unless all materials are asked for", async () => {
    const key = await createExternal(kms);
    await importMaterial(kms, key.KeyId, randomBytes(32));
    expect((await kms.send(new ListKeyRotationsCommand({ KeyId: key.KeyId }))).Rotations).toEqual([]);
  });

  it("needs new material first", async () => {
    const key = await createExternal(kms);
    await importMaterial(kms, key.KeyId, randomBytes(32));
    expect(await refusalOf(kms.send(new RotateKeyOnDemandCommand({ KeyId: key.KeyId })))).toMatchObject({
      name: "KMSInvalidStateException",
      message: `No available key material pending rotation for the key: ${key.Arn}.`,
    });
  });

  it("lets one new material wait at a time, which can be deleted for another", async () => {
    const key = await createExternal(kms);
    await importMaterial(kms, key.KeyId, randomBytes(32));
    const pending = await importMaterial(kms, key.KeyId, randomBytes(32), { ImportType: "NEW_KEY_MATERIAL" });
    const refusal = await refusalOf(
      importMaterial(kms, key.KeyId, randomBytes(32), { ImportType: "NEW_KEY_MATERIAL" }),
    );
    expect(refusal.name).toBe("KMSInvalidStateException");
    expect(refusal.message).toContain(`because another key material (id: ${pending}) is pending rotation.`);
    await kms.send(new DeleteImportedKeyMaterialCommand({ KeyId: key.KeyId, KeyMaterialId: pending }));
    expect(roles(await materials(kms, key.KeyId))).toEqual(["CURRENT"]);
    await importMaterial(kms, key.KeyId, randomBytes(32), { ImportType: "NEW_KEY_MATERIAL" });
  });

  it("refuses as new what the key already knows", async () => {
    const key = await createExternal(kms);
    const material = randomBytes(32);
    await importMaterial(kms, key.KeyId, material);
    const refusal = await refusalOf(importMaterial(kms, key.KeyId, material, { ImportType: "NEW_KEY_MATERIAL" }));
    expect(refusal.name).toBe("IncorrectKeyMaterialException");
  });

  it("leaves a key pending import until every material it ever had is back", async () => {
    const key = await createExternal(kms);
    const [a, b] = [randomBytes(32), randomBytes(32)];
    const first = await importMaterial(kms, key.KeyId, a);
    await importMaterial(kms, key.KeyId, b, { ImportType: "NEW_KEY_MATERIAL" });
    await kms.send(new RotateKeyOnDemandCommand({ KeyId: key.KeyId }));
    await kms.send(new DeleteImportedKeyMaterialCommand({ KeyId: key.KeyId, KeyMaterialId: first }));
    expect((await kms.send(new DescribeKeyCommand({ KeyId: key.KeyId }))).KeyMetadata?.KeyState).toBe("PendingImport");
    expect((await materials(kms, key.KeyId))[0]).toMatchObject({ KeyMaterialId: first, ImportState: "PENDING_IMPORT" });
    await importMaterial(kms, key.KeyId, a);
    expect((await kms.send(new DescribeKeyCommand({ KeyId: key.KeyId }))).KeyMetadata?.KeyState).toBe("Enabled");
  });

  it("ends after 25 rotations", async () => {
    const key = await createKey(kms);
    for (let count = 0; count < 25; count++) await kms.send(new RotateKeyOnDemandCommand({ KeyId: key.KeyId }));
    expect(await refusalOf(kms.send(new RotateKeyOnDemandCommand({ KeyId: key.KeyId })))).toMatchObject({
      name: "LimitExceededException",
      message: `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${key.Arn}`,
    });
  });

  it("is in progress for the time that transitions take", async () => {
    const slow = await startCloud({ transitionMs: 60_000 });
    kms = kmsClient(targetOf(slow));
    const key = await createKey(kms);
    await kms.send(new RotateKeyOnDemandCommand({ KeyId: key.KeyId }));
    expect(await kms.send(new GetKeyRotationStatusCommand({ KeyId: key.KeyId }))).toHaveProperty(
      "OnDemandRotationStartDate",
    );
    expect((await refusalOf(kms.send(new RotateKeyOnDemandCommand({ KeyId: key.KeyId })))).name).toBe(
      "ConflictException",
    );
    await slow.admin.advanceClock({ minutes: 1 });
    expect(await kms.send(new GetKeyRotationStatusCommand({ KeyId: key.KeyId }))).not.toHaveProperty(
      "OnDemandRotationStartDate",
    );
    expect(roles(await materials(kms, key.KeyId))).toEqual(["NON_CURRENT", "CURRENT"]);
  });

  it("is for symmetric keys", async () => {
    const key = await createExternal(kms, "HMAC_256");
    await importMaterial(kms, key.KeyId, randomBytes(32));
    expect((await refusalOf(kms.send(new RotateKeyOnDemandCommand({ KeyId: key.KeyId })))).name).toBe(
      "UnsupportedOperationException",
    );
  });
});

describe("rotation on demand of a multi-Region key", () => {
  it("waits until every replica has the new material", async () => {
    const ireland = kmsClient(targetOf(cloud), "eu-west-1");
    const key = await createExternal(kms, "SYMMETRIC_DEFAULT", { MultiRegion: true });
    const [a, b] = [randomBytes(32), randomBytes(32)];
    await importMaterial(kms, key.KeyId, a);
    await kms.send(new ReplicateKeyCommand({ KeyId: key.KeyId, ReplicaRegion: "eu-west-1" }));
    await importMaterial(ireland, key.KeyId, a);

    const toReplica = importMaterial(ireland, key.KeyId, b, { ImportType: "NEW_KEY_MATERIAL" });
    expect((await refusalOf(toReplica)).name).toBe("IncorrectKeyMaterialException");
    const id = await importMaterial(kms, key.KeyId, b, { ImportType: "NEW_KEY_MATERIAL" });
    expect(roles(await materials(kms, key.KeyId))).toEqual(["CURRENT", "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"]);
    expect((await refusalOf(kms.send(new RotateKeyOnDemandCommand({ KeyId: key.KeyId })))).name).toBe(
      "KMSInvalidStateException",
    );

    expect(await importMaterial(ireland, key.KeyId, b, { ImportType: "EXISTING_KEY_MATERIAL" })).toBe(id);
    expect(roles(await materials(kms, key.KeyId))).toEqual(["CURRENT", "PENDING_ROTATION"]);
    expect((await refusalOf(ireland.send(new RotateKeyOnDemandCommand({ KeyId: key.KeyId })))).name).toBe(
      "UnsupportedOperationException",
    );
    await kms.send(new RotateKeyOnDemandCommand({ KeyId: key.KeyId }));
    for (const client of [kms, ireland])
      expect(roles(await materials(client, key.KeyId))).toEqual(["NON_CURRENT", "CURRENT"]);
    const CiphertextBlob = await encryptText(key.KeyId);
    expect((await ireland.send(new DecryptCommand({ CiphertextBlob }))).KeyMaterialId).toBe(id);
  });

  it("is taken back everywhere when the primary's pending material is deleted, and nowhere else when a replica's is", async () => {
    const ireland = kmsClient(targetOf(cloud), "eu-west-1");
    const key = await createExternal(kms, "SYMMETRIC_DEFAULT", { MultiRegion: true });
    const [a, b] = [randomBytes(32), randomBytes(32)];
    await importMaterial(kms, key.KeyId, a);
    await kms.send(new ReplicateKeyCommand({ KeyId: key.KeyId, ReplicaRegion: "eu-west-1" }));
    await importMaterial(ireland, key.KeyId, a);
    const KeyMaterialId = await importMaterial(kms, key.KeyId, b, { ImportType: "NEW_KEY_MATERIAL" });
    await importMaterial(ireland, key.KeyId, b);
    await ireland.send(new DeleteImportedKeyMaterialCommand({ KeyId: key.KeyId, KeyMaterialId }));
    expect(roles(await materials(kms, key.KeyId))).toEqual(["CURRENT", "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"]);
    await kms.send(new DeleteImportedKeyMaterialCommand({ KeyId: key.KeyId, KeyMaterialId }));
    for (const client of [kms, ireland]) expect(roles(await materials(client, key.KeyId))).toEqual(["CURRENT"]);
  });
});

describe("automatic rotation", () => {
  it("happens on the clock, once for every period that passes", async () => {
    const key = await createKey(kms);
    await kms.send(new EnableKeyRotationCommand({ KeyId: key.KeyId, RotationPeriodInDays: 90 }));
    expect(await kms.send(new GetKeyRotationStatusCommand({ KeyId: key.KeyId }))).toMatchObject({
      KeyId: key.Arn,
      KeyRotationEnabled: true,
      RotationPeriodInDays: 90,
    });
    await cloud.admin.advanceClock({ days: 181 });
    expect(roles(await materials(kms, key.KeyId))).toEqual(["NON_CURRENT", "NON_CURRENT", "CURRENT"]);
  });

  it("is not for imported material", async () => {
    const key = await createExternal(kms);
    await importMaterial(kms, key.KeyId, randomBytes(32));
    expect(await refusalOf(kms.send(new EnableKeyRotationCommand({ KeyId: key.KeyId })))).toMatchObject({
      name: "UnsupportedOperationException",
      message: `${key.Arn} origin is EXTERNAL which is not valid for this operation.`,
    });
  });
});
