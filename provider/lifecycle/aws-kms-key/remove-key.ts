import { isConfirmed } from "../../model/confirmation";
import { deletionWindow } from "../../model/deletion-window";
import { ByokError } from "../../model/errors";
import { ownershipTags } from "../../model/owner";
import type { ObservedKey } from "../../model/aws-key-steps";
import { dayOf } from "../../model/deletion-consequence";
import { isLeaving } from "../../model/key-states";
import { formerKeys, keyVersionsIn, materialsOf, type KeyVersion } from "../../model/key-versions";
import type { KmsKeyFacts, KmsPort } from "../../model/ports/kms";
import { connectionOf } from "../connection-of";
import type { LifecycleContext, PlainRecord } from "../contract";
import { textList } from "../text-list";
import { parseKeyInputs, type KeyInputs } from "./key-inputs";
import { noteDeletion } from "./note-deletion";
import { noteReturn } from "./note-return";
import { observeKey } from "./observe-key";
import { removalWord } from "./removal-word";
import { placesToRemove } from "./replicas/places-to-remove";
import { afterReplica, lastReplicaOf, noteReplicaGone, type ReplicasGone } from "./replicas/replicas-gone";

/**
 * Lets the key of every version go, replicas before their primary and the newest last: deletes the aliases of this resource, then schedules the key's deletion. In this order a run
 * that dies in between leaves a key that nobody finds by name but that still decrypts, and the next run goes on.
 */
export async function removeKey(context: LifecycleContext, id: string, outputs: PlainRecord): Promise<void> {
  const inputs = parseKeyInputs(outputs);
  const keyId = outputs["keyId"];
  if (typeof keyId !== "string") return;
  const kms = context.kms(connectionOf(inputs.group));
  const newest = await observeKey(kms, keyId);
  // Whose it is nobody knows: that is found out before anything of it goes.
  if (newest !== undefined && newest.tags[ownershipTags.lineage] === undefined)
    forgetTakenOver(context, newest.facts.arn, undefined, id);
  const asked = newest !== undefined && newest.tags[ownershipTags.lineage] === id && !isLeaving(newest.facts.state);
  if (asked) requireConfirmed(context, id, inputs, newest.facts, formerKeys(keyVersionsIn(outputs), keyId));
  // Without a living key there is no word to ask for, so what is left of it gets the longest waiting period.
  const window = asked ? inputs : { ...inputs, deletionWindowInDays: deletionWindow.default };
  const places = placesToRemove(context, { id, inputs: window, outputs });
  for (const place of places) if (place.outputs !== outputs) await requireTagged(place);
  for (const place of places) await removePlace(place);
}

/** A replica without a tag, such as one whose adoption was cut off: nothing goes anywhere before it is certain whose it is. */
async function requireTagged({ context, kms, id, outputs }: Removal): Promise<void> {
  const { keyId } = outputs;
  const facts = typeof keyId === "string" ? await kms.describeKey(keyId) : undefined;
  if (facts === undefined) return;
  const lineage = (await kms.listTags(facts.keyId))[ownershipTags.lineage];
  if (lineage === undefined) forgetTakenOver(context, facts.arn, lineage, id);
}

/** A key in one Region that is to go, with its former keys. */
export interface Removal {
  readonly context: LifecycleContext;
  readonly kms: KmsPort;
  readonly id: string;
  readonly inputs: KeyInputs;
  /** What the state has of the key in this Region. */
  readonly outputs: PlainRecord;
  /** As far as replicas were scheduled by now. */
  readonly replicasGone: ReplicasGone;
}

/**
 * Schedules the deletion of the key's KMS keys in one Region, the newest last.
 *
 * @throws ByokError BYOK_OWNED_BY_ANOTHER
 */
export async function removePlace(removal: Removal): Promise<void> {
  const { kms, outputs } = removal;
  const keyId = outputs["keyId"];
  if (typeof keyId !== "string") return;
  const former = formerKeys(keyVersionsIn(outputs), keyId).map((version) => version.keyId);
  for (const each of new Set([...former, keyId])) await removeOne(removal, each, await observeKey(kms, each));
}

