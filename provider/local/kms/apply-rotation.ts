import type { KeyRecord, MaterialRecord } from "../store/records";

interface Rotation {
  readonly at: number;
  readonly type: "AUTOMATIC" | "ON_DEMAND";
  /** The new material of a key whose material the service makes; without it the pending material becomes current. */
  readonly next: MaterialRecord | undefined;
}

/** The key after a rotation: the new material is current, the former one still decrypts. */
export function rotated(key: KeyRecord, { at, type, next }: Rotation): KeyRecord {
  const pending = next ?? key.materials.find((material) => material.role === "PENDING");
  if (pending === undefined) return withoutRotationInProgress(key);
  const former = key.materials
    .filter((material) => material.role !== "PENDING")
    .map((material): MaterialRecord => ({ ...material, role: "NON_CURRENT" }));
  const current: MaterialRecord = { ...pending, role: "CURRENT", rotatedAt: at, rotationType: type };
  const onDemandCount = key.rotation.onDemandCount + (type === "ON_DEMAND" ? 1 : 0);
  const done = type === "ON_DEMAND" ? withoutRotationInProgress(key) : key;
  return { ...done, materials: [...former, current], rotation: { ...done.rotation, onDemandCount } };
}

function withoutRotationInProgress(key: KeyRecord): KeyRecord {
  return { ...key, rotation: { ...key.rotation, onDemandStartedAt: null, onDemandDoneAt: null } };
}
