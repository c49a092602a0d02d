import { ownershipTags, wrappingKeyPrefix, wrappingKeyTag } from "../model/owner";
import type { AzureImportRequest } from "../model/ports/azure-import";
import type { OperationContext } from "./operation-context";
import { requirePinned, type UsableWrappingKey } from "./pinned-wrapping-key";
import { trustedWrappingKey } from "./trusted-wrapping-key";
import type { VerifiedVault } from "./verified-vault";

/**
 * Works under the wrapping key of the group, or under one that is made for this import and removed after it. Anybody who may import keys into the vault could
 * place one there whose private half is known outside; so one that is found is never used unless the token remembers it, bit by bit.
 *
 * @throws ByokError BYOK_WRAPPING_KEY_UNKNOWN, BYOK_WRAP_REFUSED
 */
export async function withWrappingKey<T>(
  context: OperationContext,
  opened: VerifiedVault,
  request: AzureImportRequest,
  work: (key: UsableWrappingKey) => Promise<T>,
): Promise<T> {
  const { wrappingKey } = request;
  if ("id" in wrappingKey) return work(await trustedWrappingKey(context, opened, wrappingKey));
  const { vault } = opened;
  const name = `${wrappingKeyPrefix}${context.random(8).toString("hex")}`;
  try {
    const { id, publicKeySha256 } = await context.change(() =>
      vault.makeWrappingKey({
        name,
        bits: wrappingKey.bits,
        // By the tag the next run of the same key finds what one left that was cut off here.
        tags: { [wrappingKeyTag]: request.tags[ownershipTags.owner] ?? request.owner },
      }),
    );
    return await work(await requirePinned(context, opened, { id, publicKeySha256, rememberedBy: "import" }));
  } finally {
    // What could not be removed here is looked for by whoever asked for the import.
    await vault.deleteKey(name).catch(() => undefined);
  }
}
