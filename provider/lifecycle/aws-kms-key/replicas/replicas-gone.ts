import type { KmsKeyFacts } from "../../../model/ports/kms";

/** When AWS deletes replicas, by key id and Region, as far as that is known: a primary's days count from the last of them on. */
export type ReplicasGone = Map<string, Map<string, Date>>;

export function noteReplicaGone(gone: ReplicasGone, keyId: string, region: string, date: Date | undefined): void {
  if (date === undefined) return;
  const dates = gone.get(keyId) ?? new Map<string, Date>();
  gone.set(keyId, dates.set(region, date));
}

const dayInMs = 86_400_000;

/** When a primary is deleted whose days count from the deletion of its last replica on; undefined while that is not known. */
export const afterReplica = (gone: Date | undefined, days: number): Date | undefined =>
  gone === undefined ? undefined : new Date(gone.getTime() + days * dayInMs);

/** When the last replica of a primary is deleted; undefined where it has none, or where of one of them nobody knows. */
export function lastReplicaOf(
  { keyId, replicaRegions = [] }: Pick<KmsKeyFacts, "keyId" | "replicaRegions">,
  gone: ReplicasGone,
): Date | undefined {
  const dates = replicaRegions.map((region) => gone.get(keyId)?.get(region)?.getTime());
  const known = dates.filter((date) => date !== undefined);
  return known.length === 0 || known.length < dates.length ? undefined : new Date(Math.max(...known));
}
