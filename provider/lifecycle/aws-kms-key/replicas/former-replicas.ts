import { z } from "zod";
import type { PlainRecord } from "../../contract";

const listed = z.array(z.object({ region: z.string(), arn: z.string(), deletionDate: z.string() }));

/** The output `formerReplicas`: replicas that were removed, until AWS has deleted them. */
export const formerReplicas = (outputs: PlainRecord): z.infer<typeof listed> =>
  listed.safeParse(outputs["formerReplicas"]).data ?? [];

/** Those that AWS still keeps at a moment, as an output; none where there is nothing to tell. */
export function formerReplicasAt(outputs: PlainRecord, now: Date): PlainRecord {
  const kept = formerReplicas(outputs).filter(({ deletionDate }) => Date.parse(deletionDate) > now.getTime());
  return kept.length === 0 ? {} : { formerReplicas: kept };
}
