import { azureKeyId } from "../../model/azure-key-name";
import { ByokError } from "../../model/errors";
import { restorableIn, type BackedUpVersion } from "../../model/key-backup";
import type { PlainRecord } from "../contract";
import { backupInputNames, checkedBackupInputs, type CheckedBackupInputs } from "../inputs/azure-key-backup-inputs";
import { pickDefined } from "../pick-defined";

/** The inputs within a record of inputs or outputs. */
export const backupInputsIn = (record: PlainRecord): PlainRecord => pickDefined(record, backupInputNames);

/** Checked inputs as create, update, read and delete need them. */
export function parseBackup(record: PlainRecord): CheckedBackupInputs {
  const parsed = checkedBackupInputs.safeParse(backupInputsIn(record));
  if (parsed.success) return parsed.data;
  const lacking = parsed.error.issues[0]?.path.join(".") ?? "a property";
  throw new ByokError("BYOK_INTERNAL", `The recorded inputs of this backup lack ${lacking}.`, {
    hint: "Run pulumi refresh, then pulumi up.",
  });
}

/** A backup that was made. */
export interface MadeBackup {
  readonly versions: readonly BackedUpVersion[];
  readonly sha256: string;
  /** ISO 8601. */
  readonly backedUpAt: string;
  /** Base64; only where it is no file. The host marks it as a secret. */
  readonly blob?: string | undefined;
}

/** Outputs of a backup. */
export const recordBackup = (inputs: CheckedBackupInputs, made: MadeBackup): PlainRecord => ({
  ...backupInputsIn(inputs),
  keyId: azureKeyId(inputs.vaultUrl, inputs.keyName),
  covers: made.versions,
  sha256: made.sha256,
  backedUpAt: made.backedUpAt,
  restorableIn: restorableIn(inputs.vaultUrl, inputs.key.group.tier),
  ...(made.blob === undefined ? {} : { blob: made.blob }),
  pending: [],
});
