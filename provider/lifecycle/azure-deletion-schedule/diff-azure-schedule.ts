import { sameKeyName } from "../../model/azure-key-name";
import { hasUnknown } from "../../model/unknown";
import { connectionChanged } from "../connection-changed";
import type { DiffResult, LifecycleContext, PlainRecord } from "../contract";
import { isRecord } from "../is-record";
import { changedProperties } from "../same-json";
import { textList } from "../text-list";

/** True where an update has nothing to do but to remember. */
export const isAzureScheduleRecordOnly = (context: LifecycleContext, olds: PlainRecord): boolean =>
  olds["scheduled"] === true && textList(olds["pending"]).length === 0 && !isOver(context, olds);

/** Another vault or name is another key; the window cannot change. */
export function diffAzureSchedule(context: LifecycleContext, olds: PlainRecord, news: PlainRecord): DiffResult {
  if (olds["keyState"] === "Destroyed") {
    context.log.warn(whatToRemove(context, olds));
    return { changes: false, replaces: [] };
  }
  const replaces = ["vaultUrl", "keyName"].filter((name) => {
    const [before, now] = [olds[name], news[name]];
    return typeof before === "string" && typeof now === "string" && !sameKeyName(before, now);
  });
  if (replaces.length > 0) {
    const fate = olds["onRemove"] === "cancel" ? "is recovered" : "stays soft-deleted";
    context.log.warn(`is for another key now. The former one, ${String(olds["keyId"])}, ${fate}.`);
    return { changes: true, replaces };
  }
  const recorded = changedProperties(olds, news, ["onRemove", "restoreEnabled", "windowInDays"]).length > 0;
  const reached = connectionChanged(groupIn(olds), groupIn(news));
  const due = !isAzureScheduleRecordOnly(context, olds);
  return { changes: due || recorded || reached || hasUnknown(news), replaces: [] };
}

/** True once the date has passed: update then looks whether the key is gone. */
const isOver = (context: LifecycleContext, { deletionDate }: PlainRecord): boolean =>
  typeof deletionDate === "string" && Date.parse(deletionDate) <= context.clock().getTime();

/** What to do about a key that Azure has purged. */
function whatToRemove(context: LifecycleContext, { key, keyId, deletionDate }: PlainRecord): string {
  const name = isRecord(key) && typeof key["name"] === "string" ? key["name"] : "of it";
  const date = typeof deletionDate === "string" ? ` on ${deletionDate.slice(0, 10)}` : "";
  return (
    `Azure has purged ${String(keyId)}${date}, its name is free, and nothing is left to schedule. ` +
    `Remove these lines from the program: the DeletionSchedule "${context.name}" and the AzureKey "${name}".`
  );
}

const groupIn = ({ key }: PlainRecord): unknown => (isRecord(key) ? key["group"] : undefined);
