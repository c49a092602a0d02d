import { z } from "zod";
import { momentFault } from "../../model/moment";
import { everyFault } from "../../model/rotation-schedule";
import { faultless } from "./faultless";

/** An ISO 8601 date-time with a time zone, or a date. */
export const momentSchema = faultless(momentFault);

/** When a key is rotated, as a program writes it. */
export const rotationScheduleShape = { every: faultless(everyFault), startAt: momentSchema.optional() } as const;

/** What `check` derives of a schedule; absent without one. */
export const plannedScheduleShape = {
  /** Derived: the first rotation of the schedule. */
  startAt: momentSchema.optional(),
  /** Derived: rotations of the schedule that are done with. */
  period: z.int().nonnegative().optional(),
} as const;

/** A schedule as an earlier run recorded it. What a program may not write any more does not make its moments forgotten. */
export const recordedScheduleShape = {
  rotation: z.object({ every: z.string(), startAt: z.string().optional() }).optional(),
  startAt: z.string().optional(),
  period: plannedScheduleShape.period,
} as const;
