import { samePolicy } from "../../model/key-policy";
import { sameExpiry } from "../../model/validity";
import { hasUnknown } from "../../model/unknown";
import type { DiffResult, LifecycleContext, PlainRecord } from "../contract";
import { changedProperties, sameJson } from "../same-json";

/** What only the state and the next import use: a change of it is recorded and writes nothing to the cloud. */
const recordedOnly = ["deletionWindowInDays", "wrappingKeySpec"];
const simple = ["description", "tags", "enabled", "version", ...recordedOnly];

/** The properties in which wanted inputs differ from recorded outputs; the connections count under `group` and `material`. */
export function changesOf(olds: PlainRecord, news: PlainRecord): readonly string[] {
  const changed = [...changedProperties(olds, news, simple)];
  if (!sameJson(sortedList(olds["aliases"]), sortedList(news["aliases"]))) changed.push("aliases");
  if (!sameText(olds["policy"], news["policy"], samePolicy)) changed.push("policy");
  if (!sameText(olds["validTo"], news["validTo"], sameExpiry)) changed.push("validTo");
  if (!sameJson(connectionIn(olds), connectionIn(news))) changed.push("group");
  if (!sameJson(tokenIn(olds), tokenIn(news))) changed.push("material");
  return changed;
}

/** True where an update has nothing to do but to remember. */
export const isRecordOnly = (changed: readonly string[]): boolean =>
  changed.every((name) => [...recordedOnly, "group", "material"].includes(name));

/** Another account or Region means another key; all else is an update, and an unknown never replaces. */
export function diffKey(context: LifecycleContext, olds: PlainRecord, news: PlainRecord): DiffResult {
  const replaces = ["account", "region"].filter(
    (name) => typeof olds[name] === "string" && typeof news[name] === "string" && olds[name] !== news[name],
  );
  if (replaces.length > 0) {
    context.log.warn(
      `moves to account ${String(news["account"])}, Region ${String(news["region"])}: a new KMS key with the same material is made there, and ${String(olds["arn"])} is scheduled for deletion. Ciphertext of a symmetric KMS key can only be read by that very key.`,
    );
    return { changes: true, replaces };
  }
  const changed = changesOf(olds, news);
  warnOfConsequences(context, olds, news, changed);
  const pending = olds["pending"];
  const unfinished = Array.isArray(pending) && pending.length > 0;
  if (unfinished) context.log.info(`still to do from an earlier run: ${pending.join(", ")}.`);
  return { changes: changed.length > 0 || unfinished || hasUnknown(news), replaces: [] };
}

function warnOfConsequences(
  context: LifecycleContext,
  olds: PlainRecord,
  news: PlainRecord,
  changed: readonly string[],
): void {
  const { log } = context;
  if (olds["keyState"] === "PendingDeletion") {
    log.warn(
      `is scheduled for deletion outside this program: AWS deletes it on ${String(olds["deletionDate"]).slice(0, 10)}, and what is encrypted with it becomes unreadable for ever.`,
    );
  }
  if (changed.includes("enabled") && news["enabled"] === false)
    log.warn("is going to be disabled: every use of it fails until it is enabled again.");
  if (changed.includes("aliases") && Array.isArray(olds["aliases"]) && Array.isArray(news["aliases"])) {
    const wanted = news["aliases"];
    const recorded: readonly unknown[] = olds["aliases"];
    const lost = recorded.filter((alias) => !wanted.includes(alias));
    if (lost.length > 0) log.warn(`${lost.join(", ")} will be deleted: callers that name it fail from then on.`);
  }
  if (changed.includes("validTo") && typeof news["validTo"] === "string") {
    log.warn(
      `its key material expires at ${news["validTo"]}: from then on nothing that it encrypted can be read, until the same material is imported again.`,
    );
  }
}

const sortedList = (value: unknown): unknown => (Array.isArray(value) ? value.map(String).sort() : (value ?? []));

function sameText(one: unknown, other: unknown, same: (one: string, other: string) => boolean): boolean {
  if (typeof one === "string" && typeof other === "string") return same(one, other);
  return one === undefined && other === undefined;
}

const connectionIn = (record: PlainRecord): unknown =>
  partOf(record["group"], ["endpoint", "credentials", "tls", "quotas"]);

function tokenIn(record: PlainRecord): unknown {
  const source = partOf(record["material"], ["source"])["source"];
  return partOf(partOf(source, ["group"])["group"], ["token"]);
}

function partOf(value: unknown, names: readonly string[]): PlainRecord {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(names.map((name) => [name, Reflect.get(value, name)]));
}
