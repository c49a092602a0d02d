import type { ObservedKey } from "../../model/aws-key-steps";
import type { KmsPort } from "../../model/ports/kms";

/** Everything that AWS shows of a key, or undefined where it certainly does not exist. */
export async function observeKey(kms: KmsPort, keyId: string): Promise<ObservedKey | undefined> {
  const facts = await kms.describeKey(keyId);
  if (facts === undefined) return undefined;
  const [aliases, tags, policy] = await Promise.all([
    kms.listAliases(keyId),
    kms.listTags(keyId),
    kms.getPolicy(keyId),
  ]);
  return { facts, aliases: [...aliases].sort(), tags, policy };
}
