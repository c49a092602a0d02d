import { z } from "zod";
import { dueRetirements } from "../../lifecycle/aws-kms-key/retire-keys";
import { rotationSettings } from "../../lifecycle/aws-kms-key/rotation-settings";
import type { StackResource } from "../stack-export";

const record = z.record(z.string(), z.unknown());

/**
 * True where an update destroys something, or sets out to: what it means, and the word, the resource has said itself in the preview. Each is also
 * told there in words: material that is deleted, a former key whose days are over, and a deletion whose date moves.
 */
export function destroysInUpdate(
  { kind, outputs }: Pick<StackResource, "kind" | "outputs">,
  inputs: Readonly<Record<string, unknown>>,
  now: Date,
): boolean {
  const olds = record.safeParse(outputs).data;
  // A preview that check refused has no inputs: then the refusal is about the date.
  if (kind === "DeletionSchedule") return olds === undefined || inputs["windowInDays"] !== olds["windowInDays"];
  if (kind !== "AwsKmsKey" || olds === undefined) return false;
  const losesMaterial = inputs["materialState"] === "deleted" && olds["materialState"] !== "deleted";
  const { disableDays } = rotationSettings(inputs);
  return losesMaterial || dueRetirements(olds, disableDays, now).some(({ act }) => act === "schedule-deletion");
}
