import { DescribeKeyCommand, KMSClient, ListKeysCommand } from "@aws-sdk/client-kms";
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
