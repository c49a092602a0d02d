import { z } from "zod";
import { everyFault, startAtFault } from "../../model/rotation-schedule";
import { faultless } from "./faultless";

/** An ISO 8601 date-time. */
export const momentSchema = faultless(startAtFault);

/** When a key is rotated, as a program writes it. */
export const rotationScheduleShape = { every: faultless(everyFault), startAt: momentSchema.optional() } as const;

/** What `check` derives of a schedule; absent without one. */
export const plannedScheduleShape = {
  /** Derived: the first rotation of the schedule. */
  startAt: momentSchema.optional(),
  /** Derived: rotations of the schedule that are done with. */
  period: z.int().nonnegative().optional(),
} as const;
