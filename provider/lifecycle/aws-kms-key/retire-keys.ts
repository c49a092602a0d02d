import { deletionWindow } from "../../model/deletion-window";
import { ByokError } from "../../model/errors";
import { formerKeys, keyVersionsIn, retirementOf, type KeyVersion } from "../../model/key-versions";
import { isLeaving } from "../../model/key-states";
import { ownershipTags } from "../../model/owner";
import type { KmsPort } from "../../model/ports/kms";
import { PartialFailure, type LifecycleContext, type PlainRecord } from "../contract";
import type { KeyInputs } from "./key-inputs";
import { compromisedVersions } from "./key-material";
import { noteDeletion } from "./note-deletion";
import { afterReplica, lastReplicaOf, type ReplicasGone } from "./replicas/replicas-gone";
import { rotationSettings } from "./rotation-settings";

/** A former copy of what others may have is disabled whatever was said of it. */
const atLeastDisabled = (version: KeyVersion): KeyVersion =>
  version.afterRotation === "scheduleDeletion" ? version : { ...version, afterRotation: "disable" };

/**
 * Acts on former KMS keys that are due at a moment, for diff to tell and for update to do.
 *
 * @param isCompromised - of which versions others may have the material
 */
export const dueRetirements = (
  outputs: PlainRecord,
  disableDays: number,
  now: Date,
  isCompromised: (version: KeyVersion) => boolean = () => false,
): readonly { readonly version: KeyVersion; readonly act: "disable" | "schedule-deletion" }[] =>
  formerKeys(keyVersionsIn(outputs), String(outputs["keyId"])).flatMap((version, index, all) => {
    // Of a key that held several materials, the newest version speaks for it.
    if (all.slice(index + 1).some((later) => later.keyId === version.keyId)) return [];
    const retirement = retirementOf(isCompromised(version) ? atLeastDisabled(version) : version, disableDays, now);
    return retirement === undefined || retirement.act === "wait" ? [] : [{ version, act: retirement.act }];
  });

/** A key whose former KMS keys may be due. */
export interface Retiring {
  readonly lineage: string;
  readonly inputs: KeyInputs;
  readonly outputs: PlainRecord;
  /** As far as replicas of former keys were scheduled by now. */
  readonly replicasGone?: ReplicasGone;
}

/**
 * Disables former KMS keys, and schedules the deletion of those that have been disabled for `disableDays`, as `afterRotation` of their rotation said.
 * A former key is deleted with AWS's longest waiting period, whatever the key's own is.
 */
export async function retireKeys(
  context: LifecycleContext,
  kms: KmsPort,
  { lineage, inputs, outputs, replicasGone = new Map() }: Retiring,
): Promise<PlainRecord> {
  let versions = keyVersionsIn(outputs);
  const isCompromised = compromisedVersions(inputs.material);
  const { disableDays } = rotationSettings(inputs);
  for (const { version, act } of dueRetirements(outputs, disableDays, context.clock(), isCompromised)) {
    const step = `${act === "disable" ? "disable" : "schedule the deletion of"} the former key ${version.keyId}`;
    try {
      const retired = await retire(context, kms, {
        ...{ lineage, inputs, version, act, step, replicasGone },
      });
      versions = versions.map((each) => (each.keyId === version.keyId ? { ...each, ...retired } : each));
    } catch (error) {
      const failure = ByokError.from(error, step);
      throw new PartialFailure(lineage, { ...outputs, versions, pending: [step] }, failure.with({ step }));
    }
  }
  return { ...outputs, versions };
}

async function retire(
  context: LifecycleContext,
  kms: KmsPort,
  due: {
    readonly lineage: string;
    readonly inputs: KeyInputs;
    readonly version: KeyVersion;
    readonly act: "disable" | "schedule-deletion";
    readonly step: string;
    readonly replicasGone: ReplicasGone;
  },
): Promise<Partial<KeyVersion>> {
  const { version, act } = due;
  const facts = await kms.describeKey(version.keyId);
  if (facts === undefined) return { keyState: "Destroyed" };
  const now = context.clock().toISOString();
  const lastReplica = lastReplicaOf(facts, due.replicasGone);
  if (isLeaving(facts.state)) {
    const known = facts.deletionDate ?? afterReplica(lastReplica, facts.pendingWindowInDays ?? deletionWindow.default);
    if (known !== undefined) await noteDeletion(context, due.inputs, version, known);
    return { keyState: facts.state, deletionDate: known?.toISOString() ?? now };
  }
  const owner = (await kms.listTags(version.keyId))[ownershipTags.lineage];
  if (owner !== due.lineage) {
    context.log.warn(`${version.arn} does not carry this resource's tags any more and is left alone.`);
    return { keyState: facts.state, afterRotation: "keep" };
  }
  const aliases = await kms.listAliases(version.keyId);
  if (aliases.length > 0) {
    context.log.warn(
      `${aliases.join(", ")} still points to the former key ${version.arn}, so it is left as it is; the next pulumi up looks again.`,
    );
    return {};
  }
  context.mayProceed();
  context.log.progress(due.step);
  if (act === "disable") {
    if (facts.state === "Enabled") await kms.disable(version.keyId);
    return { keyState: facts.state === "Enabled" ? "Disabled" : facts.state, disabledAt: now };
  }
  const scheduled = await kms.scheduleDeletion(version.keyId, deletionWindow.default);
  const waits = facts.replicaRegions !== undefined;
  const known = waits ? afterReplica(lastReplica, deletionWindow.default) : scheduled;
  const date = known ?? scheduled;
  const earliest =
    known === undefined
      ? ` at the earliest: its ${deletionWindow.default} days count once its replicas in ${(facts.replicaRegions ?? []).join(", ")} are deleted, which are not all scheduled`
      : "";
  context.log.info(
    `AWS deletes the former key ${version.arn} on ${date.toISOString().slice(0, 10)}${earliest}; until then kms:CancelKeyDeletion takes that back.`,
  );
  // Where nobody knows the date, the token keeps the material.
  if (known !== undefined) await noteDeletion(context, due.inputs, version, known);
  return { keyState: waits ? "PendingReplicaDeletion" : "PendingDeletion", deletionDate: date.toISOString() };
}
