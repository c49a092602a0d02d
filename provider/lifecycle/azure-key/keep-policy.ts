import { madeByPolicy } from "../../model/azure-rotated-versions";
import { vaultPolicyOf, type AzureRotation } from "../../model/azure-rotation";
import type { ObservedAzureKey } from "../../model/azure-key-steps";
import { ByokError } from "../../model/errors";
import type { VaultRotationPolicy } from "../../model/ports/key-vault";
import type { LifecycleContext, PlainRecord } from "../contract";
import { isRecord } from "../is-record";
import { azureKeyInputs } from "../inputs/azure-key-inputs";
import type { AzureKeyGoal } from "./azure-key-inputs";
import type { VersionsInQuestion } from "./observe-versions";

const { rotation, version } = azureKeyInputs.shape;

const rotationIn = (record: PlainRecord): AzureRotation | undefined => rotation.safeParse(record["rotation"]).data;

/** True where Azure makes versions by itself for this resource, or did until this update. */
export const keepsPolicy = (news: PlainRecord, olds: PlainRecord): boolean =>
  (rotationIn(news) ?? rotationIn(olds)) !== undefined;

/** What the policy is to be: what the program says, none where it said something before, and nothing of ours otherwise. */
export function policyGoal(inputs: AzureKeyGoal, olds: PlainRecord): VaultRotationPolicy | undefined {
  if (inputs.rotation !== undefined) return vaultPolicyOf(inputs.rotation);
  return rotationIn(olds) === undefined ? undefined : {};
}

/** For looking at the versions; the policy that is there made them, not the one that is to come. */
export const policyAsked = (news: PlainRecord, olds: PlainRecord): VersionsInQuestion["policy"] =>
  keepsPolicy(news, olds) ? { rotateAfter: (rotationIn(olds) ?? rotationIn(news))?.rotateAfter } : undefined;

/**
 * Refuses a rotation by hand where the state lags behind Azure, because the number that was planned is taken by a version that Azure made: nobody could tell
 * whether the one that is asked for was made.
 *
 * @throws ByokError BYOK_KEY_DRIFTED
 */
export function requireFreshState(news: PlainRecord, olds: PlainRecord, observed: ObservedAzureKey | undefined): void {
  if (triggerIsLost(news, olds)) throw lagging(olds);
  const [planned, known] = [version.safeParse(news["version"]).data, version.safeParse(olds["version"]).data];
  if (planned === undefined || known === undefined || planned <= known) return;
  if (observed?.own.some((own) => own.number >= planned && madeByPolicy(own)) === true) throw lagging(olds);
}

/**
 * True where a run found versions that Azure had made, and no refresh has brought them into the inputs yet from which `check` plans. It is no way back, and
 * the policy may be gone by then.
 */
export function isBehind(news: PlainRecord, olds: PlainRecord): boolean {
  const [planned, known] = [version.safeParse(news["version"]).data, version.safeParse(olds["version"]).data];
  return isNative(news) && planned !== undefined && known !== undefined && planned < known;
}

const isNative = ({ material }: PlainRecord): boolean => isRecord(material) && material["native"] === true;

/** True where another trigger plans no other version, because that one is there by now. */
export function triggerIsLost(news: PlainRecord, olds: PlainRecord): boolean {
  const trigger = news["rotationTrigger"];
  const [planned, known] = [version.safeParse(news["version"]).data, version.safeParse(olds["version"]).data];
  const asks = typeof trigger === "string" && trigger !== olds["rotationTrigger"];
  return isNative(news) && asks && planned !== undefined && known !== undefined && planned <= known;
}

/** What Azure made meanwhile is what the key has: nothing goes back, and no other version is made for it. */
export function withNewest(
  context: LifecycleContext,
  inputs: AzureKeyGoal,
  olds: PlainRecord,
  { own }: ObservedAzureKey,
): AzureKeyGoal {
  const newest = own.at(-1);
  if (newest === undefined || newest.number <= inputs.version) return inputs;
  if (newest.number > (version.safeParse(olds["version"]).data ?? 0)) context.log.info(policySentence(newest.number));
  return { ...inputs, version: newest.number };
}

/** For the resource's row. */
export const policySentence = (number: number): string =>
  `Azure made version ${String(number)} by its rotation policy; the key goes on from there.`;

export const laggingSentence =
  "the key has a version by now with which this state does not plan yet, as Azure's rotation policy makes them, and this program asks for another one. Run pulumi refresh, then pulumi up again.";

const lagging = (olds: PlainRecord): ByokError =>
  new ByokError("BYOK_KEY_DRIFTED", `${String(olds["keyId"])}: ${laggingSentence}`, {
    property: "rotationTrigger",
    hint: "Nothing was changed.",
  });
