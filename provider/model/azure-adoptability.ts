import type { AzureTier } from "./azure-connection";
import type { AzureInventoryRecord } from "./azure-inventory";
import { azureKeyOperations, azureKeyTypeOf } from "./azure-key-type";
import { azureTagFaults, azureUserTags } from "./azure-tags";
import { keySpecFacts, keySpecs, type KeySpec } from "./key-spec";

/** The key type of a listed key, as this package names it; undefined where it has no name for it. */
export function specOfListed({ kty, curve, bits }: AzureInventoryRecord): KeySpec | undefined {
  const base = kty?.replace(/-HSM$/, "");
  return keySpecs.find((spec) => {
    const facts = azureKeyTypeOf(spec);
    if (facts === undefined || facts.kty !== base) return false;
    // Azure does not tell the length of an oct key.
    return facts.kty === "oct" || (facts.kty === "EC" ? facts.curve === curve : keySpecFacts[spec].bits === bits);
  });
}

/** Why `AzureKey` cannot adopt a listed key, in words; undefined where it can. */
export function azureAdoptionObstacle(record: AzureInventoryRecord, tier: AzureTier): string | undefined {
  const { managedBy, resource, goneSince, state, wrappingKey, kty, operations = [], versions, denied, tags } = record;
  if (goneSince !== undefined) return `it is gone since ${goneSince}.`;
  if (wrappingKey === true)
    return "it is a wrapping key, made by a group for its imports; another one is made where it is missing.";
  if (managedBy === "this stack") return `this stack manages it already, as ${resource ?? "one of its resources"}.`;
  if (managedBy === "a certificate") return "Key Vault made it for a certificate, and changes it with that.";
  if (state === "Deleted")
    return `it is soft-deleted, and Azure lists no version of it. Recover it (az keyvault key recover), and list again.`;
  if (kty === undefined || versions.length === 0) return `the caller may not read it: ${denied?.join(", ") ?? "get"}.`;
  if (specOfListed(record) === undefined)
    return `it is of type ${typeWords(record)}, which this package does not make.`;
  if (kty.startsWith("oct") && tier !== "managed-hsm") return `it is of type ${kty}, which only a Managed HSM holds.`;
  const strange = operations.filter((operation) => !azureKeyOperations.some((known) => known === operation));
  if (strange.length > 0 || operations.length === 0)
    return `it is for ${operations.join(", ") || "no operation"}, and a key of this package can have ${azureKeyOperations.join(", ")}.`;
  const [fault] = azureTagFaults(azureUserTags(tags ?? {}));
  return fault === undefined ? undefined : `its tags leave no room for ours: ${fault.reason}`;
}

const typeWords = ({ kty = "", curve, bits }: AzureInventoryRecord): string =>
  [kty, curve, bits].filter((part) => part !== undefined).join(" ");
