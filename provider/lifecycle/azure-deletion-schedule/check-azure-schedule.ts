import { sameKeyName } from "../../model/azure-key-name";
import { backupsSentence, backupsTold } from "../../model/backup-tag";
import { isConfirmed } from "../../model/confirmation";
import { dayOf } from "../../model/deletion-consequence";
import { ByokError } from "../../model/errors";
import { accepted, failureOf, refused } from "../answers";
import { azureConnectionOf } from "../azure-connection-of";
import type { CheckFailure, CheckResult, LifecycleContext, PlainRecord } from "../contract";
import { azureScheduleInputs, type AzureScheduleInputs } from "../inputs/azure-deletion-schedule-inputs";
import { azureKeyRecord } from "../inputs/azure-key-record";
import { pickDefined } from "../pick-defined";
import { validate } from "../validate";
import { acceptedWords } from "./azure-schedule-words";
import { foreignLineageOf, keyIdOf, retentionOf, seeKey, tagsOf, type SeenKey } from "./see-key";

const derivedNames = ["vaultUrl", "keyName", "retentionDays", "plannedDay", "scheduled"];
const dayInMs = 86_400_000;

/**
 * Validates and derives. Where a key is to be deleted, it reads it and refuses until `confirm` holds the word that belongs to this moment; while nothing is due,
 * it calls no cloud and an old word does no harm.
 */
export async function checkAzureSchedule(
  context: LifecycleContext,
  olds: PlainRecord,
  news: PlainRecord,
): Promise<CheckResult> {
  const validated = validate(azureScheduleInputs, news);
  if (validated.kind === "wrong") return refused(news, validated.failures);
  if (validated.kind === "unknown") {
    if (olds["scheduled"] !== true)
      context.log.warn(
        "a key is to be soft-deleted that is made or changed in the same run: up stops here, tells what it means, and names the word to confirm.",
      );
    return accepted({ ...pickDefined(olds, derivedNames), ...news });
  }
  const inputs = validated.value;
  const { keyName, group } = inputs.key;
  const { vaultUrl } = group;
  const samePlace =
    olds["vaultUrl"] === vaultUrl && typeof olds["keyName"] === "string" && sameKeyName(olds["keyName"], keyName);
  const before = samePlace ? olds : {};
  const unfit = keyFailures(inputs, before);
  if (unfit.length > 0) return refused(news, unfit);
  const { plannedDay, retentionDays } = before;
  if (before["scheduled"] === true && typeof plannedDay === "string" && typeof retentionDays === "number") {
    const wrong = windowFailures(inputs, retentionDays);
    if (wrong.length > 0) return refused(news, wrong);
    return accepted({ ...inputs, vaultUrl, keyName, retentionDays, plannedDay, scheduled: true });
  }
  try {
    const seen = await seeKey(context.keyVault(azureConnectionOf(group)), keyName);
    const failures = seenFailures(inputs, seen);
    if (failures.length > 0) return refused(news, failures);
    const date = purgeDateOf(context, seen);
    const takenBack = before["scheduled"] === false && typeof plannedDay === "string" ? plannedDay : undefined;
    const refusal = unconfirmed(context, inputs, { seen, date, takenBack });
    if (refusal !== undefined) return refused(news, [{ property: "", reason: refusal }]);
    const days = retentionOf(seen);
    return accepted({ ...inputs, vaultUrl, keyName, retentionDays: days, plannedDay: dayOf(date), scheduled: true });
  } catch (error) {
    return refused(news, [failureOf(error, "key", "Reading the key")]);
  }
}

/** What does not depend on the vault. */
function keyFailures({ key }: AzureScheduleInputs, before: PlainRecord): readonly CheckFailure[] {
  if (key.deletion?.purge === true)
    return [
      {
        property: "key",
        reason: `${key.name} has deletion: { purge: true }, which would purge at once what this schedule lets be recovered until its date. Remove one of them.`,
      },
    ];
  const recorded = azureKeyRecord.safeParse(before["key"]).data;
  if (recorded === undefined || recorded.lineage === key.lineage) return [];
  return [
    {
      property: "key",
      reason: `cannot change: this schedule is for another key of that name. Make another DeletionSchedule for ${key.name}, under another name; this one is then removed as its onRemove says.`,
    },
  ];
}

function seenFailures(inputs: AzureScheduleInputs, seen: SeenKey): readonly CheckFailure[] {
  const id = keyIdOf(inputs.key);
  if (seen.kind === "gone") return [{ property: "key", reason: `there is no key ${id}; there is nothing to delete.` }];
  const lineage = foreignLineageOf(seen, inputs.key);
  if (lineage !== undefined)
    return [
      {
        property: "key",
        reason: `${id} belongs to another resource now (lineage ${lineage}). Delete it where it belongs. [BYOK_OWNED_BY_ANOTHER]`,
      },
    ];
  return windowFailures(inputs, retentionOf(seen));
}

function windowFailures({ windowInDays, key }: AzureScheduleInputs, retention: number): readonly CheckFailure[] {
  if (windowInDays === undefined || windowInDays === retention) return [];
  return [
    {
      property: "windowInDays",
      reason: `is ${windowInDays}, and ${key.group.vaultUrl} keeps deleted keys for ${retention} days: Azure has no other window, it was chosen when the vault was made. Write ${retention}, or leave windowInDays out.`,
    },
  ];
}

const purgeDateOf = (context: LifecycleContext, seen: SeenKey): Date =>
  seen.kind === "deleted"
    ? seen.deleted.scheduledPurgeDate
    : new Date(context.clock().getTime() + retentionOf(seen) * dayInMs);

interface Moment {
  readonly seen: SeenKey;
  readonly date: Date;
  /** The day of a schedule of this resource that somebody took back. */
  readonly takenBack: string | undefined;
}

/** The consequence, and the word that is missing; where it is there, the consequence is a warning. */
function unconfirmed(
  context: LifecycleContext,
  { key, confirm, onRemove }: AzureScheduleInputs,
  { seen, date, takenBack }: Moment,
): string | undefined {
  const count =
    seen.kind === "live" ? ` with ${seen.versions.length} version${seen.versions.length === 1 ? "" : "s"}` : "";
  const what =
    seen.kind === "deleted"
      ? `${keyIdOf(key)} is soft-deleted already, and Azure purges it on ${dayOf(date)}.`
      : `${keyIdOf(key)} is soft-deleted${count}: from now on nobody can use it, and in ${retentionOf(seen)} days (${dayOf(date)}) Azure purges it.`;
  const after =
    key.source === undefined
      ? "Then what it encrypted is unreadable for ever, unless its material or a backup is kept elsewhere."
      : "Then importing the same source version again opens what it encrypted, as a new version with another id.";
  const undo = `Until then: ${onRemove === "cancel" ? "remove this resource, which recovers the key" : 'remove this resource with onRemove "cancel"'}.`;
  const consequence = [what, after, backupsSentence(backupsTold(tagsOf(seen))), undo].join(" ");
  const words = acceptedWords(key, seen, takenBack);
  if (words.some((word) => isConfirmed(confirm, word))) {
    context.log.warn(consequence);
    return undefined;
  }
  const stale = confirm === undefined ? "" : " The present confirm belongs to another moment.";
  return new ByokError("BYOK_CONFIRM_REQUIRED", `${consequence}${stale}`, {
    hint: `To go on: confirm: "${words[0]}".`,
  }).codedSentence;
}
