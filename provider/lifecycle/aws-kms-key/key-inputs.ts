import { basename } from "node:path";
import { ByokError } from "../../model/errors";
import { keySpecFacts } from "../../model/key-spec";
import { ownershipOf, type DesiredKey } from "../../model/aws-key-steps";
import type { PlainRecord } from "../contract";
import { materialMark } from "./key-material";
import { pickDefined } from "../pick-defined";
import { nextOfSchedule } from "../plan-schedule";
import { remembered } from "../remembered";
import { awsKmsKeyInputs } from "../inputs/aws-kms-key-inputs";
import type { KeyMaterialInputs } from "../inputs/key-material";
import { replicaInputs } from "../inputs/replica-inputs";
import { isRecord } from "../is-record";

const complete = awsKmsKeyInputs.required({
  account: true,
  region: true,
  owner: true,
  spec: true,
  version: true,
  usage: true,
});

/** Checked inputs of a key, with everything that `check` derives. */
export type KeyInputs = ReturnType<typeof complete.parse> & {
  /** Of a replica: the owner hash of its key, under which the token keeps material from a file once for all Regions. Stands in no state. */
  readonly keptUnder?: string;
};

/** Checked inputs as create, update, read and delete need them. */
export function parseKeyInputs(record: PlainRecord): KeyInputs {
  const parsed = complete.safeParse(keyInputsIn(record));
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
export function keyInputsIn(record: PlainRecord): PlainRecord {
  const inputs = pickDefined(record, Object.keys(awsKmsKeyInputs.shape));
  const { replicas } = inputs;
  if (!Array.isArray(replicas)) return inputs;
  const names = Object.keys(replicaInputs.shape);
  return {
    ...inputs,
    replicas: replicas.map((replica: unknown) => (isRecord(replica) ? pickDefined(replica, names) : replica)),
  };
}

/** Outputs after an update that had nothing to do but to remember: replicas stay as they were observed. */
export const rememberedWith = (olds: PlainRecord, inputs: KeyInputs): PlainRecord => ({
  ...remembered(olds, keyInputsIn(inputs), Object.keys(awsKmsKeyInputs.shape)),
  ...pickDefined(olds, ["replicas"]),
  nextRotation: nextOfSchedule(inputs),
});

/** What the inputs ask of the KMS key of one lineage. */
export const desiredKey = (inputs: KeyInputs, lineage: string): DesiredKey => ({
  description: inputs.description,
  policy: inputs.policy,
  tags: inputs.tags,
  aliases: inputs.aliases ?? [],
  enabled: inputs.enabled ?? true,
  validTo: inputs.validTo,
  withoutMaterial: inputs.materialState === "deleted",
  native: "native" in inputs.material,
  ownership: ownershipOf(lineage, inputs.owner, inputs.version, materialMark(inputs)),
});

/** A key's description names where its material comes from. */
export function defaultDescription(material: KeyMaterialInputs): string {
  if ("source" in material) return `Copied from ${material.source.name} by pulumi-byok`;
  return "file" in material
    ? `Imported from ${basename(material.file)} by pulumi-byok`
    : "Made by AWS, kept by pulumi-byok";
}

/** KeySpec of CreateKey. */
export const awsSpecOf = (inputs: KeyInputs): (typeof keySpecFacts)[keyof typeof keySpecFacts]["aws"] =>
  keySpecFacts[inputs.spec].aws;
