import { deletionWindow } from "../../model/deletion-window";
import { samePolicy } from "../../model/key-policy";
import { daysUntilExpiry, sameExpiry } from "../../model/validity";
import { hasUnknown } from "../../model/unknown";
import type { DiffResult, LifecycleContext, PlainRecord } from "../contract";
import { changedProperties, sameJson } from "../same-json";
import { textList } from "../text-list";
import { destroyedSentence } from "./destroyed-key";
import { materialIn } from "./check-material";
import {
  disablingSentence,
  leavingSentence,
  lostAliasesSentence,
  materialDeletionSentence,
  policySentence,
  replacementSentence,
} from "./consequence-sentences";
import { compromisedVersions, compromiseOf, groupOf, identityOf, nameOf } from "./key-material";
import { scheduleSentence, whileLeaving } from "./by-schedule";
import { isLeftDisabled } from "./enable-former";
import { rotationSettings } from "./rotation-settings";
import { changesOfReplicas, warnOfReplicas } from "./replicas/diff-replicas";
import { recordedReplicas } from "./replicas/recorded-replicas";
import { dueEverywhere } from "./replicas/retire-everywhere";

/** What only the state and the next import use: a change of it is recorded and writes nothing to the cloud. */
const recordedOnly = [
  ...["keepValidFor", "renewBefore", "expiryWarningDays"],
  ...["deletionWindowInDays", "wrappingKeySpec", "follow", "rotationMode", "afterRotation", "disableDays"],
  "acknowledgeOldOutputs",
  ...["rotationTrigger", "materialDigest"],
  ...["rotation", "startAt", "period"],
];
const simple = ["description", "tags", "enabled", "version", ...recordedOnly];

/** The properties in which wanted inputs differ from recorded outputs; the connections count under `group` and `material`. */
export function changesOf(olds: PlainRecord, news: PlainRecord): readonly string[] {
  const changed = [...changedProperties(olds, news, simple)];
  if (!sameJson(sortedList(olds["aliases"]), sortedList(news["aliases"]))) changed.push("aliases");
  if (!sameText(olds["policy"], news["policy"], samePolicy)) changed.push("policy");
  if (!sameText(olds["validTo"], news["validTo"], sameExpiry)) changed.push("validTo");
  if (isWithoutMaterial(olds) !== isWithoutMaterial(news)) changed.push("materialState");
  if (!sameJson(connectionIn(olds), connectionIn(news))) changed.push("group");
  if (!sameJson(materialSettingsIn(olds), materialSettingsIn(news))) changed.push("material");
  changed.push(...changesOfReplicas(olds, news));
  return changed;
}

/** True where an update has nothing to do but to remember. */
export const isRecordOnly = (changed: readonly string[]): boolean =>
  changed.every((name) => [...recordedOnly, "group", "material"].includes(name));

/** Another account or Region means another key; all else is an update, and an unknown never replaces. */
export function diffKey(context: LifecycleContext, id: string, olds: PlainRecord, wanted: PlainRecord): DiffResult {
  const news = whileLeaving(olds, wanted);
  const replaces = ["account", "region"].filter(
    (name) => typeof olds[name] === "string" && typeof news[name] === "string" && olds[name] !== news[name],
  );
  if (replaces.length > 0) {
    context.log.warn(replacementSentence(id, olds, news, context.clock()));
    return { changes: true, replaces };
  }
  if (olds["keyState"] === "Destroyed") {
    context.log.warn(destroyedSentence(olds));
    return { changes: false, replaces: [] };
  }
  const changed = changesOf(olds, news);
  const schedule = scheduleSentence(olds, news);
  if (schedule !== undefined) context.log.info(schedule);
  warnOfConsequences(context, id, olds, news, changed);
  if (news !== wanted)
    context.log.info("is due for rotation by its schedule, and is not rotated while it is scheduled for deletion.");
  const pending = textList(olds["pending"]);
  const unfinished = pending.length > 0;
  if (unfinished) context.log.info(`still to do from an earlier run: ${pending.join(", ")}.`);
  if (!changed.includes("validTo")) warnOfExpiry(context, news);
  warnOfReplicas(context, id, olds, news);
  warnOfCompromise(context, olds, news);
  const retiring = warnOfRetirements(context, olds, news);
  return { changes: changed.length > 0 || unfinished || retiring || hasUnknown(news), replaces: [] };
}

