import type { KeyVersion, VaultKey } from "../records";
import type { LocalVault } from "../options";
import { secondsOf } from "./call";
import { publicJwk } from "./key-material";

/** What a vault says about how its keys can come back (DeletionRecoveryLevel). */
export function recoveryLevel({ retentionDays, purgeProtection }: LocalVault): string {
  const level = retentionDays === 90 ? "Recoverable" : "CustomizedRecoverable";
  return purgeProtection ? level : `${level}+Purgeable`;
}

export const keyIdOf = (vault: LocalVault, name: string, version?: string): string =>
  `${vault.url}/keys/${name}${version === undefined ? "" : `/${version}`}`;

export const recoveryIdOf = (vault: LocalVault, name: string): string => `${vault.url}/deletedkeys/${name}`;

export function newest(key: VaultKey): KeyVersion {
  const last = key.versions.at(-1);
  if (last === undefined) throw new Error("a key without versions");
  return last;
}

function attributesOf(vault: LocalVault, version: KeyVersion): object {
  return {
    enabled: version.enabled,
    ...(version.notBefore === null ? {} : { nbf: version.notBefore }),
    ...(version.expires === null ? {} : { exp: version.expires }),
    created: version.created,
    updated: version.updated,
    recoveryLevel: recoveryLevel(vault),
    recoverableDays: vault.retentionDays,
    exportable: false,
  };
}

function tagsOf({ tags }: KeyVersion): object {
  return Object.keys(tags).length === 0 ? {} : { tags };
}

/** KeyBundle: one version with its public key. */
export function bundle(vault: LocalVault, key: VaultKey, version: KeyVersion): object {
  const jwk = {
    kid: keyIdOf(vault, key.name, version.version),
    kty: version.kty,
    key_ops: version.operations,
    ...publicJwk(version),
  };
  return { key: jwk, attributes: attributesOf(vault, version), ...tagsOf(version) };
}

/** KeyItem: of a list of keys (no version in its id) or of versions. */
export function item(vault: LocalVault, key: VaultKey, version: KeyVersion, withVersion: boolean): object {
  const kid = keyIdOf(vault, key.name, withVersion ? version.version : undefined);
  return { kid, attributes: attributesOf(vault, version), ...tagsOf(version) };
}

/** The members that a deleted key has besides. */
export function deletion(vault: LocalVault, key: VaultKey): object {
  if (key.deleted === null) return {};
  return {
    recoveryId: recoveryIdOf(vault, key.name),
    deletedDate: secondsOf(key.deleted.at),
    scheduledPurgeDate: secondsOf(key.deleted.purgeAt),
  };
}
