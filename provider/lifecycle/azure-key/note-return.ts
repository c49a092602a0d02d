import { azureKeyId } from "../../model/azure-key-name";
import type { LifecycleContext } from "../contract";
import { noteStaying } from "../deletion-schedule/note-copies";
import type { AzureKeyGoal } from "./azure-key-inputs";

/** A key that is there again may need its material again: the token takes back the date that it noted for it. */
export async function noteReturn(context: LifecycleContext, { material, vaultUrl, name }: AzureKeyGoal): Promise<void> {
  if (!("source" in material)) return;
  await noteStaying(context, { arn: azureKeyId(vaultUrl, name), source: material.source });
}
