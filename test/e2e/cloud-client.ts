import { DecryptCommand, DescribeKeyCommand, EncryptCommand, KMSClient, ListKeysCommand } from "@aws-sdk/client-kms";
import type { LocalAws } from "../../provider/local";

/** A client of the first account: an administrator who acts behind Pulumi's back. */
export function cloudClient(cloud: LocalAws, region = "eu-central-1"): KMSClient {
  const [first] = cloud.accounts;
  if (first === undefined) throw new Error("the cloud has no account");
  const { accessKeyId, secretAccessKey } = first;
  return new KMSClient({ region, endpoint: cloud.endpoint, credentials: { accessKeyId, secretAccessKey } });
}

/** States of the keys that are not pending deletion: what an orphan would show in. */
export async function livingKeys(cloud: LocalAws, region?: string): Promise<readonly string[]> {
  const kms = cloudClient(cloud, region);
  try {
    const { Keys = [] } = await kms.send(new ListKeysCommand({ Limit: 1000 }));
    const described = await Promise.all(Keys.map(({ KeyId }) => kms.send(new DescribeKeyCommand({ KeyId }))));
    return described
      .map(({ KeyMetadata }) => KeyMetadata?.KeyState ?? "")
      .filter((state) => state !== "PendingDeletion");
  } finally {
    kms.destroy();
  }
}

/** What an application encrypts under a key or an alias. */
export async function encryptAs(kms: KMSClient, KeyId: string, text: string): Promise<Uint8Array> {
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from(text) }));
  return CiphertextBlob ?? new Uint8Array();
}

/** As an application decrypts: KMS finds the key in the ciphertext, or is told one. */
export async function decryptAs(
  kms: KMSClient,
  CiphertextBlob: Uint8Array | undefined,
  KeyId?: string,
): Promise<string> {
  const { Plaintext } = await kms.send(
    new DecryptCommand({ CiphertextBlob, ...(KeyId === undefined ? {} : { KeyId }) }),
  );
  return Buffer.from(Plaintext ?? []).toString();
}
