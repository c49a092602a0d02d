import { isLeaving } from "../../model/key-states";
import { connectedKms } from "../connected-kms";
import type { LifecycleContext, PlainRecord } from "../contract";
import { isKeptByAnother } from "../keepers";
import { settled } from "../settled";
import { foreignLineage } from "./key-owner";
import { noteStaying } from "./note-copies";
import { isAllDestroyed, recordedKey, recordedKeys } from "./record-schedule";
import { parseScheduleInputs } from "./schedule-inputs";
import { lookedAt, primaryLast, schedulePlaces, type SeenPlace } from "./schedule-places";

/**
 * Lets go of the schedule: as it is, or by cancelling the deletion in every Region, those that go first before their primary. A cancelled key is Disabled, and is
 * enabled only where that was asked for and where it was enabled before. With its key, this never runs: the key's own delete keeps the date.
 */
export async function removeSchedule(context: LifecycleContext, id: string, outputs: PlainRecord): Promise<void> {
  const inputs = parseScheduleInputs(outputs);
  const { key, onRemove, restoreEnabled } = inputs;
  if (isAllDestroyed(outputs)) return;
  if (onRemove === "leave") {
    leave(context, key.arn, outputs);
    return;
  }
  if (isKeptByAnother(key.arn, id)) {
    context.log.info(`${key.arn} is scheduled by another resource of this program now and stays so.`);
    return;
  }
  const places = await schedulePlaces(context, inputs, (group) => connectedKms(context, group));
  const cancelled: { readonly place: SeenPlace; readonly state: string }[] = [];
  for (const place of primaryLast(await lookedAt(places))) {
    const state = await cancel(place);
    if (state !== undefined) cancelled.push({ place, state });
  }
  for (const { place, state } of cancelled) {
    const { enabledBefore } = recordedKey(outputs, place, inputs.region);
    const restores = restoreEnabled && enabledBefore === true && state === "Disabled";
    if (restores) {
      context.mayProceed();
      place.context.log.progress("enabling the key");
      await place.kms.enable(key.keyId);
    }
    context.log.info(
      `the deletion of ${place.key.arn} is cancelled; the key is ${restores ? "Enabled" : `${state}. kms:EnableKey makes it usable again`}.`,
    );
  }
}

function leave(context: LifecycleContext, arn: string, outputs: PlainRecord): void {
  const date = dayIn(outputs["deletionDate"]) ?? dayIn(outputs["expectedDeletionDate"]);
  const replicas = recordedKeys(outputs).slice(1);
  const others = replicas.map(({ region, deletionDate }) => {
    const day = dayIn(deletionDate);
    return ` Its replica in ${String(region)} goes${day === undefined ? " with it" : ` on ${day}`}.`;
  });
  context.log.warn(
    `${arn} stays scheduled for deletion: AWS deletes it${date === undefined ? "" : ` on ${date}`}.${others.join("")} Until then kms:CancelKeyDeletion takes that back.`,
  );
}

const dayIn = (date: unknown): string | undefined => (typeof date === "string" ? date.slice(0, 10) : undefined);

/** Cancels the deletion of one key, and tells its state; undefined where there is nothing to take back. */
async function cancel({ context, kms, key, facts }: SeenPlace): Promise<string | undefined> {
  if (facts === undefined) {
    context.log.warn(`AWS has deleted ${key.arn} already; there is nothing to cancel.`);
    return undefined;
  }
  const lineage = await foreignLineage(kms, key);
  if (lineage !== undefined) {
    context.log.warn(`${key.arn} belongs to another resource now (lineage ${lineage}) and stays as it is.`);
    return undefined;
  }
  await noteStaying(context, key);
  if (!isLeaving(facts.state)) return facts.state;
  context.mayProceed();
  context.log.progress("cancelling the key's deletion");
  await kms.cancelDeletion(key.keyId);
  const after = await settled(context, kms, key.keyId, ({ state }) => !isLeaving(state));
  return after?.state ?? facts.state;
}
