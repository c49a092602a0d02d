import type { Quotas } from "../http/quotas";
import type { LocalAzureOptions } from "./options";

/** Length of the window in which limits of Key Vault count. */
export const throttlingWindowSeconds = 10;

/** "Key Vault service limits", transactions in ten seconds for each vault: those that make HSM keys, and all others of a 2048-bit HSM key. */
const azureLimits: Quotas = {
  ...Object.fromEntries(
    [
      ...["GetKeys", "GetKeyVersions", "GetKey", "UpdateKey", "ImportKey", "DeleteKey", "BackupKey", "RestoreKey"],
      ...["GetDeletedKeys", "GetDeletedKey", "PurgeDeletedKey", "RecoverDeletedKey", "GetRandomBytes"],
      ...["Encrypt", "Decrypt", "WrapKey", "UnwrapKey", "Sign", "Verify", "Release"],
      ...["GetKeyRotationPolicy", "UpdateKeyRotationPolicy"],
    ].map((operation) => [operation, 2000]),
  ),
  CreateKey: 10,
  RotateKey: 10,
};

export function limitsOf(throttling: LocalAzureOptions["throttling"]): Quotas {
  if (throttling === undefined || throttling === "off") return {};
  return throttling === "azure" ? azureLimits : throttling;
}
