import { accepted, refused } from "../answers";
import type { CheckResult, PlainRecord } from "../contract";
import { azureKeyBackupInputs } from "../inputs/azure-key-backup-inputs";
import { pickDefined } from "../pick-defined";
import { validate } from "../validate";

const derivedNames = ["vaultUrl", "keyName", "version", "upToDate"];

/** Validates and derives; it reads neither file nor vault. `version` follows the key, so that a preview shows when a backup becomes due. */
export function checkBackup(olds: PlainRecord, news: PlainRecord): CheckResult {
  const validated = validate(azureKeyBackupInputs, news);
  if (validated.kind === "wrong") return refused(news, validated.failures);
  if (validated.kind === "unknown") return accepted({ ...pickDefined(olds, derivedNames), ...news });
  const inputs = validated.value;
  const { keyName, version, group } = inputs.key;
  return accepted({ ...inputs, vaultUrl: group.vaultUrl, keyName, version, upToDate: true });
}
