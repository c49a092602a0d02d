import { deletionWindow } from "../../../model/deletion-window";
import { samePolicy } from "../../../model/key-policy";
import { hasUnknown } from "../../../model/unknown";
import { daysUntilExpiry, sameExpiry } from "../../../model/validity";
import { connectionChanged } from "../../connection-changed";
import type { LifecycleContext, PlainRecord } from "../../contract";
import { changedProperties, sameJson } from "../../same-json";
import { textList } from "../../text-list";
import { recordedReplicas } from "./recorded-replicas";
import { leavingReplicas, replicaRemovalSentence, replicaRemovalWord } from "./remove-leaving";

/** Which of `replicas` and `primaryRegion` differ between recorded outputs and wanted inputs. */
export function changesOfReplicas(olds: PlainRecord, news: PlainRecord): readonly string[] {
  if (news["multiRegion"] !== true && olds["multiRegion"] !== true) return [];
  const [before, after] = [recordedReplicas(olds), recordedReplicas(news)];
  const same =
    before.length === after.length &&
    after.every(({ region, record }) => {
      const old = before.find((each) => each.region === region);
      return old !== undefined && !differs(old.record, record);
    });
  return [...(same ? [] : ["replicas"]), ...changedProperties(olds, news, ["primaryRegion"])];
}

function differs(old: PlainRecord, wanted: PlainRecord): boolean {
  return (
    changedProperties(old, wanted, ["description", "tags", "enabled", "keepValidFor", "owner"]).length > 0 ||
    !sameJson(sorted(old["aliases"]), sorted(wanted["aliases"])) ||
    !sameTexts(old["policy"], wanted["policy"], samePolicy) ||
    !sameTexts(old["validTo"], wanted["validTo"], sameExpiry) ||
    connectionChanged(old["group"], wanted["group"])
  );
}

/** What a change of the replicas does, each in one sentence. */
export function warnOfReplicas(context: LifecycleContext, id: string, olds: PlainRecord, news: PlainRecord): void {
  if (news["multiRegion"] !== true || hasUnknown(news["replicas"])) return;
  const { log } = context;
  const { primaryRegion } = news;
  if (typeof olds["primaryRegion"] === "string" && olds["primaryRegion"] !== primaryRegion) {
    log.warn(
      `its primary moves from ${olds["primaryRegion"]} to ${String(primaryRegion)}: every key stays usable where it is; rotations and new replicas start from there, and it is deleted last.`,
    );
  }
  for (const leaving of leavingReplicas(olds, news)) {
    log.warn(`${replicaRemovalSentence(leaving.region, news, olds)}${confirmHint(leaving, id, news)}`);
  }
  for (const { region, record } of recordedReplicas(news)) {
    const old = recordedReplicas(olds).find((each) => each.region === region)?.record;
    warnOfReplica(context, region, old, record, news);
  }
}

function confirmHint(leaving: ReturnType<typeof recordedReplicas>[number], id: string, news: PlainRecord): string {
  const days = Number(news["deletionWindowInDays"]);
  if (days >= deletionWindow.default) return "";
  const word = replicaRemovalWord(leaving, { lineage: id, version: Number(news["version"]), days });
  return ` To go on: confirm: "${word}".`;
}

function warnOfReplica(
  { log, clock }: LifecycleContext,
  region: string,
  old: PlainRecord | undefined,
  wanted: PlainRecord,
  news: PlainRecord,
): void {
  if (old !== undefined) {
    const lost = textList(old["aliases"]).filter((alias) => !textList(wanted["aliases"]).includes(alias));
    if (lost.length > 0)
      log.warn(
        `${lost.join(", ")} in ${region} will be deleted: callers that name it fail from then on, until it is made again.`,
      );
    if (old["enabled"] !== false && wanted["enabled"] === false)
      log.warn(`its replica in ${region} is going to be disabled: every use of it fails until it is enabled again.`);
    if (old["keyState"] === "PendingDeletion")
      log.warn(
        `its replica in ${region} is scheduled for deletion: AWS deletes it on ${String(old["deletionDate"]).slice(0, 10)}.`,
      );
  }
  const { validTo } = wanted;
  if (typeof validTo !== "string" || news["materialState"] === "deleted") return;
  const within = typeof news["expiryWarningDays"] === "number" ? news["expiryWarningDays"] : 30;
  const left = daysUntilExpiry(validTo, within, clock());
  if (left === undefined) return;
  log.warn(
    `its key material in ${region} expires at ${validTo}, in ${left} days: from then on nothing can be decrypted there, until the same material is imported again.`,
  );
}

const sorted = (value: unknown): unknown => (Array.isArray(value) ? value.map(String).sort() : []);

function sameTexts(one: unknown, other: unknown, same: (one: string, other: string) => boolean): boolean {
  if (typeof one === "string" && typeof other === "string") return same(one, other);
  return one === undefined && other === undefined;
}
