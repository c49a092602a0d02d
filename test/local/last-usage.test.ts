import {
  CreateKeyCommand,
  DecryptCommand,
  EncryptCommand,
  GetKeyLastUsageCommand,
  type GetKeyLastUsageCommandOutput,
  type KMSClient,
} from "@aws-sdk/client-kms";
import { endClouds, startCloud, targetOf } from "./cloud-fixture";
import { kmsClient, refusalOf } from "./kms-client";

afterEach(endClouds);

const ask = (kms: KMSClient, KeyId: string): Promise<GetKeyLastUsageCommandOutput> =>
  kms.send(new GetKeyLastUsageCommand({ KeyId }));

describe("GetKeyLastUsage", () => {
  it("tells the last successful use of a key, and nothing of one that was never used", async () => {
    const cloud = await startCloud();
    const kms = kmsClient(targetOf(cloud));
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    const KeyId = KeyMetadata?.KeyId ?? "";
    const unused = await ask(kms, KeyId);
    expect(unused).toMatchObject({ KeyId, KeyCreationDate: KeyMetadata?.CreationDate, KeyLastUsage: {} });
    expect(unused.TrackingStartDate).toEqual(KeyMetadata?.CreationDate);

    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from("x") }));
    expect((await ask(kms, KeyId)).KeyLastUsage).toMatchObject({ Operation: "Encrypt" });
    await cloud.admin.advanceClock({ days: 3 });
    await refusalOf(kms.send(new DecryptCommand({ CiphertextBlob: Buffer.from("no ciphertext") })));
    expect((await ask(kms, KeyId)).KeyLastUsage).toMatchObject({ Operation: "Encrypt" });
    // The key is named by the ciphertext alone.
    await kms.send(new DecryptCommand({ CiphertextBlob }));
    const { Operation, Timestamp, CloudTrailEventId } = (await ask(kms, KeyId)).KeyLastUsage ?? {};
    expect(Operation).toBe("Decrypt");
    expect((Timestamp?.getTime() ?? 0) - Date.now()).toBeGreaterThan(2.9 * 86_400_000);
    expect(CloudTrailEventId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("takes no alias", async () => {
    const kms = kmsClient(targetOf(await startCloud()));
    expect((await refusalOf(ask(kms, "alias/any"))).name).toBe("NotFoundException");
  });
});
