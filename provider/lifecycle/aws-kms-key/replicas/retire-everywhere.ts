import { isLeaving } from "../../../model/key-states";
import { keyVersionsIn, type KeyVersion } from "../../../model/key-versions";
import type { KmsPort } from "../../../model/ports/kms";
import { connectionOf } from "../../connection-of";
import { PartialFailure, type LifecycleContext, type PlainRecord } from "../../contract";
import type { KeyInputs } from "../key-inputs";
import { dueRetirements, retireKeys } from "../retire-keys";
import { inRegion } from "./in-region";
import { recordedReplicas } from "./recorded-replicas";
import { recordedMembers } from "./replica-member";
import { noteReplicaGone, type ReplicasGone } from "./replicas-gone";

/** As {@link dueRetirements}, of every Region of the key. */
export const dueEverywhere = (
  outputs: PlainRecord,
  disableDays: number,
  now: Date,
  isCompromised: (version: KeyVersion) => boolean,
): ReturnType<typeof dueRetirements> => [
  ...recordedReplicas(outputs).flatMap(({ record }) => dueRetirements(record, disableDays, now, isCompromised)),
  ...dueRetirements(outputs, disableDays, now, isCompromised),
];

/** As {@link retireKeys}, in every Region of the key: replicas before the key in the group's Region, which AWS would not delete before them. */
export async function retireEverywhere(
  context: LifecycleContext,
  kms: KmsPort,
  { lineage, inputs, outputs }: { readonly lineage: string; readonly inputs: KeyInputs; readonly outputs: PlainRecord },
): Promise<PlainRecord> {
  const members = recordedMembers(inputs, outputs);
  if (members.length === 0) return retireKeys(context, kms, { lineage, inputs, outputs });
  const replicas = new Map(recordedReplicas(outputs).map(({ region, record }) => [region, record]));
  const told = (main: PlainRecord): PlainRecord => ({ ...main, replicas: [...replicas.values()] });
  for (const member of members) {
    const { region } = member;
    const work = { lineage, inputs: member.inputs, outputs: member.record };
    try {
      const there = context.kms(connectionOf(member.inputs.group));
      replicas.set(region, await retireKeys(inRegion(context, region), there, work));
    } catch (error) {
      if (!(error instanceof PartialFailure)) throw error;
      const { pending, ...record } = error.outputs;
      replicas.set(region, { ...record, pending: member.record["pending"] });
      throw new PartialFailure(lineage, { ...told(outputs), pending }, error.failure);
    }
  }
  return retireKeys(context, kms, { lineage, inputs, outputs: told(outputs), replicasGone: lastDates(replicas) });
}

/** When AWS deletes the replicas of former keys; one whose deletion was cancelled keeps its former date in the record, and stays. */
function lastDates(replicas: ReadonlyMap<string, PlainRecord>): ReplicasGone {
  const gone: ReplicasGone = new Map();
  for (const [region, record] of replicas)
    for (const { keyId, keyState, deletionDate } of keyVersionsIn(record))
      if (isLeaving(keyState) && deletionDate !== undefined)
        noteReplicaGone(gone, keyId, region, new Date(deletionDate));
  return gone;
}
