import { dueRotation, type DueRotation, type WantedMaterial } from "../../model/due-rotation";
import { compromiseOf, identityOf, nameOf } from "../aws-kms-key/key-material";
import type { LifecycleContext, PlainRecord } from "../contract";
import { azureKeyInputs, type AzureKeyInputs } from "../inputs/azure-key-inputs";
import { azureKeyInputsIn } from "./azure-key-inputs";
import { azureMaterialIn } from "./byok-material";

const { version, versionOffset, materialIdentity, rotationTrigger } = azureKeyInputs.shape;

/**
 * The version that the key is to have, and why.
 *
 * @param before - inputs of the key in its present place; empty where there is none
 * @param identity - tells one content of a file from another
 */
export function planAzureVersion(
  context: LifecycleContext,
  inputs: AzureKeyInputs,
  before: PlainRecord,
  identity: string | undefined,
): DueRotation {
  const { material } = inputs;
  const sourceVersion = sourceVersionOf(inputs);
  const held = heldIn(before);
  const due = dueRotation(wantedBy(inputs, identity), held);
  if (
    held !== undefined &&
    due.reason === "none" &&
    sourceVersion !== undefined &&
    sourceVersion + due.offset < held.version
  )
    context.log.warn(
      `holds version ${held.version - due.offset} of ${nameOf(material)}, and the source key's state knows version ${sourceVersion} only; nothing goes back. Run pulumi refresh.`,
    );
  return due;
}

/**
 * Checked inputs with the version that is due as the outputs know it. `check` plans from the inputs of the last run that succeeded; a run that failed, or that
 * went past a number which other material had taken, left the key ahead of those. What Azure makes by its own policy counts in another way.
 *
 * @param olds - outputs
 * @param news - checked inputs, as they are where something in them is not known yet
 */
export function plannedFromOutputs(olds: PlainRecord, news: PlainRecord): PlainRecord {
  const held = heldIn(olds);
  const planned = version.safeParse(news["version"]).data;
  const { data } = azureKeyInputs.safeParse(azureKeyInputsIn(news));
  if (held === undefined || planned === undefined || data === undefined) return news;
  // Where the vault has no version of that number, the one that was planned may have it.
  if (planned > held.version || olds["keyState"] === "Missing") return news;
  if ("native" in data.material && held.identity === identityOf({ material: data.material })) return news;
  const due = dueRotation(wantedBy(data, data.materialIdentity), held);
  return { ...news, version: due.version, versionOffset: due.offset === 0 ? undefined : due.offset };
}

const sourceVersionOf = ({ material }: AzureKeyInputs): number | undefined =>
  "source" in material ? material.source.version : undefined;

const wantedBy = (inputs: AzureKeyInputs, materialIdentity: string | undefined): WantedMaterial => ({
  identity: identityOf({ ...inputs, materialIdentity }),
  sourceVersion: sourceVersionOf(inputs),
  follow: (inputs.follow ?? true) && compromiseOf(inputs.material) === undefined,
  trigger: inputs.rotationTrigger,
});

function heldIn(before: PlainRecord): Parameters<typeof dueRotation>[1] {
  const number = version.safeParse(before["version"]).data;
  const material = azureMaterialIn(before);
  if (number === undefined || material === undefined) return undefined;
  return {
    identity: identityOf({ material, materialIdentity: materialIdentity.safeParse(before["materialIdentity"]).data }),
    version: number,
    offset: versionOffset.safeParse(before["versionOffset"]).data ?? 0,
    trigger: rotationTrigger.safeParse(before["rotationTrigger"]).data,
  };
}
