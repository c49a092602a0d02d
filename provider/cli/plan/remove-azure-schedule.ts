import { z } from "zod";
import type { StackResource } from "../stack-export";
import type { Meaning } from "./remove-other-item";

const scheduleOutputs = z.object({
  cloud: z.literal("azure"),
  keyId: z.string(),
  keyState: z.string(),
  onRemove: z.enum(["leave", "cancel"]),
  restoreEnabled: z.boolean(),
  scheduled: z.boolean(),
  deletionDate: z.string().optional(),
});

/** What the removal of the schedule of a key in a vault does; undefined where it is none. */
export function removeAzureSchedule({ outputs }: Pick<StackResource, "outputs">): Meaning | undefined {
  const schedule = scheduleOutputs.safeParse(outputs).data;
  if (schedule === undefined) return undefined;
  const { keyId, keyState, onRemove, restoreEnabled, scheduled, deletionDate } = schedule;
  const nothing = (sentence: string): Meaning => ({ destructive: false, consequences: [sentence], dependents: [] });
  if (keyState === "Destroyed") return nothing(`Azure has purged ${keyId} already; only the record goes.`);
  if (!scheduled) return nothing(`${keyId} was recovered by somebody and stays as it is; only the record goes.`);
  if (onRemove === "cancel")
    return nothing(
      `${keyId} is recovered, ${restoreEnabled ? "with its versions as they were before" : "and every version of it is disabled"}.`,
    );
  const day = deletionDate?.slice(0, 10);
  return {
    destructive: true,
    consequences: [`${keyId} stays soft-deleted${day === undefined ? "" : `: Azure purges it on ${day}`}.`],
    dependents: [],
    undo: {
      ...(day === undefined ? {} : { until: day }),
      how: 'onRemove: "cancel" before the removal, or az keyvault key recover',
    },
  };
}
