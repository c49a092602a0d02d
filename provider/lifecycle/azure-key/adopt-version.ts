import { azureKeyOperations, azureKeyTypeOf } from "../../model/azure-key-type";
import { sameKeyName } from "../../model/azure-key-name";
import { azureUserTags } from "../../model/azure-tags";
import { ByokError } from "../../model/errors";
import { keySpecFacts } from "../../model/key-spec";
import { ownershipTags } from "../../model/owner";
import type { VaultKeyFacts } from "../../model/ports/key-vault";
import { azureConnectionOf } from "../azure-connection-of";
import { specOf } from "../aws-kms-key/key-material";
import type { LifecycleContext, PlainRecord } from "../contract";
import type { AzureKeyInputs } from "../inputs/azure-key-inputs";

/** Splits the id of a version. */
export function partsOfId(id: string): {
  readonly vaultUrl: string;
  readonly name: string;
  readonly keyVersion: string;
} {
  const { origin, pathname } = new URL(id);
  const [, , name = "", keyVersion = ""] = pathname.split("/");
  return { vaultUrl: origin, name, keyVersion };
}

/**
 * Reads the version that is to be adopted and fills in what the program does not name, so that the preview shows that nothing changes.
 *
 * @throws ByokError BYOK_ADOPT_REFUSED, BYOK_AZURE_*
 */
export async function findAdoptedVersion(
  context: LifecycleContext,
  inputs: AzureKeyInputs,
  derived: PlainRecord & { readonly name: string; readonly vaultUrl: string },
): Promise<PlainRecord> {
  const { id, recover = false } = inputs.adopt ?? { id: "" };
  const { vaultUrl, name, keyVersion } = partsOfId(id);
  if (vaultUrl !== derived.vaultUrl || !sameKeyName(name, derived.name))
    refuse(
      `names ${name} in ${vaultUrl}, and this resource is ${derived.name} in ${derived.vaultUrl}.`,
      "Correct adopt.id, name or group.",
    );
  const port = context.keyVault(azureConnectionOf(inputs.group));
  const key = await port.getKey(name, keyVersion);
  if (key === undefined) {
    const deleted = await port.getDeleted(name);
    if (deleted !== undefined && recover) {
      context.log.warn(
        `adopts ${id}, and recovers it: Azure would have purged it on ${deleted.scheduledPurgeDate.toISOString().slice(0, 10)}.`,
      );
      return derived;
    }
    return refuse(
      deleted === undefined ? `there is no ${id}.` : `${id} is soft-deleted.`,
      deleted === undefined ? "Correct adopt.id." : "To recover it, add adopt.recover: true.",
    );
  }
  requireFitting(inputs, key);
  context.log.info(
    `adopts ${id}, changes nothing of it but its tags ${ownershipTags.lineage}, ${ownershipTags.owner} and ${ownershipTags.version}.`,
  );
  return {
    ...derived,
    operations: inputs.operations ?? key.operations,
    tags: inputs.tags ?? azureUserTags(key.tags),
    enabled: derived["enabled"] ?? key.enabled,
    ...(inputs.notBefore === undefined && key.notBefore !== undefined
      ? { notBefore: key.notBefore.toISOString() }
      : {}),
    ...(inputs.expiresOn === undefined && key.expiresOn !== undefined && derived["expiryByPolicy"] !== true
      ? { expiresOn: key.expiresOn.toISOString() }
      : {}),
  };
}

/** A key of another type can never hold the material. @throws ByokError BYOK_ADOPT_REFUSED */
export function requireFitting(
  { material, protection }: Pick<AzureKeyInputs, "material" | "protection">,
  key: VaultKeyFacts,
): void {
  const spec = specOf(material);
  const facts = azureKeyTypeOf(spec);
  const kty = `${facts?.kty ?? ""}${protection === "hsm" ? "-HSM" : ""}`;
  const strange = key.operations.filter((operation) => !azureKeyOperations.some((known) => known === operation));
  if (strange.length > 0 || key.operations.length === 0)
    refuse(
      `${key.id} is for ${key.operations.join(", ") || "no operation"}, and a key of this resource can have ${azureKeyOperations.join(", ")}.`,
      "Adopt another key.",
    );
  if (key.kty !== kty)
    refuse(`${key.id} is of type ${key.kty}, and this resource is ${kty}.`, "Correct material or protection.");
  if (facts?.curve !== key.curve || (facts?.kty === "RSA" && keySpecFacts[spec].bits !== key.bits))
    refuse(
      `${key.id} is ${key.curve ?? `RSA of ${String(key.bits)} bits`}, and the material is ${spec}.`,
      "Correct material.",
    );
}

function refuse(message: string, hint: string): never {
  throw new ByokError("BYOK_ADOPT_REFUSED", message, { property: "adopt.id", hint });
}
