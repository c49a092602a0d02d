import type { InventoryRecord } from "./inventory";
import { keySpecFacts } from "./key-spec";

const importable: readonly string[] = Object.values(keySpecFacts).map(({ aws }) => aws);
const adoptableStates: readonly string[] = ["PendingImport", "Enabled", "Disabled"];

/** Why `AwsKmsKey` cannot adopt a listed key, in words; undefined where it can. */
export function adoptionObstacle(record: InventoryRecord): string | undefined {
  const { managedBy, resource, goneSince, origin, spec, state, multiRegion, denied } = record;
  if (goneSince !== undefined) return `it is gone since ${goneSince}.`;
  if (managedBy === "AWS") return "AWS manages it.";
  if (managedBy === "this stack") return `this stack manages it already, as ${resource ?? "one of its resources"}.`;
  if (origin === undefined || spec === undefined || state === undefined) {
    return `the caller may not read it: ${denied?.join(", ") ?? "kms:DescribeKey"}.`;
  }
  if (origin !== "EXTERNAL" && origin !== "AWS_KMS") {
    return `its origin is ${origin}: keys of a key store of your own are kept there. Make a new AwsKmsKey, and move its aliases there.`;
  }
  if (multiRegion?.role === "REPLICA")
    return `it is a replica of ${multiRegion.primary}, and is adopted with that: list the Region of the primary.`;
  if (!importable.includes(spec)) return `its spec ${spec} takes no material from a source key.`;
  if (!adoptableStates.includes(state)) return `its state is ${state}.`;
  return undefined;
}
