import type { PlainRecord } from "../../contract";
import { isRecord } from "../../is-record";

/** A replica as inputs or outputs have it. */
export interface RecordedReplica {
  readonly region: string;
  readonly record: PlainRecord;
}

/** The replicas in checked inputs or in outputs; empty where there is none. */
export function recordedReplicas(holder: PlainRecord): readonly RecordedReplica[] {
  const { replicas } = holder;
  if (!Array.isArray(replicas)) return [];
  return replicas.flatMap((record: unknown) => {
    if (!isRecord(record)) return [];
    const region = record["region"] ?? (isRecord(record["group"]) ? record["group"]["region"] : undefined);
    return typeof region === "string" ? [{ region, record }] : [];
  });
}
