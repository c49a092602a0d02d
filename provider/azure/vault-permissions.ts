import { ByokError } from "../model/errors";
import type { VaultPermission } from "../model/ports/key-vault";
import type { AzureSession } from "./azure-session";
import type { VaultCaller } from "./vault-caller";

/**
 * A call for each permission that changes nothing, because what it names does not exist or its body is none: Azure decides about the permission first, and only
 * then says that there is no such key, or that the request is wrong.
 */
const harmless: Readonly<Record<VaultPermission, (session: AzureSession, name: string) => Promise<unknown>>> = {
  get: ({ keys }, name) => keys.getKey(name),
  list: ({ keys }) => keys.listPropertiesOfKeys().byPage().next(),
  update: ({ keys }, name) => keys.updateKeyProperties(name, "0".repeat(32), { enabled: false }),
  create: ({ keys }, name) => keys.createKey(name, "none"),
  import: ({ keys }, name) => keys.importKey(name, { kty: "RSA" }),
  delete: ({ keys }, name) => keys.beginDeleteKey(name, { intervalInMs: 1 }),
  recover: ({ keys }, name) => keys.beginRecoverDeletedKey(name, { intervalInMs: 1 }),
  backup: ({ keys }, name) => keys.backupKey(name),
  restore: ({ keys }) => keys.restoreKeyBackup(Buffer.from("none")),
  purge: ({ keys }, name) => keys.purgeDeletedKey(name),
  getrotationpolicy: ({ keys }, name) => keys.getKeyRotationPolicy(name),
  setrotationpolicy: ({ keys }, name) => keys.updateKeyRotationPolicy(name, { lifetimeActions: [] }),
};

/** Those that Azure denies; what cannot be known is not missing. */
export async function missingPermissions(
  caller: VaultCaller,
  asked: readonly VaultPermission[],
): Promise<readonly VaultPermission[]> {
  const missing: VaultPermission[] = [];
  for (const permission of asked) {
    const name = `byok-probe-${Math.floor(caller.surroundings.fraction() * 2 ** 32).toString(16)}`;
    try {
      await caller.call({ doing: `asking for the permission ${permission}` }, (session) =>
        harmless[permission](session, name),
      );
    } catch (error) {
      if (!(error instanceof ByokError)) throw error;
      if (error.code === "BYOK_AZURE_ACCESS_DENIED") missing.push(permission);
      else if (!answered.includes(error.code)) throw error;
    }
  }
  return missing;
}

/** Azure got past the permission. */
const answered: readonly string[] = [
  ...["BYOK_AZURE_NOT_FOUND", "BYOK_AZURE_REQUEST_INVALID", "BYOK_AZURE_CONFLICT"],
  ...["BYOK_AZURE_INVALID_STATE", "BYOK_AZURE_PURGE_PROTECTED", "BYOK_AZURE_FAILED"],
];
