import { isKeptByAnother } from "../keepers";
import { connectedKms } from "../connected-kms";
import type { LifecycleContext, PlainRecord } from "../contract";
import { noteStaying } from "./note-copies";
import { isLeaving } from "../../model/key-states";
import { settled } from "../settled";
import { foreignLineage } from "./key-owner";
import { parseScheduleInputs } from "./schedule-inputs";

/**
 * Lets go of the schedule: as it is, or by cancelling the deletion. A cancelled key is Disabled, and is enabled only where that was asked for and
 * where it was enabled before. With its key, this never runs: the key's own delete keeps the date.
 */
export async function removeSchedule(context: LifecycleContext, id: string, outputs: PlainRecord): Promise<void> {
  const { key, onRemove, restoreEnabled } = parseScheduleInputs(outputs);
  if (outputs["keyState"] === "Destroyed") return;
  if (onRemove === "leave") {
    const date = typeof outputs["deletionDate"] === "string" ? ` on ${outputs["deletionDate"].slice(0, 10)}` : "";
    context.log.warn(
      `${key.arn} stays scheduled for deletion: AWS deletes it${date}. Until then kms:CancelKeyDeletion takes that back.`,
    );
    return;
  }
  if (isKeptByAnother(key.arn, id)) {
    context.log.info(`${key.arn} is scheduled by another resource of this program now and stays so.`);
    return;
  }
  const kms = await connectedKms(context, key.group);
  const found = await kms.describeKey(key.keyId);
  if (found === undefined) {
    context.log.warn(`AWS has deleted ${key.arn} already; there is nothing to cancel.`);
    return;
  }
  const lineage = await foreignLineage(kms, key);
  if (lineage !== undefined) {
    context.log.warn(`${key.arn} belongs to another resource now (lineage ${lineage}) and stays as it is.`);
    return;
  }
  await noteStaying(context, key);
  let state = found.state;
  if (isLeaving(state)) {
    context.mayProceed();
    context.log.progress("cancelling the key's deletion");
    await kms.cancelDeletion(key.keyId);
    state = (await settled(context, kms, key.keyId, (facts) => !isLeaving(facts.state)))?.state ?? state;
  }
  const restores = restoreEnabled && outputs["enabledBefore"] === true && state === "Disabled";
  if (restores) {
    context.mayProceed();
    context.log.progress("enabling the key");
    await kms.enable(key.keyId);
  }
  context.log.info(
    `the deletion of ${key.arn} is cancelled; the key is ${restores ? "Enabled" : `${state}. kms:EnableKey makes it usable again`}.`,
  );
}
