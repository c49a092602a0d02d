import { confirmationWord } from "../../model/confirmation";
import { dayOf } from "../../model/deletion-consequence";
import type { AwsKmsKeyRecord } from "../inputs/aws-kms-key-record";
import type { SeenPlace } from "./schedule-places";

/**
 * The word for scheduling the deletion of a key as it stands now, in each of its Regions.
 *
 * @param takenBack - the day of the schedule that somebody cancelled, after which the key may be in all else what it was: the word of that schedule is spent
 */
export function wordAsSeen(key: AwsKmsKeyRecord, seen: readonly SeenPlace[], days: number, takenBack?: string): string {
  const states = seen.map(({ facts }) => facts?.state ?? "Destroyed").join(" ");
  const dates = seen.map(({ facts }) => (facts?.deletionDate === undefined ? "no date" : dayOf(facts.deletionDate)));
  const spent = takenBack === undefined ? "" : `, no more on ${takenBack}`;
  return word(key, seen, states, `${dates.join(" ")}${spent}`, days);
}

/**
 * The word for moving the date of a schedule that this resource keeps. It is bound to the day that the state knows and not to what is seen: a run
 * that died between CancelKeyDeletion and ScheduleKeyDeletion left a key that shows no date, and the next run has to take the same word.
 */
export const wordAsRecorded = (
  key: AwsKmsKeyRecord,
  seen: readonly SeenPlace[],
  plannedDay: string,
  days: number,
): string => word(key, seen, "PendingDeletion", plannedDay, days);

/** Bound to the key in every Region, so that the word for one of them schedules no other. */
const word = (key: AwsKmsKeyRecord, seen: readonly SeenPlace[], state: string, day: string, days: number): string =>
  confirmationWord({
    operation: "schedule-deletion",
    cloudId: seen.map((place) => place.key.arn).join(" "),
    lineage: key.lineage,
    version: key.version,
    state,
    deletion: `${day}, then in ${days} days`,
  });
