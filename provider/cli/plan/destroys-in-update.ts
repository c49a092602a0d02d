import { z } from "zod";
import { leavingReplicas } from "../../lifecycle/aws-kms-key/replicas/remove-leaving";
import { dueEverywhere } from "../../lifecycle/aws-kms-key/replicas/retire-everywhere";
import { rotationSettings } from "../../lifecycle/aws-kms-key/rotation-settings";
import { carried, type StackResource } from "../stack-export";

const record = z.record(z.string(), z.unknown());
/** In the state of a copied key the list of its versions is one text. */
const keyRecord = z.looseObject({ versions: carried(z.unknown()).optional() });

/**
 * True where an update destroys something, or sets out to: what it means, and the word, the resource has said itself in the preview. Each is also
 * told there in words: material that is deleted, a replica that leaves, a former key whose days are over, and a deletion whose date moves.
 */
export function destroysInUpdate(
  { kind, outputs }: Pick<StackResource, "kind" | "outputs">,
  inputs: Readonly<Record<string, unknown>>,
  now: Date,
): boolean {
  const olds = record.safeParse(outputs).data;
  // A preview that check refused has no inputs: then the refusal is about the date.
  if (kind === "DeletionSchedule")
    return (
      olds === undefined ||
      // Azure has one window; there it is a key that somebody recovered.
      (olds["cloud"] === "azure" ? olds["scheduled"] !== true : inputs["windowInDays"] !== olds["windowInDays"])
    );
  const key = kind === "AwsKmsKey" ? keyRecord.safeParse(outputs).data : undefined;
  if (key === undefined) return false;
  const losesMaterial = inputs["materialState"] === "deleted" && key["materialState"] !== "deleted";
  const { disableDays } = rotationSettings(inputs);
  const losesReplica = leavingReplicas(key, inputs).length > 0;
  // A compromised source disables former keys too, which destroys nothing.
  const retires = dueEverywhere(key, disableDays, now, () => false).some(({ act }) => act === "schedule-deletion");
  return losesMaterial || losesReplica || retires;
}
