import { hasUnknown } from "../../model/unknown";
import { connectionChanged } from "../connection-changed";
import type { DiffResult, LifecycleContext, PlainRecord } from "../contract";
import { recordedReplicas } from "../aws-kms-key/replicas/recorded-replicas";
import { changedProperties, sameJson } from "../same-json";
import { textList } from "../text-list";
import { isAllDestroyed, knowsPlaces, recordedKeys } from "./record-schedule";

/** What only the state and a later delete use: a change of it is recorded and writes nothing to the cloud. */
const recordedOnly = ["onRemove", "restoreEnabled"] as const;

/** True where an update has nothing to do but to remember. */
export const isRecordOnly = (context: LifecycleContext, olds: PlainRecord, news: PlainRecord): boolean =>
  olds["windowInDays"] === news["windowInDays"] &&
  olds["scheduled"] === true &&
  knowsPlaces(olds, regionsOf(news)) &&
  !isUnfinished(olds) &&
  !isOver(context, olds);

/** A changed waiting period moves the date; another account or Region is another key. What it means was said by check. */
export function diffSchedule(context: LifecycleContext, olds: PlainRecord, news: PlainRecord): DiffResult {
  if (isAllDestroyed(olds)) {
    context.log.warn(whatToRemove(context, olds, news));
    return { changes: false, replaces: [] };
  }
  const replaces = ["account", "region"].filter(
    (name) => typeof olds[name] === "string" && typeof news[name] === "string" && olds[name] !== news[name],
  );
  if (replaces.length > 0) {
    const fate = olds["onRemove"] === "cancel" ? "its deletion is cancelled" : "it stays scheduled for deletion";
    context.log.warn(`is for a key in another place now. Of the former one, ${String(olds["arn"])}, ${fate}.`);
    return { changes: true, replaces };
  }
  const due = !isRecordOnly(context, olds, news);
  const recorded = changedProperties(olds, news, recordedOnly).length > 0;
  const reached = connectionChanged(groupIn(olds["key"]), groupIn(news["key"]));
  const placed = !sameJson(olds["places"], news["places"]);
  return { changes: due || recorded || reached || placed || hasUnknown(news), replaces: [] };
}

const isUnfinished = (olds: PlainRecord): boolean => textList(olds["pending"]).length > 0;

/** True once a date has passed: update then looks whether the key is gone there. */
const isOver = (context: LifecycleContext, olds: PlainRecord): boolean =>
  recordedKeys(olds).some(
    ({ keyState, deletionDate }) =>
      keyState !== "Destroyed" && deletionDate !== undefined && Date.parse(deletionDate) <= context.clock().getTime(),
  );

/** Regions in which a schedule's inputs keep the key. */
export const regionsOf = ({ region, places }: PlainRecord): readonly string[] => [
  ...(typeof region === "string" ? [region] : []),
  ...recordedReplicas({ replicas: places }).map((replica) => replica.region),
];

/** What to do about a key that was deleted. */
function whatToRemove(context: LifecycleContext, olds: PlainRecord, news: PlainRecord): string {
  const key: unknown = typeof news["key"] === "object" ? news["key"] : olds["key"];
  const name: unknown = typeof key === "object" && key !== null ? Reflect.get(key, "name") : undefined;
  const date = typeof olds["deletionDate"] === "string" ? ` on ${olds["deletionDate"].slice(0, 10)}` : "";
  return (
    `AWS has deleted ${String(olds["arn"])}${date}, and nothing is left to schedule. ` +
    `Remove these lines from the program: the DeletionSchedule "${context.name}" and the AwsKmsKey "${typeof name === "string" ? name : "of it"}".`
  );
}

const groupIn = (key: unknown): unknown =>
  typeof key === "object" && key !== null ? Reflect.get(key, "group") : undefined;
