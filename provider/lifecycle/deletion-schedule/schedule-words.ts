import { confirmationWord } from "../../model/confirmation";
import { dayOf } from "../../model/deletion-consequence";
import type { KmsKeyFacts } from "../../model/ports/kms";
import type { AwsKmsKeyRecord } from "../inputs/aws-kms-key-record";

/** The word for scheduling the deletion of a key as it stands now. */
export const wordAsSeen = (key: AwsKmsKeyRecord, facts: KmsKeyFacts, days: number): string =>
  word(key, facts.state, facts.deletionDate === undefined ? undefined : dayOf(facts.deletionDate), days);

/**
 * The word for moving the date of a schedule that this resource keeps. It is bound to the day that the state knows and not to what is seen: a run
 * that died between CancelKeyDeletion and ScheduleKeyDeletion left a key that shows no date, and the next run has to take the same word.
 */
export const wordAsRecorded = (key: AwsKmsKeyRecord, plannedDay: string, days: number): string =>
  word(key, "PendingDeletion", plannedDay, days);

const word = (key: AwsKmsKeyRecord, state: string, day: string | undefined, days: number): string =>
  confirmationWord({
    operation: "schedule-deletion",
    cloudId: key.arn,
    lineage: key.lineage,
    version: key.version,
    state,
    deletion: `${day ?? "no date"}, then in ${days} days`,
  });
