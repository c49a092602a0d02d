import { dayOf } from "../../model/deletion-consequence";
import { azureConnectionOf } from "../azure-connection-of";
import type { LifecycleContext, PlainRecord } from "../contract";
import { noteStaying } from "../deletion-schedule/note-copies";
import { forgetReturning } from "./forget-returning";
import {
  azureScheduleInputsIn,
  parseAzureSchedule,
  recordPurged,
  recordRecovered,
  recordSoftDeleted,
} from "./record-azure-schedule";
import { foreignLineageOf, keyIdOf, seeKey, stateOf } from "./see-key";

/** Looks at the key and tells drift in words. A schedule whose key is gone has done its work, and stays until the program lets go of it. */
export async function readAzureSchedule(
  context: LifecycleContext,
  outputs: PlainRecord,
): Promise<{ outputs: PlainRecord; inputs: PlainRecord }> {
  const inputs = parseAzureSchedule(outputs);
  const { key } = inputs;
  const keyId = keyIdOf(key);
  const seen = await seeKey(context.keyVault(azureConnectionOf(key.group)), key.keyName);
  const lineage = foreignLineageOf(seen, key);
  if (lineage !== undefined) {
    context.log.warn(`drift: ${keyId} belongs to another resource now (lineage ${lineage}).`);
    return found(outputs);
  }
  switch (seen.kind) {
    case "gone": {
      const date = outputs["deletionDate"];
      const isEarly = typeof date === "string" && Date.parse(date) > context.clock().getTime();
      if (outputs["keyState"] !== "Destroyed")
        context.log.warn(
          isEarly
            ? `drift: somebody purged ${keyId} before its date.`
            : `Azure has purged ${keyId}, as it was scheduled.`,
        );
      return found(recordPurged(inputs, outputs));
    }
    case "deleted": {
      const { scheduledPurgeDate } = seen.deleted;
      const recorded = outputs["deletionDate"];
      if (typeof recorded === "string" && recorded !== scheduledPurgeDate.toISOString())
        context.log.warn(
          `drift: Azure purges the key on ${dayOf(scheduledPurgeDate)}, not on ${recorded.slice(0, 10)}: it was recovered and deleted again.`,
        );
      await forgetReturning(context, key, recorded, seen);
      return found(recordSoftDeleted(inputs, seen.deleted));
    }
    case "live":
      await noteStaying(context, { arn: keyId, source: key.source });
      context.log.warn(
        `drift: somebody recovered the key; it is ${stateOf(seen)}. The next pulumi up deletes it again, once that is confirmed; to let the key live, remove this resource.`,
      );
      return found(recordRecovered(inputs, stateOf(seen)));
  }
}

const found = (outputs: PlainRecord): { outputs: PlainRecord; inputs: PlainRecord } => ({
  outputs,
  inputs: azureScheduleInputsIn(outputs),
});
