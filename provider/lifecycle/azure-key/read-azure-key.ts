import { azureKeyId } from "../../model/azure-key-name";
import type { KeyVaultPort } from "../../model/ports/key-vault";
import { azureUserTags } from "../../model/azure-tags";
import { samePolicy, vaultPolicyOf } from "../../model/azure-rotation";
import { azureVersionsIn } from "../../model/azure-key-versions";
import { dayOf } from "../../model/deletion-consequence";
import { ownershipTags } from "../../model/owner";
import { azureConnectionOf } from "../azure-connection-of";
import { noteReturn, noteStillThere } from "./note-return";
import type { LifecycleContext, PlainRecord } from "../contract";
import { pickDefined } from "../pick-defined";
import { sameJson } from "../same-json";
import { deletedOutputs, destroyedOutputs, destroyedSentence, purgedOn } from "./absent-key";
import { azureKeyInputsIn, desiredAzureKey, parseAzureKey, type AzureKeyGoal } from "./azure-key-inputs";
import { policyAsked, policySentence } from "./keep-policy";
import { observeVersions, takenOverBy } from "./observe-versions";
import { recordAzureKey } from "./record-azure-key";

/** Looks at the key and tells every drift in words; the engine then shows the same as properties. */
export async function readAzureKey(
  context: LifecycleContext,
  id: string,
  outputs: PlainRecord,
): Promise<{ outputs: PlainRecord; inputs: PlainRecord } | undefined> {
  const recorded = parseAzureKey(outputs);
  const port = context.keyVault(azureConnectionOf(recorded.group));
  const known = azureVersionsIn(outputs);
  const policy = policyAsked(recorded, {});
  const asked = { lineage: id, owner: recorded.owner, known, policy };
  const first = await observeVersions(port, recorded.name, { ...asked, version: recorded.version });
  const other = takenOverBy(first, id, outputs);
  const keyId = azureKeyId(recorded.vaultUrl, recorded.name);
  if (other !== undefined) {
    context.log.warn(`drift: ${keyId} belongs to another resource now (lineage ${other}).`);
    return undefined;
  }
  if (first.own.length === 0) return readAbsent(context, port, id, outputs, recorded);
  await (outputs["keyState"] === "Deleted" ? noteReturn : noteStillThere)(context, recorded, known);
  const newest = first.own.at(-1)?.number ?? recorded.version;
  const inputs = newest > recorded.version ? { ...recorded, version: newest } : recorded;
  const observed =
    newest > recorded.version ? await observeVersions(port, recorded.name, { ...asked, version: newest }) : first;
  if (newest > recorded.version && policy !== undefined) context.log.info(policySentence(newest));
  else if (newest > recorded.version)
    context.log.warn(
      `drift: the key holds version ${newest} by now, and the state knew version ${recorded.version}; it goes on from version ${newest}.`,
    );
  for (const sentence of driftOf(outputs, observed)) context.log.warn(`drift: ${sentence}`);
  const { current } = observed;
  const told = { receipts: pickDefined(outputs, ["proof", "link", "wrapping"]), versions: known };
  const desired = desiredAzureKey(inputs, id);
  const found = recordAzureKey(inputs, observed, told, {
    ...desired,
    // What drifted shows as a difference of the property; pending says only what no property shows.
    ...(current === undefined
      ? {}
      : {
          enabled: current.enabled,
          notBefore: current.notBefore?.toISOString(),
          expiresOn: current.expiresOn?.toISOString(),
          tags: azureUserTags(current.tags),
          operations: desired.operations.filter((operation) => current.operations.includes(operation)),
        }),
  });
  return { outputs: found, inputs: azureKeyInputsIn(found) };
}

/** A soft-deleted key can be recovered, so it stays, and so does one that was purged at its date; else it is certainly gone, and can be made again. */
async function readAbsent(
  context: LifecycleContext,
  port: KeyVaultPort,
  id: string,
  outputs: PlainRecord,
  recorded: AzureKeyGoal,
): Promise<{ outputs: PlainRecord; inputs: PlainRecord } | undefined> {
  const deleted = await port.getDeleted(recorded.name);
  const keyId = azureKeyId(recorded.vaultUrl, recorded.name);
  const stays = (found: PlainRecord): { outputs: PlainRecord; inputs: PlainRecord } => ({
    outputs: found,
    inputs: azureKeyInputsIn(outputs),
  });
  if (deleted !== undefined && (deleted.tags[ownershipTags.lineage] ?? id) === id) {
    const known = outputs["keyState"] === "Deleted" ? "" : "drift: ";
    context.log.warn(
      `${known}${keyId} was deleted on ${dayOf(deleted.deletedOn)}; Azure purges it on ${dayOf(deleted.scheduledPurgeDate)}.`,
    );
    return stays(deletedOutputs(outputs, deleted));
  }
  const date = deleted === undefined ? await purgedOn(context, recorded, outputs) : undefined;
  if (date !== undefined) {
    context.log.warn(destroyedSentence(date));
    return stays(destroyedOutputs(outputs, date));
  }
  context.log.warn(`drift: ${keyId} does not exist any more.${whatComesBack(recorded)}`);
  return undefined;
}

function whatComesBack({ material }: AzureKeyGoal): string {
  if ("native" in material) return " Azure made its material, and nobody else has it.";
  if ("byok" in material)
    return ` The next pulumi up imports ${material.byok} again, if it is still there and the group still has its wrapping key.`;
  return " The next pulumi up imports the same material again.";
}

function driftOf(
  outputs: PlainRecord,
  { current, own, foreign, policy }: Awaited<ReturnType<typeof observeVersions>>,
): readonly string[] {
  const sentences: string[] = [];
  const rotation = parseAzureKey(outputs).rotation;
  if (rotation !== undefined && policy !== undefined && !samePolicy(vaultPolicyOf(rotation), policy))
    sentences.push("Azure's rotation policy of the key was changed.");
  if (current === undefined) {
    sentences.push(`version ${String(outputs["version"])} does not exist any more; the next pulumi up makes it again.`);
    return sentences;
  }
  if (current.enabled !== outputs["enabled"])
    sentences.push(`the newest version is ${current.enabled ? "enabled" : "disabled"}.`);
  if (!sameJson(azureUserTags(current.tags), outputs["tags"] ?? {})) sentences.push("the tags were changed.");
  const newestForeign = foreign.at(-1);
  const newestOwn = own.at(-1);
  if (newestForeign !== undefined && newestOwn !== undefined && newestForeign.createdOn > newestOwn.facts.createdOn)
    sentences.push(
      `version ${newestForeign.version} was made by somebody else, and callers that name no version use it. Disable it in Azure, or adopt it.`,
    );
  return sentences;
}
