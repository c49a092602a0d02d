import { azureKeyOperations } from "../../model/azure-key-type";
import { azureUserTags } from "../../model/azure-tags";
import type { KeyVaultPort, VaultKeyFacts } from "../../model/ports/key-vault";
import type { PlainRecord } from "../contract";
import { requireFitting } from "./adopt-version";
import { parseAzureKey, type AzureKeyGoal } from "./azure-key-inputs";

const settings = ["operations", "tags", "enabled", "notBefore", "expiresOn"] as const;

/** An adopted key keeps as it was found what its program does not name; of any other key the record stays as it is. */
export function asFound(record: PlainRecord, found: PlainRecord): PlainRecord {
  if (record["adopted"] !== true) return record;
  const open = settings.filter(
    (name) =>
      record[name] === undefined &&
      found[name] !== undefined &&
      // A rotation policy gives each version a date of its own.
      (name !== "expiresOn" || record["expiryByPolicy"] !== true),
  );
  return open.length === 0 ? record : { ...record, ...Object.fromEntries(open.map((name) => [name, found[name]])) };
}

/**
 * The goal of an adoption whose key could not be read beforehand, because it was soft-deleted.
 *
 * @param keyVersion - Azure's name of the version, which shows by now
 * @throws ByokError BYOK_ADOPT_REFUSED where the recovered key is none of the material's type
 */
export async function adoptedGoal(port: KeyVaultPort, inputs: AzureKeyGoal, keyVersion: string): Promise<AzureKeyGoal> {
  if (inputs.operations !== undefined && inputs.tags !== undefined && inputs.enabled !== undefined) return inputs;
  const key = await port.getKey(inputs.name, keyVersion);
  if (key === undefined) return inputs;
  requireFitting(inputs, key);
  return parseAzureKey(asFound(inputs, settingsOf(key)));
}

const settingsOf = (key: VaultKeyFacts): PlainRecord => ({
  operations: azureKeyOperations.filter((operation) => key.operations.includes(operation)),
  tags: azureUserTags(key.tags),
  enabled: key.enabled,
  notBefore: key.notBefore?.toISOString(),
  expiresOn: key.expiresOn?.toISOString(),
});
