import { confirmationWord, isConfirmed } from "../../model/confirmation";
import { deletionWindow } from "../../model/deletion-window";
import { ByokError } from "../../model/errors";
import { ownershipTags } from "../../model/owner";
import type { KmsPort } from "../../model/ports/kms";
import { connectionOf } from "../connection-of";
import type { LifecycleContext, PlainRecord } from "../contract";
import { parseKeyInputs, type KeyInputs } from "./key-inputs";
import { observeKey } from "./observe-key";

/**
 * Deletes the aliases of this resource, then schedules the key's deletion: in this order, so that a run that dies in between
 * leaves a key that nobody finds by name but that still decrypts, and the next run goes on.
 */
export async function removeKey(context: LifecycleContext, id: string, outputs: PlainRecord): Promise<void> {
  const inputs = parseKeyInputs(outputs);
  const keyId = outputs["keyId"];
  if (typeof keyId !== "string") return;
  const kms = context.kms(connectionOf(inputs.group));
  const observed = await observeKey(kms, keyId);
  if (observed === undefined) return noteDeletion(context, inputs, outputs, undefined);
  const { facts } = observed;
  const lineage = observed.tags[ownershipTags.lineage];
  if (lineage !== id) {
    forgetTakenOver(context, facts.arn, lineage, id);
    return;
  }
  if (facts.state === "PendingDeletion") {
    context.log.info(
      `is already scheduled for deletion${facts.deletionDate === undefined ? "" : ` on ${facts.deletionDate.toISOString().slice(0, 10)}`}.`,
    );
    return noteDeletion(context, inputs, outputs, facts.deletionDate);
  }
  requireConfirmed(context, id, inputs, facts.arn, facts.state);
  await deleteOwnAliases(context, kms, outputs, observed.aliases);
  context.mayProceed();
  context.log.progress("scheduling the key's deletion");
  const date = await kms.scheduleDeletion(keyId, inputs.deletionWindowInDays);
  context.log.info(
    `AWS deletes ${facts.arn} on ${date.toISOString().slice(0, 10)}; until then kms:CancelKeyDeletion takes that back.`,
  );
  await noteDeletion(context, inputs, outputs, date);
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

function requireConfirmed(context: LifecycleContext, id: string, inputs: KeyInputs, arn: string, state: string): void {
  const days = inputs.deletionWindowInDays;
  if (days >= deletionWindow.default) return;
  const word = confirmationWord({
    operation: "schedule-deletion",
    cloudId: arn,
    lineage: id,
    version: inputs.version,
    state,
    deletion: `${days} days`,
  });
  if (isConfirmed(context.env("BYOK_CONFIRM"), word)) return;
  throw new ByokError(
    "BYOK_CONFIRM_REQUIRED",
    `${arn} would be deleted after ${days} days, sooner than the default of ${deletionWindow.default}.`,
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
  const recorded = Array.isArray(outputs["aliases"]) ? outputs["aliases"] : [];
  for (const alias of present.filter((name) => recorded.includes(name))) {
    context.mayProceed();
    context.log.progress(`deleting ${alias}`);
    await kms.deleteAlias(alias);
  }
}

/** The token remembers until when the copy can come back; a token that is not at hand only costs that memory. */
async function noteDeletion(
  context: LifecycleContext,
  inputs: KeyInputs,
  outputs: PlainRecord,
  date: Date | undefined,
): Promise<void> {
  const { source } = inputs.material;
  const arn = outputs["arn"];
  if (source.group.abilities?.storesLinks !== true || typeof arn !== "string") return;
  try {
    const version = { owner: source.owner, version: inputs.version };
    await context.custodian(source.group.token).noteDeletion(version, arn, date?.toISOString());
  } catch (error) {
    const { sentence } = ByokError.from(error, "Noting the deletion in the token");
    context.log.warn(
      `the token could not note that this copy goes: ${sentence} Its source key then cannot be destroyed by this package.`,
    );
  }
}
