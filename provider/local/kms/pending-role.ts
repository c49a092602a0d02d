import type { RecordView } from "../store/record-view";
import type { KeyRecord, MaterialRecord } from "../store/records";

/**
 * The state of material that waits for a rotation: a multi-Region set can rotate only when the primary and every replica
 * hold the material.
 */
export function pendingRole(
  view: RecordView,
  key: KeyRecord,
  material: MaterialRecord,
): "PENDING_ROTATION" | "PENDING_MULTI_REGION_IMPORT_AND_ROTATION" {
  const everywhere = view
    .relatives(key)
    .every((member) => member.materials.some((held) => held.id === material.id && held.bytes !== null));
  return everywhere ? "PENDING_ROTATION" : "PENDING_MULTI_REGION_IMPORT_AND_ROTATION";
}
