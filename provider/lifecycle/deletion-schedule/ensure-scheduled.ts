import { ByokError } from "../../model/errors";
import { isLeaving } from "../../model/key-states";
import type { KmsKeyFacts } from "../../model/ports/kms";
import { inReplica } from "../aws-kms-key/replicas/replica-record";
import { PartialFailure, type LifecycleContext, type PlainRecord } from "../contract";
import type { CheckedScheduleInputs } from "../inputs/deletion-schedule-inputs";
import { noteKeeper } from "../keepers";
import { kmsToChange } from "../kms-to-change";
import { textList } from "../text-list";
import { requireOwned } from "./key-owner";
import { noteGoing } from "./note-copies";
import { recordedKey, recordSchedule, type RecordedKey, type ScheduledKey } from "./record-schedule";
import { scheduleOne, scheduling } from "./schedule-one";
import { lastDate, lookedAt, primaryLast, schedulePlaces, unnamedRegions, type SeenPlace } from "./schedule-places";

/** What `ensureScheduled` works on. */
export interface ScheduleUnderWork {
  readonly id: string;
  readonly inputs: CheckedScheduleInputs;
  /** Earlier outputs; empty on create. */
  readonly olds: PlainRecord;
}

const dayInMs = 86_400_000;

/**
 * Looks, and does what is missing, in every Region of the key: replicas first, their primary last, which AWS deletes only after them. A key whose
 * date stays is left alone.
 *
 * @throws PartialFailure once something was changed; the next run goes on from there
 */
export async function ensureScheduled(context: LifecycleContext, work: ScheduleUnderWork): Promise<PlainRecord> {
  const { id, inputs } = work;
  const seen = await lookedAt(await schedulePlaces(context, inputs, (group) => kmsToChange(context, group)));
  const present = seen.filter(({ facts }) => facts !== undefined);
  for (const { kms, key } of present) await requireOwned(kms, key);
  for (const { key } of present) noteKeeper(key.arn, id);
  return new ScheduledKeys(work, seen, context.clock()).ensure();
}

class ScheduledKeys {
  /** By Region, the key itself first. */
  private readonly keys: Map<string, ScheduledKey>;
  /** Regions in which the deletion is yet to be scheduled, or to be moved. */
  private readonly due: Set<string>;
  private isChanged = false;

  constructor(
    private readonly work: ScheduleUnderWork,
    private readonly seen: readonly SeenPlace[],
    now: Date,
  ) {
    const { inputs, olds } = work;
    this.keys = new Map(seen.map((place) => [place.region, this.keyIn(place)]));
    const moves = seen.filter(({ facts, region }) => facts !== undefined && !keepsDate(work, region, facts, now));
    this.due = new Set(moves.map(({ region }) => region));
    for (const place of seen) warnOfUnknown(place, inputs, recordedKey(olds, place, inputs.region));
  }

  async ensure(): Promise<PlainRecord> {
    const { id } = this.work;
    for (const place of primaryLast(this.seen)) {
      if (place.facts === undefined) continue;
      try {
        if (this.due.has(place.region)) await this.schedule(place, place.facts);
        else await this.keep(place, place.facts);
      } catch (error) {
        if (!this.isChanged) throw error;
        const failure = ByokError.from(error, scheduling).with({ step: scheduling });
        throw new PartialFailure(id, this.outputs(), failure);
      }
    }
    return this.outputs();
  }

  private async schedule(place: SeenPlace, facts: KmsKeyFacts): Promise<void> {
    const { windowInDays } = this.work.inputs;
    await scheduleOne(place, {
      facts,
      windowInDays,
      tell: (seen) => {
        this.isChanged = true;
        const before = this.keyIn(place);
        this.keys.set(place.region, { ...before, state: seen.state, deletionDate: seen.deletionDate });
        if (isLeaving(seen.state)) this.due.delete(place.region);
      },
      expected: () => this.last(),
    });
  }

  private async keep({ context, key }: SeenPlace, { deletionDate }: KmsKeyFacts): Promise<void> {
    const date = deletionDate ?? this.last();
    if (date !== undefined) await noteGoing(context, key, date);
  }

  private last(): Date | undefined {
    const { unnamed, windowInDays } = this.memory();
    return lastDate([...this.keys.values()], { unnamed, windowInDays });
  }

  private memory(): { unnamed: readonly string[]; windowInDays: number; pending: readonly string[] } {
    const pending = [...this.due].map((region) => stepIn(region, this.work.inputs));
    return { unnamed: unnamedRegions(this.seen), windowInDays: this.work.inputs.windowInDays, pending };
  }

  private outputs(): PlainRecord {
    return recordSchedule(this.work.inputs, [...this.keys.values()], this.memory());
  }

  private keyIn(place: SeenPlace): ScheduledKey {
    const { region, key, facts } = place;
    const before = recordedKey(this.work.olds, place, this.work.inputs.region);
    const { enabledBefore = false } = before;
    if (facts === undefined) {
      const date = before.deletionDate === undefined ? undefined : new Date(before.deletionDate);
      return { region, arn: key.arn, state: "Destroyed", deletionDate: date, enabledBefore };
    }
    const { state, deletionDate } = facts;
    return { region, arn: key.arn, state, deletionDate, enabledBefore: state === "Enabled" || enabledBefore };
  }
}

const stepIn = (region: string, inputs: CheckedScheduleInputs): string =>
  region === inputs.region ? scheduling : `${scheduling}${inReplica(region)}`;

/**
 * DescribeKey tells a date and no waiting period, of a primary that waits only the waiting period. The date stays where this resource made it for the same waiting
 * period, or where it is what the waiting period would give within a day: another run made it, and died or was somebody else's.
 */
function keepsDate(
  { inputs, olds }: ScheduleUnderWork,
  region: string,
  { state, deletionDate, pendingWindowInDays }: KmsKeyFacts,
  now: Date,
): boolean {
  if (!isLeaving(state)) return false;
  const { windowInDays } = inputs;
  const isPending = textList(olds["pending"]).includes(stepIn(region, inputs));
  if (olds["windowInDays"] === windowInDays && olds["scheduled"] === true && !isPending) return true;
  if (deletionDate === undefined) return pendingWindowInDays === windowInDays;
  return Math.abs(deletionDate.getTime() - now.getTime() - windowInDays * dayInMs) < dayInMs;
}

/** A key that is not usable now does not tell what it was before; then only the record counts. */
function warnOfUnknown(
  { context, facts }: SeenPlace,
  { restoreEnabled }: CheckedScheduleInputs,
  { enabledBefore }: RecordedKey,
): void {
  if (facts === undefined || enabledBefore !== undefined || !restoreEnabled || !isLeaving(facts.state)) return;
  context.log.warn(
    "its deletion was scheduled before this resource was made, so it is not known whether it was enabled: restoreEnabled will leave it disabled.",
  );
}
