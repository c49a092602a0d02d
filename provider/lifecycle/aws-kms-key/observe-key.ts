import type { ObservedKey } from "../../model/aws-key-steps";
import type { KmsPort } from "../../model/ports/kms";

/** Everything that AWS shows of a key, or undefined where it certainly does not exist. */
export async function observeKey(
  kms: KmsPort,
  keyId: string,
  { withMaterials = false }: { readonly withMaterials?: boolean } = {},
): Promise<ObservedKey | undefined> {
  const facts = await kms.describeKey(keyId);
  if (facts === undefined) return undefined;
  const [aliases, tags, policy, materials] = await Promise.all([
    kms.listAliases(keyId),
    kms.listTags(keyId),
    kms.getPolicy(keyId),
    withMaterials ? kms.listMaterials(keyId) : undefined,
  ]);
  const observed = { facts, aliases: [...aliases].sort(), tags, policy };
  return materials === undefined ? observed : { ...observed, materials };
}
