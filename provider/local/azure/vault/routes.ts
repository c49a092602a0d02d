import type { RequestHead } from "../../http/request";
import type { LocalVaultPermission } from "../options";
import type { VaultOperation } from "./call";
import { backupKey, restoreKey } from "./operations/backup";
import { createKey } from "./operations/create-key";
import { deleteKey, purgeKey, recoverKey } from "./operations/delete-key";
import { importKey } from "./operations/import-key";
import { getDeletedKey, getKey, listDeletedKeys, listKeys, listVersions } from "./operations/read-keys";
import { getRotationPolicy, rotateKey, setRotationPolicy } from "./operations/rotation";
import { updateKey } from "./operations/update-key";
import { randomBytesOfHsm, release, sign, transformWith, verify } from "./operations/use-keys";

/** An operation by its name in the REST reference, and the permission that it needs. */
export interface Route {
  readonly operation: string;
  readonly permission: LocalVaultPermission | undefined;
  readonly run: VaultOperation;
}

const route = (operation: string, permission: LocalVaultPermission | undefined, run: VaultOperation): Route => ({
  operation,
  permission,
  run,
});

/** By method and path; `*` stands for the name of a key, `?` for a version that may be left out. */
const routes: Readonly<Record<string, Route>> = {
  "GET keys": route("GetKeys", "list", listKeys),
  "POST keys/restore": route("RestoreKey", "restore", restoreKey),
  "PUT keys/*": route("ImportKey", "import", importKey),
  "DELETE keys/*": route("DeleteKey", "delete", deleteKey),
  "POST keys/*/create": route("CreateKey", "create", createKey),
  "POST keys/*/rotate": route("RotateKey", "rotate", rotateKey),
  "POST keys/*/backup": route("BackupKey", "backup", backupKey),
  "GET keys/*/versions": route("GetKeyVersions", "list", listVersions),
  "GET keys/*/rotationpolicy": route("GetKeyRotationPolicy", "getrotationpolicy", getRotationPolicy),
  "PUT keys/*/rotationpolicy": route("UpdateKeyRotationPolicy", "setrotationpolicy", setRotationPolicy),
  "GET keys/*/?": route("GetKey", "get", getKey),
  "PATCH keys/*/?": route("UpdateKey", "update", updateKey),
  "POST keys/*/?/encrypt": route("Encrypt", "encrypt", transformWith("encrypt")),
  "POST keys/*/?/decrypt": route("Decrypt", "decrypt", transformWith("decrypt")),
  "POST keys/*/?/wrapkey": route("WrapKey", "wrapKey", transformWith("wrapKey")),
  "POST keys/*/?/unwrapkey": route("UnwrapKey", "unwrapKey", transformWith("unwrapKey")),
  "POST keys/*/?/sign": route("Sign", "sign", sign),
  "POST keys/*/?/verify": route("Verify", "verify", verify),
  "POST keys/*/?/release": route("Release", "get", release),
  "GET deletedkeys": route("GetDeletedKeys", "list", listDeletedKeys),
  "GET deletedkeys/*": route("GetDeletedKey", "get", getDeletedKey),
  "DELETE deletedkeys/*": route("PurgeDeletedKey", "purge", purgeKey),
  "POST deletedkeys/*/recover": route("RecoverDeletedKey", "recover", recoverKey),
  "POST rng": route("GetRandomBytes", undefined, randomBytesOfHsm),
};

export interface FoundRoute extends Route {
  readonly name: string;
  readonly version: string | undefined;
}

const table = Object.entries(routes).map(([key, found]) => {
  const [method = "", pattern = ""] = key.split(" ");
  return { method, parts: pattern.split("/"), found };
});

/** The operation of a request. Fixed parts of a path are read without regard to case; empty ones, as before a version that is left out, do not count. */
export function findRoute({ method, path }: RequestHead): FoundRoute | undefined {
  const parts = path.split("/").filter((part) => part !== "");
  for (const { method: wanted, parts: pattern, found } of table) {
    if (method !== wanted) continue;
    const withVersion = fit(parts, pattern);
    const without = pattern.filter((part) => part !== "?");
    const fitting = withVersion ?? (without.length < pattern.length ? fit(parts, without) : undefined);
    if (fitting !== undefined) return { ...found, ...fitting };
  }
  return undefined;
}

function fit(
  parts: readonly string[],
  pattern: readonly string[],
): { name: string; version: string | undefined } | undefined {
  if (parts.length !== pattern.length) return undefined;
  const fits = pattern.every((part, index) => part === "*" || part === "?" || part === parts[index]?.toLowerCase());
  if (!fits) return undefined;
  const at = (sign: string): string | undefined => parts[pattern.indexOf(sign)];
  return { name: decode(at("*") ?? ""), version: at("?") };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
