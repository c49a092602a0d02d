import type { KmsKeyFacts, KmsPort } from "../../model/ports/kms";

/**
 * The key that an alias points to, or undefined where the alias certainly does not exist: what one look by name does not show is looked for
 * once more among the aliases of the key that it was last seen at.
 */
export async function observeAlias(
  kms: KmsPort,
  alias: string,
  lastSeenAt: string | undefined,
): Promise<KmsKeyFacts | undefined> {
  const target = await kms.aliasTarget(alias);
  if (target !== undefined) return kms.describeKey(target);
  if (lastSeenAt === undefined) return undefined;
  const key = await kms.describeKey(lastSeenAt);
  if (key === undefined) return undefined;
  return (await kms.listAliases(lastSeenAt)).includes(alias) ? key : undefined;
}
