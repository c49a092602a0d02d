import { forbidden } from "../../azure-error";
import type { VaultOperation } from "../call";
import { requireDeletedKey, requireKey } from "../find-key";
import { bundle, newest } from "../key-bundle";
import { deletedBundle } from "./read-keys";

const day = 86_400_000;

/** DeleteKey: all versions, into soft deletion. */
export const deleteKey: VaultOperation = (call) => {
  const key = requireKey(call);
  const deleted = {
    ...key,
    deleted: { at: call.now, purgeAt: call.now + call.vault.retentionDays * day },
    settlingUntil: call.now + call.vaults.settings.eventualConsistencyMs,
  };
  call.vaults.store.put(deleted);
  return deletedBundle(call, deleted);
};

/** RecoverDeletedKey: all versions come back as they were. */
export const recoverKey: VaultOperation = (call) => {
  const key = requireDeletedKey(call);
  const settlingUntil = call.now + call.vaults.settings.eventualConsistencyMs;
  const recovered = { ...key, deleted: null, settlingUntil };
  call.vaults.store.put(recovered);
  return bundle(call.vault, recovered, newest(recovered));
};

/** PurgeDeletedKey: for ever, unless the vault protects it. */
export const purgeKey: VaultOperation = (call) => {
  const key = requireDeletedKey(call);
  if (call.vault.purgeProtection) {
    throw forbidden(
      'Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it after the retention period has passed.',
      "ForbiddenByPurgeProtection",
    );
  }
  const { eventualConsistencyMs } = call.vaults.settings;
  if (eventualConsistencyMs === 0) call.vaults.store.remove(key);
  else call.vaults.store.put({ ...key, purging: true, settlingUntil: call.now + eventualConsistencyMs });
  return undefined;
};
