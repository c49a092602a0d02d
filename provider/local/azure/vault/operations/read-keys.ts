import { badParameter } from "../../azure-error";
import type { VaultKey } from "../../records";
import type { VaultCall, VaultOperation } from "../call";
import { isDeleted, isLive, requireDeletedKey, requireKey, requireVersion } from "../find-key";
import { bundle, deletion, item, newest } from "../key-bundle";

/** GetKey: a disabled key shows its public half too. */
export const getKey: VaultOperation = (call) => {
  const key = requireKey(call);
  return bundle(call.vault, key, requireVersion(call, key));
};

export const listKeys: VaultOperation = (call) =>
  page(
    call,
    "keys",
    call.vaults.store
      .ofVault(call.vault.name)
      .filter((key) => isLive(key, call.now))
      .map((key) => item(call.vault, key, newest(key), false)),
  );

/** In the order of their ids, which are random: nothing can be read from it. */
export const listVersions: VaultOperation = (call) => {
  const key = requireKey(call);
  const versions = [...key.versions].sort((a, b) => (a.version < b.version ? -1 : 1));
  return page(
    call,
    `keys/${key.name}/versions`,
    versions.map((version) => item(call.vault, key, version, true)),
  );
};

export const listDeletedKeys: VaultOperation = (call) =>
  page(
    call,
    "deletedkeys",
    call.vaults.store
      .ofVault(call.vault.name)
      .filter((key) => isDeleted(key, call.now))
      .map((key) => ({ ...item(call.vault, key, newest(key), false), ...deletion(call.vault, key) })),
  );

export const getDeletedKey: VaultOperation = (call) => deletedBundle(call, requireDeletedKey(call));

export function deletedBundle({ vault }: VaultCall, key: VaultKey): object {
  return { ...bundle(vault, key, newest(key)), ...deletion(vault, key) };
}

const largestPage = 25;

/** A page, and the link to the next; the link carries what the first request asked. */
function page({ query, vault, apiVersion }: VaultCall, path: string, items: readonly object[]): object {
  const size = Number(query.get("maxresults") ?? largestPage);
  if (!Number.isInteger(size) || size < 1 || size > largestPage)
    throw badParameter(`maxresults must be a number from 1 to ${String(largestPage)}.`);
  const token = query.get("$skiptoken");
  const start = token === null ? 0 : Number(Buffer.from(token, "base64url").toString("utf8"));
  if (!Number.isInteger(start) || start < 0) throw badParameter("The continuation token is not valid.");
  const end = start + size;
  const next = new URLSearchParams({
    "api-version": apiVersion,
    $skiptoken: Buffer.from(String(end)).toString("base64url"),
    maxresults: String(size),
  });
  const nextLink = end < items.length ? `${vault.url}/${path}?${next.toString()}` : null;
  return { value: items.slice(start, end), nextLink };
}
