import { dayOf } from "./deletion-consequence";
import type { KmsKeyUsage } from "./ports/kms";

/** When a key was last used, in one sentence, with the day since when AWS counts. Undefined: AWS did not tell. */
export function lastUsageSentence(usage: KmsKeyUsage | undefined): string {
  if (usage === undefined) return "When it was last used is not known: AWS did not tell (kms:GetKeyLastUsage).";
  const { operation, at, trackedSince, createdAt } = usage;
  if (at !== undefined) {
    return `It was last used on ${dayOf(at)}${operation === undefined ? "" : ` (${operation})`}; AWS counts since ${dayOf(trackedSince)}.`;
  }
  if (createdAt !== undefined && createdAt.getTime() >= trackedSince.getTime()) {
    return `It has never been used; AWS counts since ${dayOf(trackedSince)}, when it was made.`;
  }
  return `AWS knows of no use since ${dayOf(trackedSince)}, when it began to count; what was before, only CloudTrail tells.`;
}
