import { badParameter, conflict, keyNotFound } from "../azure-error";
import type { KeyVersion, VaultKey } from "../records";
import type { VaultCall } from "./call";
import { newest } from "./key-bundle";

export const isLive = (key: VaultKey, now: number): boolean =>
  key.deleted === null && !key.purging && key.settlingUntil <= now;

export const isDeleted = (key: VaultKey, now: number): boolean =>
  key.deleted !== null && !key.purging && key.settlingUntil <= now;

export function requireKey({ vaults, vault, name, now }: VaultCall): VaultKey {
  const key = vaults.store.find(vault.name, name);
  if (key === undefined || !isLive(key, now)) throw keyNotFound(name);
  return key;
}

/** The version of the path, else the newest. */
export function requireVersion(call: VaultCall, key: VaultKey): KeyVersion {
  const { version } = call;
  if (version === undefined) return newest(key);
  const found = key.versions.find((each) => each.version === version.toLowerCase());
  if (found === undefined) throw keyNotFound(`${call.name}/${version}`);
  return found;
}

export function requireDeletedKey({ vaults, vault, name, now }: VaultCall): VaultKey {
  const key = vaults.store.find(vault.name, name);
  if (key === undefined || !isDeleted(key, now)) throw keyNotFound(name);
  return key;
}

const namePattern = /^[0-9a-zA-Z-]{1,127}$/;

export function requireName(name: string): void {
  if (!namePattern.test(name)) {
    throw badParameter(
      "The request URI contains an invalid name. A name is 1 to 127 letters, digits and hyphens: ^[0-9a-zA-Z-]+$.",
    );
  }
}

/** The key that the name has already, if it is one: a soft-deleted key keeps its name until it is purged or recovered. */
export function existingKey({ vaults, vault, name, now }: VaultCall): VaultKey | undefined {
  const key = vaults.store.find(vault.name, name);
  if (key === undefined || isLive(key, now)) return key;
  if (isDeleted(key, now)) {
    throw conflict(
      `Key ${key.name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key can only be recovered or purged.`,
      "ObjectIsDeletedButRecoverable",
    );
  }
  const [state, inner] =
    key.deleted === null && !key.purging
      ? ["recovered", "ObjectIsBeingRecovered"]
      : ["deleted", "ObjectIsBeingDeleted"];
  throw conflict(`Key ${key.name} is currently being ${state} and cannot be re-created; retry later.`, inner);
}
