import { isConfirmed } from "../../model/confirmation";
import { dayOf, deletionConsequence } from "../../model/deletion-consequence";
import { deletionWindow } from "../../model/deletion-window";
import { ByokError } from "../../model/errors";
import { lastUsageSentence } from "../../model/last-usage";
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
import { regionsOf } from "./diff-schedule";
import { requireOwned } from "./key-owner";
import {
  lookedAt,
  primaryAmong,
  schedulePlaces,
  unnamedRegions,
  type SchedulePlace,
  type SeenPlace,
} from "./schedule-places";
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
  const planned = plannedDates(context.clock(), inputs);
  const derived = { ...inputs, account, region, plannedDay: dayOf(planned.last), scheduled: true };
  const known = regionsOf(before);
  const isKnown = regionsOf({ ...inputs, region }).every((each) => known.includes(each));
  if (keeps && isKnown && before["windowInDays"] === inputs.windowInDays)
    return accepted({ ...derived, plannedDay: recordedDay });
  try {
    const places = await schedulePlaces(context, inputs, (group) => context.kms(connectionOf(group)));
    const seen = await lookedAt(places);
    if (seen.every(({ facts }) => facts === undefined)) {
      // A key whose window has passed is no error: update finds out that it is gone, and says which lines to remove.
      return keeps
        ? accepted({ ...derived, plannedDay: recordedDay })
        : refused(news, [{ property: "key", reason: notThere(inputs.key.arn) }]);
    }
    // Where this resource scheduled it, AWS has deleted it by now, and what is left can be scheduled again.
    const absent = seen.find(({ facts, region: there }) => facts === undefined && !known.includes(there));
    if (absent !== undefined && !keeps) return refused(news, [{ property: "key", reason: notThere(absent.key.arn) }]);
    for (const { kms, key, facts } of seen) if (facts !== undefined) await requireOwned(kms, key);
    const isLast = seen.filter(({ facts }) => facts !== undefined).length === 1;
    const dates = isLast ? { ...planned, last: planned.first } : planned;
    const refusal = await unconfirmed(context, inputs, {
      seen,
      planned: dates,
      recordedDay: keeps ? recordedDay : undefined,
      takenBack: before["scheduled"] === false ? recordedDay : undefined,
    });
    return refusal === undefined
      ? accepted({ ...derived, plannedDay: dayOf(dates.last) })
      : refused(news, [{ property: "", reason: refusal }]);
  } catch (error) {
    return refused(news, [failureOf(error, "key", "Reading the key")]);
  }
}

interface Moment {
  readonly seen: readonly SeenPlace[];
  readonly planned: PlannedDates;
  /** Of a schedule that this resource keeps: the day that the state knows. */
  readonly recordedDay: string | undefined;
  /** The day of a schedule of this resource that somebody cancelled. */
  readonly takenBack: string | undefined;
}

interface PlannedDates {
  /** When AWS deletes the key, or the replicas of one that has any. */
  readonly first: Date;
  /** When it deletes the last: the primary's days count once its replicas are gone. */
  readonly last: Date;
}

function plannedDates(now: Date, { windowInDays, places = [] }: DeletionScheduleInputs): PlannedDates {
  const after = (days: number): Date => new Date(now.getTime() + days * dayInMs);
  return { first: after(windowInDays), last: after(places.length === 0 ? windowInDays : 2 * windowInDays) };
}

/** The consequence, and the word that is missing; where it is there, the consequence is a warning. */
async function unconfirmed(
  context: LifecycleContext,
  inputs: DeletionScheduleInputs,
  { seen, planned, recordedDay, takenBack }: Moment,
): Promise<string | undefined> {
  const { windowInDays, confirm, onRemove } = inputs;
  const living = seen.flatMap(({ facts, ...place }) => (facts === undefined ? [] : [{ ...place, facts }]));
  const [one] = living;
  if (one === undefined) return undefined;
  const names: string[] = [];
  for (const { kms, key } of living) names.push(...(await kms.listAliases(key.keyId)));
  const scheduledFor = living.flatMap(({ facts }) => facts.deletionDate?.getTime() ?? []);
  const primary = primaryAmong(seen) ?? one.region;
  const replicas = living.flatMap(({ region }) => (region === primary ? [] : [region]));
  const consequence = deletionConsequence({
    spec: one.facts.spec,
    usage: one.facts.usage,
    origin: one.facts.origin,
    windowInDays,
    date: planned.first,
    aliases: names.length,
    replicaRegions: unnamedRegions(seen),
    ...(replicas.length === 0 ? {} : { together: { replicas, primary, last: planned.last } }),
    scheduledFor: scheduledFor.length === 0 ? undefined : new Date(Math.min(...scheduledFor)),
    lastUsage: await usageIn(living),
  });
  const undo =
    onRemove === "cancel"
      ? "Until then: remove this resource, which cancels the deletion."
      : 'Until then: remove this resource with onRemove "cancel".';
  const words = acceptedWords(inputs, { seen, recordedDay, takenBack });
  if (words.some((word) => isConfirmed(confirm, word))) {
    context.log.warn(`${consequence} ${undo}`);
    return undefined;
  }
  const stale = confirm === undefined ? "" : " The present confirm belongs to another moment.";
  const hint = `To go on: confirm: "${words[0]}".`;
  return new ByokError("BYOK_CONFIRM_REQUIRED", `${consequence} ${undo}${stale}`, { hint }).codedSentence;
}

/** When the key was last used, as each Region tells it. */
async function usageIn(living: readonly SchedulePlace[]): Promise<string> {
  const sentences: string[] = [];
  for (const { kms, key, region } of living) {
    const sentence = lastUsageSentence(await kms.lastUsage(key.keyId));
    sentences.push(living.length === 1 ? sentence : `In ${region}: ${sentence}`);
  }
  return sentences.join(" ");
}

/** The first one is the one to name. */
function acceptedWords(
  { key, windowInDays: days }: DeletionScheduleInputs,
  { seen, recordedDay, takenBack }: Pick<Moment, "seen" | "recordedDay" | "takenBack">,
): readonly [string, ...string[]] {
  if (recordedDay === undefined) return [wordAsSeen(key, seen, days, takenBack)];
  const recorded = wordAsRecorded(key, seen, recordedDay, days);
  const states = seen.flatMap(({ facts }) => facts?.state ?? []);
  if (states.every(isLeaving)) return [recorded];
  // Either this resource cancelled it to move the date and died, which leaves the key disabled, or somebody else did.
  return states.includes("Enabled") ? [wordAsSeen(key, seen, days)] : [wordAsSeen(key, seen, days), recorded];
}

/** A key that is made or changed in the same run is not known in the preview, so that the word cannot be told yet. */
function warnOfLaterWord(context: LifecycleContext, olds: PlainRecord, news: PlainRecord): void {
  const days = news["windowInDays"] ?? deletionWindow.default;
  if (olds["scheduled"] === true && sameJson(olds["windowInDays"], days)) return;
  context.log.warn(
    "a deletion is to be scheduled, and its key is made or changed in the same run: up stops here, tells what it means, and names the word to confirm.",
  );
}

const notThere = (arn: string): string => `there is no key ${arn}; there is nothing to schedule.`;

const otherKey = (recorded: AwsKmsKeyRecord, wanted: AwsKmsKeyRecord): string =>
  `cannot change: this schedule is for ${recorded.arn}, and ${wanted.name} is ${wanted.arn} now. ` +
  "Make another DeletionSchedule for that key, under another name; this one is then removed as its onRemove says.";
