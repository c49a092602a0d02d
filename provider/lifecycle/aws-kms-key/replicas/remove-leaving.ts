import { confirmationWord, isConfirmed } from "../../../model/confirmation";
import { deletionWindow } from "../../../model/deletion-window";
import { ByokError } from "../../../model/errors";
import { connectedKms } from "../../connected-kms";
import { PartialFailure, type LifecycleContext, type PlainRecord } from "../../contract";
import type { KeyInputs } from "../key-inputs";
import { removePlace } from "../remove-key";
import { textList } from "../../text-list";
import { formerReplicas } from "./former-replicas";
import { inRegion } from "./in-region";
import { recordedReplicas } from "./recorded-replicas";
import { recordedMembers } from "./replica-member";
import { inReplica } from "./replica-record";
import type { ReplicasGone } from "./replicas-gone";

/** A replica that the state has and the program does not name any more. */
export const leavingReplicas = (outputs: PlainRecord, wanted: PlainRecord): ReturnType<typeof recordedReplicas> => {
  const regions = recordedReplicas(wanted).map(({ region }) => region);
  return recordedReplicas(outputs).filter(({ region }) => !regions.includes(region));
};

/** The word that confirms the removal of a replica sooner than AWS's longest waiting period. */
export const replicaRemovalWord = (
  { record }: { readonly record: PlainRecord },
  key: { readonly lineage: string; readonly version: number; readonly days: number },
): string =>
  confirmationWord({
    operation: "schedule-deletion",
    cloudId: String(record["arn"]),
    lineage: key.lineage,
    version: key.version,
    state: "replica",
    deletion: `${key.days} days`,
  });

/** What the deletion of a replica means for what is encrypted, in one sentence. */
export function replicaRemovalSentence(region: string, news: PlainRecord, olds: PlainRecord): string {
  const days = typeof news["deletionWindowInDays"] === "number" ? news["deletionWindowInDays"] : deletionWindow.default;
  const others = [String(news["region"] ?? olds["region"]), ...recordedReplicas(news).map((replica) => replica.region)];
  return (
    `its replica in ${region} is scheduled for deletion, and AWS deletes it ${days} days later: nobody can use it from now on, and its aliases are deleted. ` +
    (olds["spec"] === "AES_256"
      ? `What it encrypted stays readable with the same key in ${others.join(", ")}.`
      : `The same key stays in ${others.join(", ")}.`) +
    ` Until then kms:CancelKeyDeletion in ${region} takes that back.`
  );
}

/** Schedules the deletion of the replicas that the program does not name any more; their aliases go first. */
export async function removeLeavingReplicas(
  context: LifecycleContext,
  key: { readonly lineage: string; readonly inputs: KeyInputs; readonly outputs: PlainRecord },
): Promise<PlainRecord> {
  const { lineage, inputs } = key;
  let { outputs } = key;
  for (const leaving of leavingReplicas(outputs, inputs)) {
    const { region } = leaving;
    const step = `schedule the deletion of the replica in ${region}`;
    try {
      const member = recordedMembers(inputs, outputs).find((each) => each.region === region);
      if (member === undefined) continue;
      requireConfirmed(inputs, lineage, leaving);
      const place = inRegion(context, region);
      const kms = await connectedKms(place, member.inputs.group);
      const replicasGone: ReplicasGone = new Map();
      await removePlace({
        context: place,
        kms,
        id: lineage,
        inputs: member.inputs,
        outputs: member.record,
        replicasGone,
      });
      outputs = withoutReplica(
        outputs,
        leaving,
        [...replicasGone.values()].flatMap((dates) => [...dates.values()]),
      );
    } catch (error) {
      const failure = ByokError.from(error, step);
      throw new PartialFailure(lineage, { ...outputs, pending: [step] }, failure.with({ step }));
    }
  }
  return outputs;
}

function requireConfirmed(
  inputs: KeyInputs,
  lineage: string,
  leaving: { readonly region: string; readonly record: PlainRecord },
): void {
  const days = inputs.deletionWindowInDays;
  if (days >= deletionWindow.default) return;
  const word = replicaRemovalWord(leaving, { lineage, version: inputs.version, days });
  if (isConfirmed(inputs.confirm, word)) return;
  throw new ByokError(
    "BYOK_CONFIRM_REQUIRED",
    `The replica ${String(leaving.record["arn"])} would be deleted after ${days} days, sooner than the default of ${deletionWindow.default}.`,
    { property: "confirm", hint: `To go on, set confirm: "${word}".` },
  );
}

/** The state remembers until when AWS keeps it: the days of the primary count from then on. */
function withoutReplica(
  outputs: PlainRecord,
  { region, record }: { readonly region: string; readonly record: PlainRecord },
  dates: readonly Date[],
): PlainRecord {
  const latest = dates.length === 0 ? undefined : new Date(Math.max(...dates.map((date) => date.getTime())));
  const gone = latest === undefined ? [] : [{ region, arn: record["arn"], deletionDate: latest.toISOString() }];
  return {
    ...outputs,
    replicas: recordedReplicas(outputs).flatMap((each) => (each.region === region ? [] : [each.record])),
    formerReplicas: [...formerReplicas(outputs).filter((each) => each.region !== region), ...gone],
    pending: textList(outputs["pending"]).filter((step) => !step.endsWith(inReplica(region))),
  };
}
