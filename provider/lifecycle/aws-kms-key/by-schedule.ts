import { z } from "zod";
import { isOther } from "../../model/due-rotation";
import { isLeaving } from "../../model/key-states";
import type { PlainRecord } from "../contract";
import { awsKmsGroupRecord } from "../inputs/aws-kms-group-inputs";
import { awsKmsKeyInputs } from "../inputs/aws-kms-key-inputs";
import { isRecord } from "../is-record";
import { pickDefined } from "../pick-defined";
import { nextOfSchedule } from "../plan-schedule";

const { version, rotation, startAt, period, rotationTrigger } = awsKmsKeyInputs.shape;
const { rotateAllTrigger } = awsKmsGroupRecord.shape;
const asking = z.object({ version, rotation, startAt, period, rotationTrigger, group: z.object({ rotateAllTrigger }) });
type Asking = z.infer<typeof asking>;

/** True where a moment of the schedule has passed between two records of one key. */
const hasPassed = (before: Asking, now: Asking): boolean =>
  before.rotation?.every === now.rotation?.every &&
  before.startAt === now.startAt &&
  before.period !== undefined &&
  now.period !== undefined &&
  now.period > before.period;

/** True where the key's schedule asks for the version that is wanted, and nothing else does. */
export function isBySchedule(olds: PlainRecord, news: PlainRecord): boolean {
  const [before, now] = [asking.safeParse(olds).data, asking.safeParse(news).data];
  if (before === undefined || now === undefined || !hasPassed(before, now) || before.version === now.version)
    return false;
  return (
    !isOther(now.rotationTrigger, before.rotationTrigger) &&
    !isOther(now.group.rotateAllTrigger, before.group.rotateAllTrigger)
  );
}

/**
 * Wanted inputs without the rotation that they ask for: with the version that the key holds, and with the triggers and the schedule that this one has served. What is recorded of
 * them leaves the rotation due.
 */
export function unrotated(olds: PlainRecord, news: PlainRecord, held: number): PlainRecord {
  const causes = ["rotation", "startAt", "period", "rotationTrigger"];
  const others = Object.entries(news).filter(([name]) => !causes.includes(name));
  const { group } = news;
  return {
    ...Object.fromEntries(others),
    ...pickDefined(olds, causes),
    ...(isRecord(group) ? { group: withTriggerOf(olds["group"], group) } : {}),
    version: held,
  };
}

function withTriggerOf(before: unknown, { rotateAllTrigger: _, ...group }: PlainRecord): PlainRecord {
  return { ...group, ...(isRecord(before) ? pickDefined(before, ["rotateAllTrigger"]) : {}) };
}

/** What is wanted of a key that is scheduled for deletion: its own schedule does not rotate it. Should somebody take the deletion back, the rotation is due at once. */
export const whileLeaving = (olds: PlainRecord, news: PlainRecord): PlainRecord =>
  isLeaving(String(olds["keyState"])) && typeof olds["version"] === "number" && isBySchedule(olds, news)
    ? unrotated(olds, news, olds["version"])
    : news;

/** What a preview says of the schedule: that it is new or another one, or that its rotation is due. */
export function scheduleSentence(olds: PlainRecord, news: PlainRecord): string | undefined {
  const [before, now] = [asking.safeParse(olds).data, asking.safeParse(news).data];
  if (before === undefined || now?.rotation === undefined) return undefined;
  const { every } = now.rotation;
  const next = String(nextOfSchedule(now));
  if (hasPassed(before, now)) {
    const missed = (now.period ?? 0) - (before.period ?? 0);
    const once = missed === 1 ? "" : ` (${missed} moments have passed; that is one rotation)`;
    return `its rotation is due since ${String(nextOfSchedule(before))} by its schedule, every ${every}${once}. The next one is due on ${next}.`;
  }
  if (before.rotation?.every === every && before.startAt === now.startAt) return undefined;
  return `is rotated every ${every} from now on. The next rotation is due on ${next}.`;
}
