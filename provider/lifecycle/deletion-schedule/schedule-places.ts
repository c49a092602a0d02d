import { isLeaving } from "../../model/key-states";
import type { KmsKeyFacts, KmsPort } from "../../model/ports/kms";
import { arnIn } from "../aws-kms-key/replicas/replica-record";
import { inRegion } from "../aws-kms-key/replicas/in-region";
import type { LifecycleContext } from "../contract";
import type { AwsKmsKeyRecord } from "../inputs/aws-kms-key-record";
import type { DeletionScheduleInputs } from "../inputs/deletion-schedule-inputs";

/** A KMS key that a schedule keeps, in one Region. */
export interface SchedulePlace {
  readonly region: string;
  readonly context: LifecycleContext;
  readonly kms: KmsPort;
  /** The key as it is there: lineage and key id are the same everywhere. */
  readonly key: AwsKmsKeyRecord;
}

/** The same, with what AWS shows of it; undefined: AWS has deleted it. */
export interface SeenPlace extends SchedulePlace {
  readonly facts: KmsKeyFacts | undefined;
}

/** Every Region of a schedule's key: the key itself first, then its replicas as the program names them. */
export async function schedulePlaces(
  context: LifecycleContext,
  { key, places = [] }: Pick<DeletionScheduleInputs, "key" | "places">,
  open: (group: AwsKmsKeyRecord["group"]) => KmsPort | Promise<KmsPort>,
): Promise<readonly SchedulePlace[]> {
  const all: SchedulePlace[] = [{ region: key.group.region, context, kms: await open(key.group), key }];
  for (const { group } of places) {
    const { region } = group;
    const there = { ...key, arn: arnIn(key.arn, region), group };
    all.push({ region, context: inRegion(context, region), kms: await open(group), key: there });
  }
  return all;
}

/** Each place as AWS shows it now. */
export async function lookedAt(places: readonly SchedulePlace[]): Promise<readonly SeenPlace[]> {
  const seen: SeenPlace[] = [];
  for (const place of places) seen.push({ ...place, facts: await place.kms.describeKey(place.key.keyId) });
  return seen;
}

/** The Region of the primary, as far as any of the keys still tells. */
export const primaryAmong = (seen: readonly SeenPlace[]): string | undefined =>
  seen.flatMap(({ facts }) => facts?.primaryRegion ?? [])[0];

/** The primary last: AWS deletes it last, wherever it is, and what goes first is also taken back first. */
export const primaryLast = (seen: readonly SeenPlace[]): readonly SeenPlace[] => {
  const primary = primaryAmong(seen);
  return [...seen].sort((one, other) => Number(one.region === primary) - Number(other.region === primary));
};

/** Regions of replicas that AWS keeps and the program does not name: the primary waits for them too. */
export const unnamedRegions = (seen: readonly SeenPlace[]): readonly string[] =>
  seen
    .flatMap(({ facts }) => facts?.replicaRegions ?? [])
    .filter((region) => !seen.some((place) => place.region === region));

/** What one key of a schedule is known to be. */
export interface KnownKey {
  readonly state: string;
  readonly deletionDate?: Date | undefined;
}

const dayInMs = 86_400_000;

/**
 * When AWS deletes the last of the keys: a primary's days count once the last of its replicas is gone. Undefined where nobody knows, because a key is
 * not scheduled, or because a replica that the program does not name comes first.
 */
export function lastDate(
  keys: readonly KnownKey[],
  { windowInDays, unnamed }: { readonly windowInDays: number; readonly unnamed: readonly string[] },
): Date | undefined {
  const living = keys.filter(({ state }) => state !== "Destroyed");
  if (living.some(({ state }) => !isLeaving(state))) return undefined;
  const dates = living.flatMap(({ deletionDate }) => deletionDate?.getTime() ?? []);
  if (dates.length === 0) return undefined;
  const latest = Math.max(...dates);
  if (living.every(({ deletionDate }) => deletionDate !== undefined)) return new Date(latest);
  return unnamed.length > 0 ? undefined : new Date(latest + windowInDays * dayInMs);
}
