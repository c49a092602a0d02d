import { ByokError } from "../../model/errors";
import type { AzureImportRequest, PinnedWrappingKey } from "../../model/ports/azure-import";
import { wrappingKeyGroup } from "../../model/wrapping-key-trust";
import type { LifecycleContext } from "../contract";
import type { AzureKeyGoal } from "./azure-key-inputs";

/** @throws ByokError BYOK_AZURE_INVALID_STATE where the group's pin did not reach the key */
export function wrappingKeyFor(
  context: LifecycleContext,
  { wrappingKey, group, organization, self }: AzureKeyGoal,
): AzureImportRequest["wrappingKey"] {
  const { size: bits, lifetime } = group.kek;
  if (lifetime === "import") return { bits };
  if (wrappingKey === undefined)
    throw new ByokError("BYOK_AZURE_INVALID_STATE", `The group ${group.name} has no wrapping key.`, {
      hint: "Run pulumi up again: the group makes one.",
    });
  return {
    ...wrappingKey,
    ...{ bits, made: context.madeWrappingKeys.has(wrappingKey) },
    group: wrappingKeyGroup({ organization, self, name: group.name, vaultUrl: group.vaultUrl }),
  };
}

/** A token that does not know the group's wrapping key has one of its own, which costs what an HSM key costs. */
export function tellOfOther(
  context: LifecycleContext,
  { wrappingKey, group }: AzureKeyGoal,
  { id }: PinnedWrappingKey,
): void {
  if (wrappingKey === undefined || group.kek.lifetime === "import" || wrappingKey.id === id) return;
  context.log.info(
    `was imported under ${id}: the token does not remember that the wrapping key in the state of the group ${group.name} was made here, so the token has one of its own in this vault.`,
  );
}
