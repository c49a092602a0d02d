import { azureKeyTypeOf, type AzureKeyOperation } from "../../model/azure-key-type";
import type { DesiredAzureKey } from "../../model/azure-key-steps";
import { ByokError } from "../../model/errors";
import type { VaultRotationPolicy } from "../../model/ports/key-vault";
import { compromiseOf, materialMark } from "../aws-kms-key/key-material";
import type { PlainRecord } from "../contract";
import { azureKeyInputs } from "../inputs/azure-key-inputs";
import { isRecord } from "../is-record";
import { pickDefined } from "../pick-defined";

const complete = azureKeyInputs.required({
  name: true,
  vaultUrl: true,
  tenantId: true,
  owner: true,
  spec: true,
  version: true,
});

/** Checked inputs of a key, with everything that `check` derives. */
export type AzureKeyGoal = ReturnType<typeof complete.parse>;

/** Checked inputs as create, update, read and delete need them. */
export function parseAzureKey(record: PlainRecord): AzureKeyGoal {
  const parsed = complete.safeParse(azureKeyInputsIn(record));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ByokError(
    "BYOK_INTERNAL",
    `The recorded inputs of this key lack ${issue?.path.join(".") ?? "a property"}.`,
    {
      hint: "Run pulumi refresh, then pulumi up.",
    },
  );
}

/** The inputs within a record of inputs or outputs. */
export const azureKeyInputsIn = (record: PlainRecord): PlainRecord =>
  pickDefined(record, Object.keys(azureKeyInputs.shape));

/** The file of a backup that the inputs name. */
export const backupFileIn = ({ backup }: PlainRecord): string | undefined =>
  isRecord(backup) && typeof backup["file"] === "string" ? backup["file"] : undefined;

/** Those that outputs repeat: all but the text of a backup, which may be a secret. */
export function azureKeyInputsKept(record: PlainRecord): PlainRecord {
  const { backup: _backup, ...kept } = azureKeyInputsIn(record);
  const file = backupFileIn(record);
  return file === undefined ? kept : { ...kept, backup: { file } };
}

/** The operations that the key is to have: all that its type can, unless the program says otherwise. */
export const operationsOf = ({
  operations,
  spec,
}: Pick<AzureKeyGoal, "operations" | "spec">): readonly AzureKeyOperation[] =>
  operations ?? azureKeyTypeOf(spec)?.operations ?? [];

/** Of a file that was wrapped elsewhere there is nothing to compare but the public key that the program names. */
const provesMaterial = ({ material, expectedPublicKeySha256 }: AzureKeyGoal): boolean =>
  "byok" in material ? expectedPublicKeySha256 !== undefined : !("native" in material);

/**
 * What the inputs ask of the vault, for the resource of one lineage.
 *
 * @param policy - what Azure's rotation policy is to be; undefined where it is left alone
 */
export const desiredAzureKey = (
  inputs: AzureKeyGoal,
  lineage: string,
  policy?: VaultRotationPolicy,
): DesiredAzureKey => ({
  lineage,
  owner: inputs.owner,
  version: inputs.version,
  mark: materialMark(inputs),
  // Nobody is to use what others may have.
  enabled: compromiseOf(inputs.material) === undefined && (inputs.enabled ?? true),
  notBefore: inputs.notBefore,
  expiresOn: inputs.expiresOn,
  operations: operationsOf(inputs),
  tags: inputs.tags ?? {},
  afterRotation: inputs.afterRotation ?? "keep",
  brought: !("native" in inputs.material),
  proves: provesMaterial(inputs),
  policy,
});
