import { AwsError, invalidState } from "../aws-error";
import { keyArn } from "../policy/authorize";
import type { KeyRecord, MaterialRecord } from "../store/records";

export type KeyState =
  "Creating" | "Enabled" | "Disabled" | "PendingImport" | "PendingDeletion" | "PendingReplicaDeletion" | "Updating";

/** The state of a key follows from its record and the time; nothing stores it. */
export function keyState(key: KeyRecord, now: number): KeyState {
  if (key.deletion !== null) return key.deletion.at === null ? "PendingReplicaDeletion" : "PendingDeletion";
  if (key.creatingUntil !== null && key.creatingUntil > now) return "Creating";
  if (key.updatingUntil !== null && key.updatingUntil > now) return "Updating";
  if (!isComplete(key)) return "PendingImport";
  return key.enabled ? "Enabled" : "Disabled";
}

/** Whether every material that is associated for ever is there. */
export function isComplete(key: KeyRecord): boolean {
  const permanent = permanentMaterials(key);
  return permanent.length > 0 && permanent.every((material) => material.bytes !== null);
}

export function permanentMaterials(key: KeyRecord): MaterialRecord[] {
  return key.materials.filter((material) => material.role !== "PENDING");
}

export function currentMaterial(key: KeyRecord): MaterialRecord | undefined {
  return key.materials.find((material) => material.role === "CURRENT");
}

export function pendingMaterial(key: KeyRecord): MaterialRecord | undefined {
  return key.materials.find((material) => material.role === "PENDING");
}

const words: Readonly<Record<Exclude<KeyState, "Enabled" | "Disabled">, string>> = {
  Creating: "is creating.",
  PendingImport: "is pending import.",
  PendingDeletion: "is pending deletion.",
  PendingReplicaDeletion: "is pending replica deletion.",
  Updating: "is updating.",
};

/**
 * Refuses a key whose state is not among the allowed ones, with the errors of the developer guide's key state table:
 * a disabled key by its own error, everything else by KMSInvalidStateException.
 */
export function requireState(key: KeyRecord, now: number, allowed: readonly KeyState[]): void {
  const state = keyState(key, now);
  if (allowed.includes(state)) return;
  if (state === "Disabled") throw new AwsError("DisabledException", `${keyArn(key)} is disabled.`);
  throw invalidState(state === "Enabled" ? `${keyArn(key)} is enabled.` : `${keyArn(key)} ${words[state]}`);
}

/** Any state in which a key is not on its way out. */
export const notLeaving: readonly KeyState[] = ["Enabled", "Disabled", "PendingImport", "Creating", "Updating"];

export const leaving: readonly KeyState[] = ["PendingDeletion", "PendingReplicaDeletion"];
