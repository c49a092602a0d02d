import { z } from "zod";
import { dayOf } from "../../model/deletion-consequence";
import { isLeaving } from "../../model/key-states";
import type { PlainRecord } from "../contract";
import type { CheckedScheduleInputs } from "../inputs/deletion-schedule-inputs";
import { scheduleInputsIn } from "./schedule-inputs";
import { lastDate, type KnownKey, type SchedulePlace } from "./schedule-places";

/** One key of a schedule as it is recorded. */
export interface ScheduledKey extends KnownKey {
  readonly region: string;
  readonly arn: string;
  /** Whether the key was enabled before its deletion was scheduled; nothing else is ever enabled. */
  readonly enabledBefore: boolean;
}

/** What is recorded besides the inputs and the keys as they were seen. */
export interface ScheduleMemory {
  /** Steps that are still due, in words. */
  readonly pending: readonly string[];
  /** Regions of replicas that the program does not name. */
  readonly unnamed: readonly string[];
  /** Days of a primary that waits, as AWS tells them. */
  readonly windowInDays: number;
}

const isGone = ({ state }: KnownKey): boolean => state === "Destroyed";

/** Outputs of a schedule: the inputs, and what was observed of each of its keys, the key itself first. The date of a key that is gone stays, as a memory. */
export function recordSchedule(
  inputs: CheckedScheduleInputs,
  keys: readonly ScheduledKey[],
  { pending, unnamed, windowInDays }: ScheduleMemory,
): PlainRecord {
  const [home, ...replicas] = keys;
  const last = lastDate(keys, { windowInDays, unnamed });
  const day = replicas.length === 0 ? home?.deletionDate : last;
  const isScheduled = keys.every((key) => isLeaving(key.state) || isGone(key));
  const all = { replicas: replicas.map(replicaOutputs), expectedDeletionDate: last?.toISOString() };
  return {
    ...scheduleInputsIn({
      ...inputs,
      plannedDay: day === undefined ? inputs.plannedDay : dayOf(day),
      scheduled: isScheduled || pending.length > 0,
    }),
    arn: inputs.key.arn,
    keyId: inputs.key.keyId,
    keyState: home?.state,
    deletionDate: home?.deletionDate?.toISOString(),
    enabledBefore: home?.enabledBefore === true,
    ...(replicas.length === 0 ? {} : all),
    pending,
  };
}

const replicaOutputs = ({ region, arn, state, deletionDate, enabledBefore }: ScheduledKey): PlainRecord => ({
  region,
  arn,
  keyState: state,
  deletionDate: deletionDate?.toISOString(),
  enabledBefore,
});

const recorded = z.object({
  region: z.string().optional(),
  keyState: z.string().optional(),
  deletionDate: z.string().optional(),
  enabledBefore: z.boolean().optional(),
});
export type RecordedKey = z.infer<typeof recorded>;
const recordedReplicas = z.array(recorded);

/** What the outputs tell of the key in a place; nothing where it is new there. */
export function recordedKey(outputs: PlainRecord, { region, key }: SchedulePlace, home: string): RecordedKey {
  if (region === home) return recorded.safeParse(outputs).data ?? {};
  const replicas = recordedReplicas.safeParse(outputs["replicas"]).data ?? [];
  return replicas.find((replica) => replica.region === key.group.region) ?? {};
}

/** Every key that the outputs tell of. */
export const recordedKeys = (outputs: PlainRecord): readonly RecordedKey[] => [
  recorded.safeParse(outputs).data ?? {},
  ...(recordedReplicas.safeParse(outputs["replicas"]).data ?? []),
];

/** True once AWS has deleted the key, in every Region. */
export const isAllDestroyed = (outputs: PlainRecord): boolean =>
  recordedKeys(outputs).every(({ keyState }) => keyState === "Destroyed");

/** True where the outputs know a schedule in each of these places. */
export const knowsPlaces = (outputs: PlainRecord, regions: readonly string[]): boolean =>
  regions.every((region) => recordedKeys(outputs).some((each) => each.region === region));