async function removeOne(removal: Removal, keyId: string, observed: ObservedKey | undefined): Promise<void> {
  const { context, kms, id, inputs, outputs, replicasGone } = removal;
  if (observed === undefined) return noteGoing(removal, keyId, "gone");
  const { facts } = observed;
  const lineage = observed.tags[ownershipTags.lineage];
  if (lineage !== id) {
    forgetTakenOver(context, facts.arn, lineage, id);
    return;
  }
  const lastReplica = lastReplicaOf(facts, replicasGone);
  if (facts.state === "PendingDeletion") {
    const date = facts.deletionDate === undefined ? "" : ` on ${facts.deletionDate.toISOString().slice(0, 10)}`;
    context.log.info(`${facts.arn} is already scheduled for deletion${date}.`);
    noteReplicaGone(replicasGone, keyId, inputs.region, facts.deletionDate);
    return noteGoing(removal, keyId, facts.deletionDate);
  }
  if (facts.state === "PendingReplicaDeletion") {
    context.log.info(`${facts.arn} is already scheduled for deletion, and waits for its replicas.`);
    return noteGoing(
      removal,
      keyId,
      afterReplica(lastReplica, facts.pendingWindowInDays ?? inputs.deletionWindowInDays),
    );
  }
  await deleteOwnAliases(context, kms, outputs, observed.aliases);
  context.mayProceed();
  context.log.progress("scheduling the key's deletion");
  const scheduled = await kms.scheduleDeletion(keyId, inputs.deletionWindowInDays);
  const date = afterReplica(lastReplica, inputs.deletionWindowInDays) ?? scheduled;
  context.log.info(
    `AWS deletes ${facts.arn} on ${dayOf(date)}${waitFor(facts, inputs, lastReplica)}; until then kms:CancelKeyDeletion takes that back.`,
  );
  // AWS has no date for a primary before the last of its replicas is gone, and what this resource has not scheduled may stay.
  const isDated = facts.replicaRegions === undefined || lastReplica !== undefined;
  noteReplicaGone(replicasGone, keyId, inputs.region, isDated ? date : undefined);
  await noteGoing(removal, keyId, isDated ? date : undefined);
}

/** Both dates of a primary: AWS counts its days once its last replica is gone. */
function waitFor({ replicaRegions = [] }: KmsKeyFacts, inputs: KeyInputs, lastReplica: Date | undefined): string {
  if (replicaRegions.length === 0) return "";
  const replicas = `${replicaRegions.length === 1 ? "its replica" : "the last of its replicas"} in ${replicaRegions.join(", ")}`;
  return lastReplica === undefined
    ? ` at the earliest: its ${inputs.deletionWindowInDays} days count once ${replicas} is deleted, which this resource has not scheduled`
    : `, ${inputs.deletionWindowInDays} days after ${replicas} is deleted (${dayOf(lastReplica)})`;
}

/** The token remembers it of every version that the KMS key holds; without a date that is known, that it may need its material for as long as nobody knows better. */
async function noteGoing(removal: Removal, keyId: string, date: Date | "gone" | undefined): Promise<void> {
  const { context, inputs, outputs } = removal;
  const versions = keyVersionsIn(outputs);
  const held = materialsOf(versions, keyId);
  const arn = outputs["arn"];
  if (date === undefined) {
    const arns = held.length === 0 && typeof arn === "string" ? [arn] : held.map((copy) => copy.arn);
    return noteReturn(context, inputs, arns, { versions });
  }
  if (held.length === 0 && typeof arn === "string") {
    await noteDeletion(context, inputs, { version: inputs.version, arn }, date);
  }
  for (const copy of held) await noteDeletion(context, inputs, copy, date);
}

function forgetTakenOver(context: LifecycleContext, arn: string, lineage: string | undefined, id: string): void {
  if (lineage === undefined) {
    throw new ByokError(
      "BYOK_OWNED_BY_ANOTHER",
      `${arn} has lost its tag ${ownershipTags.lineage}, so it is not certain that it is this resource's key.`,
      {
        hint: `To go on, tag it ${ownershipTags.lineage}=${id} and run again; to forget it instead, use pulumi state delete.`,
      },
    );
  }
  context.log.warn(
    `${arn} belongs to another resource now (lineage ${lineage}); it is forgotten here and stays as it is.`,
  );
}

function requireConfirmed(
  context: LifecycleContext,
  id: string,
  inputs: KeyInputs,
  { arn, state }: KmsKeyFacts,
  former: readonly KeyVersion[],
): void {
  const days = inputs.deletionWindowInDays;
  const word = removalWord({ arn, lineage: id, version: inputs.version, state, days });
  if (word === undefined) return;
  if (isConfirmed(context.env("BYOK_CONFIRM"), word)) return;
  const others = former.length === 0 ? "" : ` (and ${former.length} former keys of it)`;
  throw new ByokError(
    "BYOK_CONFIRM_REQUIRED",
    `${arn}${others} would be deleted after ${days} days, sooner than the default of ${deletionWindow.default}.`,
    {
      hint: `To go on: BYOK_CONFIRM=${word} in the environment of the same command. To forget the key and keep it in AWS: pulumi state delete '${inputs.self ?? context.name}'.`,
    },
  );
}

async function deleteOwnAliases(
  context: LifecycleContext,
  kms: KmsPort,
  outputs: PlainRecord,
  present: readonly string[],
): Promise<void> {
  const recorded = textList(outputs["aliases"]);
  for (const alias of present.filter((name) => recorded.includes(name))) {
    context.mayProceed();
    context.log.progress(`deleting ${alias}`);
    await kms.deleteAlias(alias);
  }
}
