import { z } from "zod";
import { dueRotation, isOther, type DueRotation, type HeldMaterial } from "../../model/due-rotation";
import type { LifecycleContext, PlainRecord } from "../contract";
import { awsKmsGroupRecord } from "../inputs/aws-kms-group-inputs";
import { awsKmsKeyInputs, type AwsKmsKeyInputs } from "../inputs/aws-kms-key-inputs";
import { recordedScheduleShape } from "../inputs/rotation-schedule-inputs";
import { materialIn } from "./check-material";
import { compromiseOf, identityOf, nameOf } from "./key-material";
import { nextOfSchedule, planSchedule, type DerivedSchedule } from "../plan-schedule";
import { staysDisabled } from "./stays-disabled";
import { rotationSettings } from "./rotation-settings";

const { version, versionOffset, materialIdentity, rotationTrigger } = awsKmsKeyInputs.shape;
const group = z.object({ rotateAllTrigger: awsKmsGroupRecord.shape.rotateAllTrigger });
const held = z.object({ version, versionOffset, materialIdentity, rotationTrigger, group });
const scheduled = z.object(recordedScheduleShape);

/** The version that a key is to have, and what it has served by then: the trigger of its group and its own schedule. What meets an obstacle stays due. */
export interface PlannedVersion extends DueRotation {
  readonly groupTrigger: string | undefined;
  readonly schedule: DerivedSchedule;
}

/**
 * The version that the key is to have. Never an older one: a source of an older state does not take its copies back.
 *
 * @param before - inputs of the last run; empty where the key is new to this state
 * @param file - which key the file of the material holds, and whether there is a file at all
 */
export function planVersion(
  context: LifecycleContext,
  inputs: AwsKmsKeyInputs,
  before: PlainRecord,
  { identity, isGone }: { readonly identity: string | undefined; readonly isGone: boolean },
): PlannedVersion {
  const { material } = inputs;
  const known = heldIn(before);
  const sourceVersion = "source" in material ? material.source.version : undefined;
  const { follow, rotationMode } = rotationSettings(inputs);
  const { rotateAllTrigger, name } = inputs.group;
  const isCompromised = compromiseOf(material) !== undefined;
  // A former key gets nothing back any more, so the present one does first; the rotation is due again in the next run.
  const comesBack = before["materialState"] === "deleted" && rotationMode === "new-key";
  const isDisabled = staysDisabled(inputs, before);
  const obstacle = isCompromised
    ? "others may have its material"
    : inputs.materialState === "deleted" || comesBack
      ? "its material is deleted"
      : isGone
        ? `there is no file ${nameOf(material)} to import once more`
        : rotationMode === "in-place" && !("native" in material)
          ? `in place it takes other material only; rotate ${nameOf(material)}`
          : rotationMode === "in-place" && isDisabled
            ? "it is disabled, and AWS rotates only an enabled key in place"
            : undefined;
  const schedule = planSchedule(inputs, scheduled.safeParse(before).data ?? {}, context.clock());
  const due = dueRotation(
    {
      identity: identityOf({ material, materialIdentity: identity }),
      sourceVersion,
      follow: follow && !isCompromised,
      trigger: inputs.rotationTrigger,
      // Nobody uses a disabled key, and AWS rotates none in place.
      isOverdue: schedule.isOverdue && !isDisabled,
      groupTrigger: obstacle === undefined ? rotateAllTrigger : undefined,
    },
    known,
  );
  const hinders = obstacle !== undefined && known !== undefined && isOther(rotateAllTrigger, known.groupTrigger);
  if (schedule.ahead !== undefined) context.log.warn(schedule.ahead);
  const served = { ...due, groupTrigger: rotateAllTrigger, schedule: schedule.served };
  if (known === undefined || due.reason === "material") return served;
  // Any rotation of the key serves the group's trigger and the key's own schedule.
  const hindered = (planned: DueRotation): PlannedVersion => {
    if (planned.reason !== "none") return { ...served, ...planned };
    if (schedule.isOverdue) {
      context.log.info(
        `is due for rotation since ${String(nextOfSchedule({ ...inputs, ...schedule.kept }))} by its schedule, and is not rotated while it is disabled (enabled: false). It stays due.`,
      );
    }
    if (schedule.dropped !== undefined) context.log.warn(schedule.dropped);
    if (hinders) context.log.info(`is not rotated by rotateAllTrigger of ${name} yet: ${obstacle}. It stays due.`);
    const groupTrigger = hinders ? known.groupTrigger : rotateAllTrigger;
    return { ...planned, groupTrigger, schedule: schedule.kept };
  };
  if ("source" in material && material.source.version + due.offset < known.version) {
    context.log.warn(
      `holds version ${known.version - due.offset} of ${material.source.name}, and the source key's state knows version ${material.source.version} only; nothing goes back. Run pulumi refresh.`,
    );
  }
  // A key without material gets its own back before it is rotated.
  if ((inputs.materialState === "deleted" || comesBack) && due.reason === "source")
    return hindered({ version: known.version, offset: due.offset, reason: "none" });
  return hindered(due);
}

function heldIn(before: PlainRecord): HeldMaterial | undefined {
  const { data } = held.safeParse(before);
  const material = materialIn(before);
  if (data?.version === undefined || material === undefined) return undefined;
  return {
    identity: identityOf({ material, materialIdentity: data.materialIdentity }),
    version: data.version,
    offset: data.versionOffset ?? 0,
    trigger: data.rotationTrigger,
    groupTrigger: data.group.rotateAllTrigger,
  };
}
