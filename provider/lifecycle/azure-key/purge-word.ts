import { azureKeyId } from "../../model/azure-key-name";
import type { AzureKeyVersion } from "../../model/azure-key-versions";
import { confirmationWord } from "../../model/confirmation";

/** What a purge is bound to. */
export interface PurgedKey {
  /** Lineage of the resource. */
  readonly id: string;
  readonly vaultUrl: string;
  readonly name: string;
  readonly version: number;
  /** Oldest first. */
  readonly known: readonly AzureKeyVersion[];
}

/** The word that a purge needs, before and after the soft delete; another newest version makes it stale. */
export const purgeWord = ({ id, vaultUrl, name, version, known }: PurgedKey): string =>
  confirmationWord({
    operation: "purge-key",
    cloudId: known.at(-1)?.id ?? azureKeyId(vaultUrl, name),
    lineage: id,
    version,
    state: "to be purged",
  });
