import { z } from "zod";
import type { LifecycleContext, PlainRecord } from "../contract";
import { recordedScheduleShape } from "../inputs/rotation-schedule-inputs";
import { sourceKeyInputs, type SourceKeyInputs } from "../inputs/source-key-inputs";
import { nextOfSchedule, planSchedule, type DerivedSchedule } from "../plan-schedule";

/** What `check` derives of a rotation; the version is the goal of this run and of every retry of it. */
export interface PlannedRotation extends DerivedSchedule {
  readonly version: number;
}

const { version, rotationTrigger, resumed } = sourceKeyInputs.shape;
const known = z.object({ ...recordedScheduleShape, version, rotationTrigger, resumed });

/**
 * Whether a rotation is due: a moment of the schedule has passed, or the trigger has another value.
 *
 * @param before - inputs of the last run; empty where the key is new to this state
 * @param found - the version that the state or the token has
 */
export function planRotation(
  context: LifecycleContext,
  before: PlainRecord,
  inputs: SourceKeyInputs,
  found: number | undefined,
): PlannedRotation {
  const old = known.safeParse(before).data ?? {};
  const { isOverdue, served, kept, ahead, dropped } = planSchedule(inputs, old, context.clock());
  if (ahead !== undefined) context.log.warn(ahead);
  if (found === undefined) return { version: 1, ...served };
  // Without a version in the state the key is found again, not rotated.
  if (old.version === undefined) return { version: found, ...served };
  const triggered = inputs.rotationTrigger !== undefined && inputs.rotationTrigger !== old.rotationTrigger;
  if (!isOverdue && !triggered) {
    if (dropped !== undefined) context.log.warn(dropped);
    return { version: found, ...kept };
  }
  if (old.resumed === true) {
    context.log.info(
      `version ${found}, which an interrupted run made and pulumi refresh found, counts as the rotation that is due.`,
    );
    return { version: found, ...served };
  }
  return { version: found + 1, ...served };
}

/** When the next rotation is due, as far as the schedule tells. */
export const nextRotation = (
  inputs: Pick<SourceKeyInputs, "rotation" | "startAt" | "period" | "compromised">,
): string | undefined => (inputs.compromised === undefined ? nextOfSchedule(inputs) : undefined);
