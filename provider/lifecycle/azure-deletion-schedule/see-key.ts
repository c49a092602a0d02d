import { azureKeyId } from "../../model/azure-key-name";
import { ownershipTags } from "../../model/owner";
import type { DeletedVaultKey, KeyVaultPort, KeyVersionFacts } from "../../model/ports/key-vault";
import type { AzureKeyRecord } from "../inputs/azure-key-record";

/** A key as a schedule meets it. */
export type SeenKey =
  | { readonly kind: "live"; readonly versions: readonly KeyVersionFacts[]; readonly newest: KeyVersionFacts }
  | { readonly kind: "deleted"; readonly deleted: DeletedVaultKey }
  | { readonly kind: "gone" };

/** Looks at the living key, then among the deleted ones. */
export async function seeKey(port: KeyVaultPort, keyName: string): Promise<SeenKey> {
  const versions = await port.listVersions(keyName);
  const newest = versions.at(-1);
  if (newest !== undefined) return { kind: "live", versions, newest };
  const deleted = await port.getDeleted(keyName);
  return deleted === undefined ? { kind: "gone" } : { kind: "deleted", deleted };
}

/** The lineage that the key carries, where it is another resource's. */
export function foreignLineageOf(seen: SeenKey, { lineage }: Pick<AzureKeyRecord, "lineage">): string | undefined {
  const found = tagsOf(seen)
    .map((each) => each[ownershipTags.lineage])
    .filter((each) => each !== undefined);
  return found.includes(lineage) ? undefined : found[0];
}

/** As a word is bound to it. */
export const stateOf = (seen: SeenKey): "Enabled" | "Disabled" | "Deleted" | "Destroyed" => {
  if (seen.kind === "live") return seen.newest.enabled ? "Enabled" : "Disabled";
  return seen.kind === "deleted" ? "Deleted" : "Destroyed";
};

/** The tags of each version that shows, oldest first. */
export const tagsOf = (seen: SeenKey): readonly Readonly<Record<string, string>>[] =>
  seen.kind === "live" ? seen.versions.map(({ tags }) => tags) : seen.kind === "deleted" ? [seen.deleted.tags] : [];

const dayInMs = 86_400_000;
/** What Azure takes where nobody chose another retention. Source: "Soft-delete overview". */
const defaultRetention = 90;

/** The vault's retention in days. */
export function retentionOf(seen: SeenKey): number {
  if (seen.kind === "live") return seen.newest.recoverableDays ?? defaultRetention;
  if (seen.kind === "gone") return defaultRetention;
  const { scheduledPurgeDate, deletedOn } = seen.deleted;
  return Math.round((scheduledPurgeDate.getTime() - deletedOn.getTime()) / dayInMs);
}

export const keyIdOf = ({ keyName, group }: Pick<AzureKeyRecord, "keyName" | "group">): string =>
  azureKeyId(group.vaultUrl, keyName);
