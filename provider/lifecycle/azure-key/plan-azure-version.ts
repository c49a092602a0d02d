import { dueRotation, type DueRotation } from "../../model/due-rotation";
import { compromiseOf, identityOf, nameOf } from "../aws-kms-key/key-material";
import type { LifecycleContext, PlainRecord } from "../contract";
import { azureKeyInputs, type AzureKeyInputs } from "../inputs/azure-key-inputs";
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
  const sourceVersion = "source" in material ? material.source.version : undefined;
  const held = heldIn(before);
  const due = dueRotation(
    {
      identity: identityOf({ material, materialIdentity: identity }),
      sourceVersion,
      follow: (inputs.follow ?? true) && compromiseOf(material) === undefined,
      trigger: inputs.rotationTrigger,
    },
    held,
  );
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
