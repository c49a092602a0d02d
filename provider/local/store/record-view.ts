import { type AliasRecord, type KeyRecord, type StoredRecord, aliasAddress, keyAddress } from "./records";

/** What an operation may read: the records at one moment. */
export class RecordView {
  constructor(private readonly records: ReadonlyMap<string, StoredRecord>) {}

  key(account: string, region: string, keyId: string): KeyRecord | undefined {
    const found = this.records.get(keyAddress(account, region, keyId));
    return found?.kind === "key" ? found : undefined;
  }

  alias(account: string, region: string, name: string): AliasRecord | undefined {
    const found = this.records.get(aliasAddress(account, region, name));
    return found?.kind === "alias" ? found : undefined;
  }

  /** The keys of one account and Region, sorted by id as stable pages need it. */
  keys(account: string, region: string): KeyRecord[] {
    return this.allKeys()
      .filter((key) => key.account === account && key.region === region)
      .sort((a, b) => compareText(a.keyId, b.keyId));
  }

  aliases(account: string, region: string, targetKeyId?: string): AliasRecord[] {
    return [...this.records.values()]
      .filter((record) => record.kind === "alias")
      .filter((alias) => alias.account === account && alias.region === region)
      .filter((alias) => targetKeyId === undefined || alias.targetKeyId === targetKeyId)
      .sort((a, b) => compareText(a.name, b.name));
  }

  aliasesOf(key: KeyRecord): AliasRecord[] {
    return this.aliases(key.account, key.region, key.keyId);
  }

  allKeys(): KeyRecord[] {
    return [...this.records.values()].filter((record) => record.kind === "key");
  }

  /** All keys of a multi-Region set, the given one included; for a single-Region key only itself. */
  relatives(key: KeyRecord): KeyRecord[] {
    if (key.multiRegion === null) return [key];
    return [key.multiRegion.primaryRegion, ...key.multiRegion.replicaRegions]
      .map((region) => this.key(key.account, region, key.keyId))
      .filter((found) => found !== undefined);
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