/** True where a former key is due to be disabled or deleted now. */
function warnOfRetirements(context: LifecycleContext, olds: PlainRecord, news: PlainRecord): boolean {
  const { disableDays } = rotationSettings(news);
  const due = dueEverywhere(olds, disableDays, context.clock(), compromisedVersions(materialIn(news)));
  for (const { version, act } of due) {
    context.log.warn(
      act === "disable"
        ? `disables the former key ${version.arn} (version ${version.version}): what it encrypted cannot be read until it is enabled again.`
        : `schedules the deletion of the former key ${version.arn} (version ${version.version}), which has been disabled for ${disableDays} days: AWS deletes it ${deletionWindow.default} days later, and ` +
            "what is still encrypted with it becomes unreadable for ever; importing the same material into another key does not help. Until then kms:CancelKeyDeletion takes that back.",
    );
  }
  return due.length > 0;
}

function compromisedIn(record: PlainRecord): string | undefined {
  const material = materialIn(record);
  return material === undefined ? undefined : compromiseOf(material);
}

/** A source key that others may have takes its copies out of use. */
function warnOfCompromise(context: LifecycleContext, olds: PlainRecord, news: PlainRecord): void {
  const since = compromisedIn(news);
  if (since === undefined || compromisedIn(olds) === since) return;
  const aliases = textList(news["aliases"]);
  const users =
    aliases.length === 0
      ? "No alias points to it."
      : `${aliases.join(", ")} point${aliases.length === 1 ? "s" : ""} to it.`;
  context.log.warn(
    `its source is compromised since ${since}: ${String(olds["arn"])} is disabled, and so are its former KMS keys with material of the same source; what they encrypted cannot be read until they are enabled again. ${users} ` +
      "Give it other material (material) for a new KMS key, and encrypt anew with that.",
  );
}

/** What the key becomes, as the begin of a sentence. */
function changeOf(olds: PlainRecord, news: PlainRecord): string {
  const [before, now] = [materialIn(olds), materialIn(news)];
  const to = `version ${String(news["version"])}`;
  if (before === undefined || now === undefined) return `is rotated to ${to}`;
  const [one, other] = [
    identityOf({ material: before, materialIdentity: String(olds["materialIdentity"]) }),
    identityOf({ material: now, materialIdentity: String(news["materialIdentity"]) }),
  ];
  return one === other
    ? `is rotated to ${to}`
    : `changes its key material from that of ${nameOf(before)} to that of ${nameOf(now)}, as ${to},`;
}

/** What becomes of a former key that is kept: a disabled one is enabled before it is left behind, but for what is to stay disabled. */
function keptSentence(olds: PlainRecord, news: PlainRecord): string {
  if (olds["keyState"] !== "Disabled") return "stays as it is and decrypts what it encrypted";
  return isLeftDisabled(olds, news)
    ? "stays disabled: what it encrypted cannot be read until it is enabled again"
    : "is enabled again first, stays, and decrypts what it encrypted";
}

/** What a rotation does to what exists, in one sentence. */
function rotationSentence(olds: PlainRecord, news: PlainRecord): string {
  const [from, to] = [String(olds["version"]), String(news["version"])];
  const { rotationMode, afterRotation, disableDays } = rotationSettings(news);
  const regions = recordedReplicas(news).map(({ region }) => region);
  const everywhere =
    regions.length === 0 ? "" : `, with its ${regions.length === 1 ? "replica" : "replicas"} in ${regions.join(", ")}`;
  if (rotationMode === "in-place") {
    return `is rotated to version ${to} in place${everywhere}: ARN and aliases stay, and what version ${from} encrypted stays readable, because ${isNative(news) ? "AWS keeps its material" : "its material stays imported"}.`;
  }
  const aliases = textList(news["aliases"]);
  const fate = {
    keep: keptSentence(olds, news),
    disable: "is disabled afterwards: what it encrypted cannot be read until it is enabled again",
    scheduleDeletion: `is disabled afterwards, and ${disableDays} days later its deletion is scheduled: what is encrypted with it by then becomes unreadable for ever`,
  }[afterRotation];
  return (
    `${changeOf(olds, news)} by a new KMS key${everywhere}. ` +
    (aliases.length === 0
      ? ""
      : `${aliases.join(", ")} move${aliases.length === 1 ? "s" : ""} to it once it is ready. `) +
    `The former key ${String(olds["arn"])} ${fate}.`
  );
}

