import { isConfirmed } from "../../model/confirmation";
import { deletionWindow } from "../../model/deletion-window";
import { ByokError } from "../../model/errors";
import { ownershipTags } from "../../model/owner";
import type { ObservedKey } from "../../model/aws-key-steps";
import { formerKeys, keyVersionsIn, materialsOf, type KeyVersion } from "../../model/key-versions";
import type { KmsKeyFacts, KmsPort } from "../../model/ports/kms";
import { connectionOf } from "../connection-of";
import type { LifecycleContext, PlainRecord } from "../contract";
import { textList } from "../text-list";
import { parseKeyInputs, type KeyInputs } from "./key-inputs";
import { noteDeletion } from "./note-deletion";
import { observeKey } from "./observe-key";
import { removalWord } from "./removal-word";

/**
 * Lets the key of every version go, the newest last: deletes the aliases of this resource, then schedules the key's deletion. In this order a run
 * that dies in between leaves a key that nobody finds by name but that still decrypts, and the next run goes on.
 */
export async function removeKey(context: LifecycleContext, id: string, outputs: PlainRecord): Promise<void> {
  const inputs = parseKeyInputs(outputs);
  const keyId = outputs["keyId"];
  if (typeof keyId !== "string") return;
  const kms = context.kms(connectionOf(inputs.group));
  const recorded = keyVersionsIn(outputs);
  const former = formerKeys(recorded, keyId);
  const newest = await observeKey(kms, keyId);
  if (newest !== undefined && newest.tags[ownershipTags.lineage] === id && newest.facts.state !== "PendingDeletion") {
    requireConfirmed(context, id, inputs, newest.facts, former);
  }
  const removal: Removal = { context, kms, id, inputs, outputs, versions: recorded };
  for (const formerId of new Set(former.map((version) => version.keyId))) {
    await removeOne(removal, formerId, await observeKey(kms, formerId));
  }
  await removeOne(removal, keyId, newest);
}

interface Removal {
  readonly context: LifecycleContext;
  readonly kms: KmsPort;
  readonly id: string;
  readonly inputs: KeyInputs;
  readonly outputs: PlainRecord;
  readonly versions: readonly KeyVersion[];
}

async function removeOne(removal: Removal, keyId: string, observed: ObservedKey | undefined): Promise<void> {
  const { context, kms, id, inputs, outputs } = removal;
  if (observed === undefined) return noteGoing(removal, keyId, undefined);
  const { facts } = observed;
  const lineage = observed.tags[ownershipTags.lineage];
  if (lineage !== id) {
    forgetTakenOver(context, facts.arn, lineage, id);
    return;
  }
  if (facts.state === "PendingDeletion") {
    const date = facts.deletionDate === undefined ? "" : ` on ${facts.deletionDate.toISOString().slice(0, 10)}`;
    context.log.info(`${facts.arn} is already scheduled for deletion${date}.`);
    return noteGoing(removal, keyId, facts.deletionDate);
  }
  await deleteOwnAliases(context, kms, outputs, observed.aliases);
  context.mayProceed();
  context.log.progress("scheduling the key's deletion");
  const date = await kms.scheduleDeletion(keyId, inputs.deletionWindowInDays);
  context.log.info(
    `AWS deletes ${facts.arn} on ${date.toISOString().slice(0, 10)}; until then kms:CancelKeyDeletion takes that back.`,
  );
  await noteGoing(removal, keyId, date);
}

/** The token remembers it of every version that the KMS key holds. */
async function noteGoing(removal: Removal, keyId: string, date: Date | undefined): Promise<void> {
  const { context, inputs, outputs, versions } = removal;
  const held = materialsOf(versions, keyId);
  const arn = outputs["arn"];
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
