import { randomBytes } from "node:crypto";
import { keyArn } from "../policy/authorize";
import type { Change } from "../store/store";
import { type KeyRecord, addressOf } from "../store/records";
import type { Store } from "../store/store";
import { rotated } from "./apply-rotation";
import { newMaterial, materialId } from "./material";

const day = 86_400_000;

interface DueEvent {
  readonly at: number;
  readonly key: KeyRecord;
  readonly happen: () => Change[];
}

/**
 * Lets everything happen whose time has come: deletions, expiries, rotations. Events run in the order of their times,
 * so that a clock which jumps by months gives what waiting would have given.
 */
export function settle(store: Store, now: number): void {
  while (store.quietUntil <= now) {
    const next = earliest(store.allKeys().flatMap((key) => eventsOf(store, key)));
    if (next === undefined || next.at > now) {
      store.quietUntil = next?.at ?? Infinity;
      return;
    }
    const changes = next.happen();
    if (changes.length === 0) throw new Error(`a due event of ${keyArn(next.key)} changes nothing`);
    store.commit(changes);
  }
}

function earliest(events: readonly DueEvent[]): DueEvent | undefined {
  return events.reduce<DueEvent | undefined>(
    (first, event) => (first === undefined || event.at < first.at ? event : first),
    undefined,
  );
}

function eventsOf(store: Store, key: KeyRecord): DueEvent[] {
  const events: DueEvent[] = [];
  const deletesAt = key.deletion?.at ?? null;
  if (deletesAt !== null) events.push({ at: deletesAt, key, happen: () => remove(store, key, deletesAt) });
  for (const { expiresAt } of key.materials) {
    if (expiresAt !== null) events.push({ at: expiresAt, key, happen: () => [put(expire(key, expiresAt))] });
  }
  const { onDemandDoneAt, nextAt, periodInDays } = key.rotation;
  if (onDemandDoneAt !== null) {
    events.push({ at: onDemandDoneAt, key, happen: () => rotateOnDemand(store, key, onDemandDoneAt) });
  }
  if (nextAt !== null && periodInDays !== null && key.deletion === null && isPrimary(key)) {
    events.push({ at: nextAt, key, happen: () => rotateBySchedule(store, key, nextAt, periodInDays) });
  }
  return events;
}

/** Removes the key and its aliases; a primary that waited for its last replica starts its own window now. */
function remove(store: Store, key: KeyRecord, at: number): Change[] {
  const family = store.relatives(key).filter((member) => member.region !== key.region);
  const left = family.map((member): KeyRecord => {
    const replicaRegions = (member.multiRegion?.replicaRegions ?? []).filter((region) => region !== key.region);
    const multiRegion = member.multiRegion === null ? null : { ...member.multiRegion, replicaRegions };
    const { deletion } = member;
    if (deletion?.at !== null || replicaRegions.length > 0) return { ...member, multiRegion };
    return { ...member, multiRegion, deletion: { ...deletion, at: at + deletion.windowInDays * day } };
  });
  return [
    { address: addressOf(key), record: null },
    ...store.aliasesOf(key).map((alias) => ({ address: addressOf(alias), record: null })),
    ...left.map(put),
  ];
}

/** Expired material is gone; if it was only waiting for a rotation, a primary or single-Region key forgets it. */
function expire(key: KeyRecord, at: number): KeyRecord {
  const materials = key.materials.flatMap((material) => {
    if (material.expiresAt !== at) return [material];
    if (material.role === "PENDING" && isPrimary(key)) return [];
    return [{ ...material, bytes: null, expiresAt: null }];
  });
  return { ...key, materials };
}

function rotateOnDemand(store: Store, key: KeyRecord, at: number): Change[] {
  const next = key.origin === "EXTERNAL" ? undefined : freshMaterial(key);
  return store.relatives(key).map((member) => put(rotated(member, { at, type: "ON_DEMAND", next })));
}

function rotateBySchedule(store: Store, key: KeyRecord, at: number, periodInDays: number): Change[] {
  const next = freshMaterial(key);
  return store.relatives(key).map((member) => {
    const after = rotated(member, { at, type: "AUTOMATIC", next });
    return put({ ...after, rotation: { ...after.rotation, nextAt: at + periodInDays * day } });
  });
}

function freshMaterial(key: KeyRecord): ReturnType<typeof newMaterial> {
  const bytes = randomBytes(32);
  return newMaterial(materialId(key, bytes), "CURRENT", bytes);
}

export function isPrimary(key: KeyRecord): boolean {
  return key.multiRegion === null || key.multiRegion.primaryRegion === key.region;
}

function put(record: KeyRecord): Change {
  return { address: addressOf(record), record };
}