function warnOfConsequences(
  context: LifecycleContext,
  id: string,
  olds: PlainRecord,
  news: PlainRecord,
  changed: readonly string[],
): void {
  const { log } = context;
  if (changed.includes("version") && typeof olds["version"] === "number") log.warn(rotationSentence(olds, news));
  if (olds["keyState"] === "PendingReplicaDeletion") {
    log.warn(
      "is scheduled for deletion and waits for its replicas: its days count once AWS has deleted the last of them, and nobody can use it here.",
    );
  }
  if (olds["keyState"] === "PendingDeletion") {
    log.warn(leavingSentence(olds));
  }
  if (changed.includes("enabled") && news["enabled"] === false) log.warn(disablingSentence(olds));
  if (changed.includes("policy") && typeof olds["policy"] === "string") log.warn(policySentence(olds));
  if (changed.includes("aliases") && Array.isArray(olds["aliases"]) && Array.isArray(news["aliases"])) {
    const wanted = news["aliases"];
    const recorded: readonly unknown[] = olds["aliases"];
    const lost = recorded.filter((alias) => !wanted.includes(alias));
    if (lost.length > 0) log.warn(lostAliasesSentence(lost.map(String), olds));
  }
  if (changed.includes("materialState") && isWithoutMaterial(news)) {
    log.warn(materialDeletionSentence(id, olds, news));
  }
  if (changed.includes("validTo") && typeof news["validTo"] === "string") {
    log.warn(
      `its key material expires at ${news["validTo"]}: from then on nothing that it encrypted can be read, until the same material is imported again.`,
    );
  }
}

const isWithoutMaterial = (record: PlainRecord): boolean => record["materialState"] === "deleted";

/** Said in every preview while it lasts: nobody notices an expiry before it is too late. */
function warnOfExpiry(context: LifecycleContext, news: PlainRecord): void {
  const { validTo, expiryWarningDays } = news;
  if (typeof validTo !== "string" || isWithoutMaterial(news)) return;
  const within = typeof expiryWarningDays === "number" ? expiryWarningDays : 30;
  const left = daysUntilExpiry(validTo, within, context.clock());
  if (left === undefined) return;
  context.log.warn(
    `its key material expires at ${validTo}, in ${left} days: from then on nothing that it encrypted can be read, until the same material is imported again. Set a later validTo, or keepValidFor.`,
  );
}

const sortedList = (value: unknown): unknown => (Array.isArray(value) ? value.map(String).sort() : (value ?? []));

function sameText(one: unknown, other: unknown, same: (one: string, other: string) => boolean): boolean {
  if (typeof one === "string" && typeof other === "string") return same(one, other);
  return one === undefined && other === undefined;
}

const connectionIn = (record: PlainRecord): unknown =>
  partOf(record["group"], ["endpoint", "credentials", "roleCredentials", "tls", "quotas"]);

/** Which token, and what is said of a file: another content of it is another version. */
function materialSettingsIn(record: PlainRecord): unknown {
  const material = materialIn(record);
  if (material === undefined) return partOf(record["material"], ["native"]);
  const token = groupOf(material)?.token;
  if (!("file" in material)) return { token };
  const { kek, group: _, ...settings } = material;
  return { token, ...settings, kek: partOf(kek, ["owner"]) };
}

const isNative = (record: PlainRecord): boolean => partOf(record["material"], ["native"])["native"] === true;

function partOf(value: unknown, names: readonly string[]): PlainRecord {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(names.map((name) => [name, Reflect.get(value, name)]));
}
