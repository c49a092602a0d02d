import { isConfirmed } from "../../model/confirmation";
import { dayOf, deletionConsequence } from "../../model/deletion-consequence";
import { deletionWindow } from "../../model/deletion-window";
import { ByokError } from "../../model/errors";
import { lastUsageSentence } from "../../model/last-usage";
import type { KmsKeyFacts, KmsPort } from "../../model/ports/kms";
import { accepted, failureOf, refused } from "../answers";
import { withKnownKey } from "../carried-key";
import { connectionOf } from "../connection-of";
import type { CheckResult, LifecycleContext, PlainRecord } from "../contract";
import { deletionScheduleInputs, type DeletionScheduleInputs } from "../inputs/deletion-schedule-inputs";
import { awsKmsKeyRecord, type AwsKmsKeyRecord } from "../inputs/aws-kms-key-record";
import { pickDefined } from "../pick-defined";
import { sameJson } from "../same-json";
import { validate } from "../validate";
import { isLeaving } from "../../model/key-states";
import { requireOwned } from "./key-owner";
import { wordAsRecorded, wordAsSeen } from "./schedule-words";

const derivedNames = ["account", "region", "plannedDay", "scheduled"];
const dayInMs = 86_400_000;

/**
 * Validates and derives. Where a deletion is to be scheduled, or its date to move, it reads the key and refuses until `confirm` holds the word
 * that belongs to this moment; where nothing is due, it calls no cloud and an old word does no harm.
 */
export async function checkSchedule(
  context: LifecycleContext,
  olds: PlainRecord,
  program: PlainRecord,
): Promise<CheckResult> {
  const news = withKnownKey(olds, program);
  const validated = validate(deletionScheduleInputs, news);
  if (validated.kind === "wrong") return refused(news, validated.failures);
  if (validated.kind === "unknown") {
    warnOfLaterWord(context, olds, news);
    return accepted({ ...pickDefined(olds, derivedNames), ...news });
  }
  const inputs = validated.value;
  const { account, region } = inputs.key.group;
  const before = olds["account"] === account && olds["region"] === region ? olds : {};
  const recordedKey = awsKmsKeyRecord.safeParse(before["key"]).data;
  if (recordedKey !== undefined && recordedKey.arn !== inputs.key.arn) {
    return refused(news, [{ property: "key", reason: otherKey(recordedKey, inputs.key) }]);
  }
  const recordedDay = typeof before["plannedDay"] === "string" ? before["plannedDay"] : undefined;
  const keeps = before["scheduled"] === true && recordedDay !== undefined;
  const planned = new Date(context.clock().getTime() + inputs.windowInDays * dayInMs);
  const derived = { ...inputs, account, region, plannedDay: dayOf(planned), scheduled: true };
  if (keeps && before["windowInDays"] === inputs.windowInDays) return accepted({ ...derived, plannedDay: recordedDay });
  const { name, replicas = [] } = inputs.key;
  if (replicas.length > 0) return refused(news, [{ property: "key", reason: heldByReplicas(name, replicas) }]);
  try {
    const kms = context.kms(connectionOf(inputs.key.group));
    const facts = await kms.describeKey(inputs.key.keyId);
    if (facts === undefined) {
      // A key whose window has passed is no error: update finds out that it is gone, and says which lines to remove.
      return keeps
        ? accepted({ ...derived, plannedDay: recordedDay })
        : refused(news, [
            { property: "key", reason: `there is no key ${inputs.key.arn}; there is nothing to schedule.` },
          ]);
    }
    await requireOwned(kms, inputs.key);
    const refusal = await unconfirmed(context, kms, inputs, {
      facts,
      planned,
      recordedDay: keeps ? recordedDay : undefined,
    });
    return refusal === undefined ? accepted(derived) : refused(news, [{ property: "", reason: refusal }]);
  } catch (error) {
    return refused(news, [failureOf(error, "key", "Reading the key")]);
  }
}

interface Moment {
  readonly facts: KmsKeyFacts;
  readonly planned: Date;
  /** Of a schedule that this resource keeps: the day that the state knows. */
  readonly recordedDay: string | undefined;
}

/** The consequence, and the word that is missing; where it is there, the consequence is a warning. */
async function unconfirmed(
  context: LifecycleContext,
  kms: KmsPort,
  inputs: DeletionScheduleInputs,
  { facts, planned, recordedDay }: Moment,
): Promise<string | undefined> {
  const { key, windowInDays, confirm, onRemove } = inputs;
  const consequence = deletionConsequence({
    spec: facts.spec,
    usage: facts.usage,
    origin: facts.origin,
    windowInDays,
    date: planned,
    aliases: (await kms.listAliases(key.keyId)).length,
    replicaRegions: facts.replicaRegions ?? [],
    scheduledFor: facts.deletionDate,
    lastUsage: lastUsageSentence(await kms.lastUsage(key.keyId)),
  });
  const undo =
    onRemove === "cancel"
      ? "Until then: remove this resource, which cancels the deletion."
      : 'Until then: remove this resource with onRemove "cancel".';
  const words = acceptedWords(key, facts, windowInDays, recordedDay);
  if (words.some((word) => isConfirmed(confirm, word))) {
    context.log.warn(`${consequence} ${undo}`);
    return undefined;
  }
  const stale = confirm === undefined ? "" : " The present confirm belongs to another moment.";
  const hint = `To go on: confirm: "${words[0]}".`;
  return new ByokError("BYOK_CONFIRM_REQUIRED", `${consequence} ${undo}${stale}`, { hint }).codedSentence;
}

/** The first one is the one to name. */
function acceptedWords(
  key: AwsKmsKeyRecord,
  facts: KmsKeyFacts,
  days: number,
  recordedDay: string | undefined,
): readonly [string, ...string[]] {
  if (recordedDay === undefined) return [wordAsSeen(key, facts, days)];
  const recorded = wordAsRecorded(key, recordedDay, days);
  if (isLeaving(facts.state)) return [recorded];
  // Either this resource cancelled it to move the date and died, which leaves the key disabled, or somebody else did.
  return facts.state === "Enabled" ? [wordAsSeen(key, facts, days)] : [wordAsSeen(key, facts, days), recorded];
}

/** A key that is made or changed in the same run is not known in the preview, so that the word cannot be told yet. */
function warnOfLaterWord(context: LifecycleContext, olds: PlainRecord, news: PlainRecord): void {
  const days = news["windowInDays"] ?? deletionWindow.default;
  if (olds["scheduled"] === true && sameJson(olds["windowInDays"], days)) return;
  context.log.warn(
    "a deletion is to be scheduled, and its key is made or changed in the same run: up stops here, tells what it means, and names the word to confirm.",
  );
}

const heldByReplicas = (name: string, regions: readonly string[]): string =>
  `${name} has replicas in ${regions.join(", ")}, and AWS deletes a multi-Region key in its last Region only after all others. ` +
  `Remove them from the replicas of ${name} first, which schedules their deletion; or remove ${name} itself, which schedules all of it.`;

const otherKey = (recorded: AwsKmsKeyRecord, wanted: AwsKmsKeyRecord): string =>
  `cannot change: this schedule is for ${recorded.arn}, and ${wanted.name} is ${wanted.arn} now. ` +
  "Make another DeletionSchedule for that key, under another name; this one is then removed as its onRemove says.";
