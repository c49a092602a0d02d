import type { ObservedAzureKey, OwnVersion } from "../../model/azure-key-steps";
import type { AzureKeyVersion } from "../../model/azure-key-versions";
import { ownershipTags } from "../../model/owner";
import { materialMark } from "../aws-kms-key/key-material";
import type { LifecycleContext } from "../contract";
import type { AzureKeyGoal } from "./azure-key-inputs";

/** What the state knows before a run. */
export interface KnownBefore {
  readonly versions: readonly AzureKeyVersion[];
  /** True on create. */
  readonly isNew: boolean;
}

/**
 * The same goal under the next number that other material has not taken. An earlier run that failed or was cut off may have imported another file under the one
 * that was planned, and Azure takes no version back; that version stays as it is.
 */
export function pastOtherMaterial(
  context: LifecycleContext,
  inputs: AzureKeyGoal,
  { own }: ObservedAzureKey,
  before: KnownBefore,
): AzureKeyGoal {
  const highest = own.at(-1)?.number ?? 0;
  let goal = inputs;
  let taken: OwnVersion | undefined;
  for (;;) {
    const there = own.filter(({ number }) => number === goal.version).at(-1);
    const other = there !== undefined && isOther(goal, there, before);
    // Without a state, what runs that were cut off have reached is known from the vault alone; the versions of a source key count by themselves.
    const behind = before.isNew && !("source" in inputs.material) && goal.version < highest;
    if (!other && !behind) break;
    if (other) taken = there;
    goal = nextOf(goal);
  }
  if (taken !== undefined)
    context.log.warn(
      `version ${String(taken.number)} (${taken.facts.version}) holds other material, or such that was never compared, which an earlier run imported; it stays as it is, ${taken.facts.enabled ? "enabled" : "disabled"}, and this material is version ${String(goal.version)}.`,
    );
  return goal;
}

/** By the mark on the version. One that has none is of a source key, or somebody took the mark of a version away that the state knows. */
function isOther(goal: AzureKeyGoal, { facts }: OwnVersion, { versions }: KnownBefore): boolean {
  const mark = facts.tags[ownershipTags.material];
  if (mark !== undefined && mark !== materialMark(goal)) return true;
  const isKnown = versions.some(({ keyVersion }) => keyVersion === facts.version);
  if (!("byok" in goal.material) || isKnown) return false;
  // A run that was cut off left it disabled, to compare it first: it is not enabled because nothing is compared any more.
  const waits = !facts.enabled && goal.enabled !== false && goal.expectedPublicKeySha256 === undefined;
  return mark === undefined || waits;
}

const nextOf = (goal: AzureKeyGoal): AzureKeyGoal => ({
  ...goal,
  version: goal.version + 1,
  ...("source" in goal.material ? { versionOffset: (goal.versionOffset ?? 0) + 1 } : {}),
});
