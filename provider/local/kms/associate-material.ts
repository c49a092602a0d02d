import { invalidState } from "../aws-error";
import { keyArn } from "../policy/authorize";
import type { KeyRecord, MaterialRecord } from "../store/records";
import type { Call } from "./call";
import { isPrimary } from "./due-events";
import { isComplete, keyState, pendingMaterial } from "./key-state";
import { materialId, newMaterial } from "./material";
import { incorrectMaterial } from "./private-key";

interface Imported {
  readonly bytes: Buffer;
  readonly trailingZeroBytes: number;
  readonly expiresAt: number | null;
  readonly type: "NEW_KEY_MATERIAL" | "EXISTING_KEY_MATERIAL" | undefined;
  readonly description: string | undefined;
  readonly materialId: string | undefined;
}

/** Puts unwrapped material into its place in the key, or says why it has none there. */
export function associate(call: Call, key: KeyRecord, imported: Imported): { key: KeyRecord; materialId: string } {
  const id = materialId(key, imported.bytes);
  const known = knownMaterial(call, key, id);
  const type = imported.type ?? (key.materials.length === 0 ? "NEW_KEY_MATERIAL" : "EXISTING_KEY_MATERIAL");
  if (type === "NEW_KEY_MATERIAL") refuseNew(key, id, known);
  else if (known === undefined) throw incorrectMaterial(`The key material is not associated with ${keyArn(key)}.`);
  if (imported.materialId !== undefined && imported.materialId !== id) {
    throw incorrectMaterial(`The key material is not the one with the id ${imported.materialId}.`);
  }
  const role = key.materials.length === 0 ? "CURRENT" : "PENDING";
  const material: MaterialRecord = {
    ...(known ?? newMaterial(id, role, imported.bytes)),
    bytes: imported.bytes.toString("base64"),
    expiresAt: imported.expiresAt,
    description: imported.description ?? known?.description ?? null,
    trailingZeroBytes: imported.trailingZeroBytes,
  };
  const others = key.materials.filter((other) => other.id !== id);
  const index = key.materials.findIndex((other) => other.id === id);
  const materials =
    index < 0 ? [...others, material] : key.materials.map((other) => (other.id === id ? material : other));
  const filled = { ...key, materials };
  // The import that completes a key enables it, also one that was disabled before its material went away.
  const completes = keyState(key, call.now) === "PendingImport" && isComplete(filled);
  return { key: completes ? { ...filled, enabled: true } : filled, materialId: id };
}

/** The association of this material with the key; a replica knows what its primary has pending. */
function knownMaterial(call: Call, key: KeyRecord, id: string): MaterialRecord | undefined {
  const own = key.materials.find((material) => material.id === id);
  if (own !== undefined || isPrimary(key)) return own;
  const primary = call.cloud.store.relatives(key).find(isPrimary);
  const pending = primary === undefined ? undefined : pendingMaterial(primary);
  return pending?.id === id ? { ...pending, bytes: null, expiresAt: null, description: null } : undefined;
}

function refuseNew(key: KeyRecord, id: string, known: MaterialRecord | undefined): void {
  if (!isPrimary(key)) throw incorrectMaterial("New key material is imported into the primary key first.");
  if (known !== undefined) throw incorrectMaterial(`The key material ${id} is already associated with ${keyArn(key)}.`);
  const pending = pendingMaterial(key);
  if (pending !== undefined) {
    throw invalidState(
      `New key material (id: ${id}) cannot be imported into KMS key ${keyArn(key)}, because another key material (id: ${pending.id}) is pending rotation.`,
    );
  }
}
