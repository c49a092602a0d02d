import type { KeyStore } from "../key-store";
import type { KeyVersion, VaultKey } from "../records";
import { secondsOf } from "./call";
import { shift } from "./iso-duration";
import { newest } from "./key-bundle";
import { generateMaterial, shapeOf } from "./key-material";
import { versionStamp } from "./new-version";

/** A version of the same kind as the newest, made at a moment; its expiry follows from the policy alone. */
export async function rotatedVersion(key: VaultKey, at: number): Promise<KeyVersion> {
  const last = newest(key);
  const material = await generateMaterial(shapeOf(last));
  const expiry = key.rotationPolicy?.expiryTime ?? null;
  return {
    ...last,
    ...versionStamp(at),
    material: material.toString("base64"),
    enabled: true,
    notBefore: null,
    expires: expiry === null ? null : secondsOf(shift(at, expiry)),
    trailingZeroBytes: 0,
  };
}

/** When the policy next makes a version, in milliseconds. */
function rotationDue(key: VaultKey): number | undefined {
  const { trigger } = key.rotationPolicy?.actions.find(({ action }) => action === "Rotate") ?? {};
  const last = newest(key);
  if (trigger === undefined || key.deleted !== null || !last.enabled) return undefined;
  if (trigger.timeAfterCreate !== null) return shift(last.created * 1000, trigger.timeAfterCreate);
  if (trigger.timeBeforeExpiry === null || last.expires === null) return undefined;
  return shift(last.expires * 1000, trigger.timeBeforeExpiry, -1);
}

/** Rotations of a long jump of the clock; each is made at its own time. */
const mostAtOnce = 100;

/** What happens by itself until now: rotations that are due, the end of soft deletions and of purges. */
export async function settle(store: KeyStore, now: number): Promise<void> {
  for (const key of store.all()) {
    const gone = key.purging ? key.settlingUntil <= now : key.deleted !== null && key.deleted.purgeAt <= now;
    if (gone) store.remove(key);
    else await rotateWhileDue(store, key, now);
  }
}

async function rotateWhileDue(store: KeyStore, first: VaultKey, now: number): Promise<void> {
  let key = first;
  for (let count = 0; count < mostAtOnce; count++) {
    const due = rotationDue(key);
    if (due === undefined || due > now) return;
    const version = await rotatedVersion(key, due);
    // Another request may have changed the key while this one was made.
    if (store.find(key.vault, key.name) !== key) return;
    key = { ...key, versions: [...key.versions, version] };
    store.put(key);
  }
}
