import { z } from "zod";
import { ByokError } from "../../model/errors";
import type { AzureImportRequest, PinnedWrappingKey } from "../../model/ports/azure-import";
import { wrappingKeyGroup } from "../../model/wrapping-key-trust";
import { groupOf } from "../aws-kms-key/key-material";
import type { LifecycleContext, PlainRecord } from "../contract";
import { azureKeyInputs } from "../inputs/azure-key-inputs";
import { pinnedWrappingKeySchema } from "../inputs/azure-shapes";
import { azureKeyInputsIn, type AzureKeyGoal } from "./azure-key-inputs";
import { travelsInClear } from "./check-clear-import";

/** @throws ByokError BYOK_AZURE_INVALID_STATE where the group's pin did not reach the key */
export function wrappingKeyFor(
  context: LifecycleContext,
  { wrappingKey, group, organization, self, material }: AzureKeyGoal,
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
    remembers: groupOf(material)?.abilities?.storesLinks === true,
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

const recorded = z.object({
  wrappingKey: pinnedWrappingKeySchema.optional(),
  wrapping: z.object({ wrappingKey: z.object({ id: z.string(), rememberedBy: z.string().optional() }) }).optional(),
});

/** Says in a preview what {@link tellOfOther} tells afterwards, as far as the state lets one know: only the token knows for certain. */
export function foretellOther(context: LifecycleContext, olds: PlainRecord, news: PlainRecord): void {
  // A wrapping key that is not known yet is made in the same run, which the token then remembers.
  const { data: inputs } = azureKeyInputs.safeParse(azureKeyInputsIn(news));
  if (inputs?.wrappingKey === undefined || inputs.group.kek.lifetime === "import") return;
  const abilities = groupOf(inputs.material)?.abilities;
  if (abilities === undefined || !abilities.storesLinks || travelsInClear(inputs)) return;
  const before = recorded.safeParse(olds).data;
  const used = before?.wrapping?.wrappingKey;
  const { id } = inputs.wrappingKey;
  // Under one of its own, the token goes on as long as the group's stays the same.
  const isKnown = used?.rememberedBy === "token" && (used.id === id || before?.wrappingKey?.id === id);
  if (isKnown) return;
  context.log.info(
    `may make a wrapping key of the token's own in ${inputs.group.vaultUrl} (Azure bills HSM keys): the state does not say that the token remembers the one of the group ${inputs.group.name}.`,
  );
}
