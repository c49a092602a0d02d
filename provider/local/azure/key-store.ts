import type { RecordFolder } from "../store/folder";
import { type VaultKey, addressOfKey } from "./records";

/** All keys of all vaults, deleted ones too, in memory and (with a folder) on disk. */
export class KeyStore {
  private readonly keys: Map<string, VaultKey>;

  constructor(private readonly folder: RecordFolder<VaultKey> | undefined) {
    this.keys = new Map((folder?.load() ?? []).map((key) => [addressOfKey(key.vault, key.name), key] as const));
  }

  find(vault: string, name: string): VaultKey | undefined {
    return this.keys.get(addressOfKey(vault, name));
  }

  /** By name, as stable pages need it. */
  ofVault(vault: string): VaultKey[] {
    const wanted = vault.toLowerCase();
    return this.all()
      .filter((key) => key.vault.toLowerCase() === wanted)
      .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
  }

  all(): VaultKey[] {
    return [...this.keys.values()];
  }

  put(key: VaultKey): void {
    const address = addressOfKey(key.vault, key.name);
    this.folder?.write([{ address, record: key }]);
    this.keys.set(address, key);
  }

  remove(key: VaultKey): void {
    const address = addressOfKey(key.vault, key.name);
    this.folder?.write([{ address, record: null }]);
    this.keys.delete(address);
  }
}
