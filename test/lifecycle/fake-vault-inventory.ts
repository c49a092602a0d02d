import { ByokError } from "../../provider/model/errors";
import type { AzureCaller, DeletedVaultKey } from "../../provider/model/ports/key-vault";
import type {
  DeniedVaultRead,
  ListedVaultKey,
  VaultInventoryPort,
  VaultListingOptions,
} from "../../provider/model/ports/vault-inventory";
import { vaultUrl, type FakeKeyVault } from "./fake-key-vault";

/** Lists what a vault in memory holds; credentials may lack some reads. */
export class FakeVaultInventory implements VaultInventoryPort {
  /** Reads that the credentials may not make. */
  denied: readonly DeniedVaultRead[] = [];
  deletedAreDenied = false;
  failure: ByokError | undefined;
  /** Names of keys that belong to certificates. */
  readonly ofCertificates = new Set<string>();
  /** The options of each listing. */
  readonly listings: VaultListingOptions[] = [];

  constructor(private readonly vault: FakeKeyVault) {}

  caller(): Promise<AzureCaller> {
    return this.vault.caller();
  }

  async *keys(options: VaultListingOptions = {}): AsyncGenerator<ListedVaultKey, void, undefined> {
    this.listings.push(options);
    if (this.failure !== undefined) throw this.failure;
    for (const [name, versions] of this.vault.keys) {
      const newest = versions.at(-1);
      if (newest === undefined) continue;
      const { kty, curve, bits, operations } = newest;
      const type = {
        kty,
        operations,
        ...(curve === undefined ? {} : { curve }),
        ...(bits === undefined ? {} : { bits }),
      };
      const rotation = options.rotations === true ? await this.vault.rotationPolicy(name) : undefined;
      yield {
        name,
        keyId: `${vaultUrl}/keys/${name}`,
        ofCertificate: this.ofCertificates.has(name),
        enabled: newest.enabled,
        tags: newest.tags,
        versions: this.denied.includes("list") ? [] : versions,
        ...(this.denied.includes("get") ? {} : { type }),
        ...(rotation === undefined ? {} : { rotation }),
        denied: this.denied,
      };
    }
  }

  async *deletedKeys(): AsyncGenerator<DeletedVaultKey, void, undefined> {
    if (this.deletedAreDenied) throw new ByokError("BYOK_AZURE_ACCESS_DENIED", "No.");
    for (const { facts } of this.vault.deleted.values()) yield await Promise.resolve(facts);
  }
}
