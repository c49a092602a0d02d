import { randomBytes } from "node:crypto";
import type { KeyVersion, VaultKey } from "../records";
import { type VaultCall, secondsOf } from "./call";
import { existingKey } from "./find-key";

/** Puts a version on top of the name's others. The name is looked at again, since making a key takes time. */
export function addVersion(call: VaultCall, version: KeyVersion): VaultKey {
  const before = existingKey(call);
  const key: VaultKey =
    before === undefined
      ? {
          vault: call.vault.name,
          name: call.name,
          versions: [version],
          rotationPolicy: null,
          deleted: null,
          settlingUntil: 0,
          purging: false,
        }
      : { ...before, versions: [...before.versions, version] };
  call.vaults.store.put(key);
  return key;
}

/** Id and times of a version that is made now. */
export function versionStamp(now: number): Pick<KeyVersion, "version" | "created" | "updated"> {
  return { version: randomBytes(16).toString("hex"), created: secondsOf(now), updated: secondsOf(now) };
}
