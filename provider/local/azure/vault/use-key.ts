import { forbidden } from "../azure-error";
import type { KeyVersion } from "../records";

/** What works outside the dates of a key too ("Date-time controlled operations" of About keys). */
const outsideDates: readonly string[] = ["decrypt", "release", "unwrapKey", "verify"];

/** Refuses an operation that the version does not allow now. */
export function requireUsable(version: KeyVersion, operation: string, now: number): void {
  if (!version.enabled) throw forbidden(`Operation ${operation} is not allowed on a disabled key.`, "KeyDisabled");
  if (!outsideDates.includes(operation)) {
    if (version.notBefore !== null && now < version.notBefore * 1000)
      throw forbidden(`Operation ${operation} is not allowed on a key that is not yet valid.`, "KeyNotYetValid");
    if (version.expires !== null && now >= version.expires * 1000)
      throw forbidden(`Operation ${operation} is not allowed on an expired key.`, "KeyExpired");
  }
  if (!version.operations.includes(operation))
    throw forbidden(`Operation ${operation} is not permitted on this key.`, "KeyOperationForbidden");
}
