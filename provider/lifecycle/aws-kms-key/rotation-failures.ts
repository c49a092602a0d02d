import type { DueRotation } from "../../model/due-rotation";
import { keySpecFacts } from "../../model/key-spec";
import type { CheckFailure, PlainRecord } from "../contract";
import { awsKmsKeyInputs, type AwsKmsKeyInputs } from "../inputs/aws-kms-key-inputs";
import { sameJson } from "../same-json";
import { textList } from "../text-list";
import { nameOf, propertyOf, specOf } from "./key-material";
import { recordedReplicas } from "./replicas/recorded-replicas";
import { rotationSettings } from "./rotation-settings";
import { staysDisabled } from "./stays-disabled";

/** What a rotation that this run would do, or one that is to come, runs into. */
export function rotationFailures(
  inputs: AwsKmsKeyInputs,
  before: PlainRecord,
  due: DueRotation,
  isGone: boolean,
): readonly CheckFailure[] {
  if (due.reason === "first" || due.reason === "none") return [];
  const { rotationMode } = rotationSettings(inputs);
  const failures: CheckFailure[] = [];
  if (isGone && due.reason === "trigger") {
    failures.push({
      property: "material.file",
      reason: `is gone, and ${causeOf(inputs, due)}: the new KMS key would have nothing to import. Bring the file back. ${wayOut(inputs, due)}`,
    });
  }
  failures.push(...unacknowledged(inputs, before, { cause: causeOf(inputs, due), wayOut: wayOut(inputs, due) }));
  if (rotationMode === "in-place") failures.push(...inPlaceFailures(inputs, before, due));
  if (before["materialState"] === "deleted" && inputs.materialState !== "deleted" && due.reason === "material") {
    failures.push({
      property: propertyOf(inputs.material),
      reason: `is other material than the one that was deleted: AWS takes back the same and no other. Name what was imported first; once the key has that again, the material may change.`,
    });
  }
  if (inputs.materialState === "deleted") {
    failures.push({
      property: "materialState",
      reason: `is "deleted", and ${causeOf(inputs, due)}: a key gets its own material back before it is rotated. Set it to "imported" first.`,
    });
  }
  return failures;
}

/** What the rotations of a schedule will run into: said when the schedule is written down, not on the day. */
export function scheduleFailures(inputs: AwsKmsKeyInputs, before: PlainRecord): readonly CheckFailure[] {
  if (inputs.rotation === undefined) return [];
  const reason = "schedule";
  return unacknowledged(inputs, before, {
    cause: `the key is rotated every ${inputs.rotation.every}${scheduleOfGroup(inputs)}`,
    wayOut: wayOut(inputs, { reason }),
  });
}

/** An alias of an asymmetric or HMAC key that moves breaks its callers. */
function unacknowledged(
  inputs: AwsKmsKeyInputs,
  before: PlainRecord,
  { cause, wayOut: out }: { readonly cause: string; readonly wayOut: string },
): readonly CheckFailure[] {
  const aliases = [
    ...(inputs.aliases ?? textList(before["aliases"])),
    ...recordedReplicas(inputs).flatMap(({ record }) => textList(record["aliases"])),
  ];
  if (specOf(inputs.material) === "AES_256" || aliases.length === 0 || rotationSettings(inputs).acknowledgeOldOutputs)
    return [];
  return [
    {
      property: "acknowledgeOldOutputs",
      reason:
        `${cause}, and ${aliases.join(", ")} would move to the new key: ${brokenByMove(inputs, before)} ` +
        `Callers that name the former key's ARN are not affected. Once they do: acknowledgeOldOutputs: true. ${out}`,
    },
  ];
}

function inPlaceFailures(inputs: AwsKmsKeyInputs, before: PlainRecord, due: DueRotation): readonly CheckFailure[] {
  const { material } = inputs;
  if (due.reason === "material") {
    return [
      {
        property: "rotationMode",
        reason:
          `"in-place" adds the next version of the same source key to the KMS key, and this is other material (${nameOf(material)}): it takes a new KMS key, because every material of a key must ` +
          `be importable again for as long as the key lives. Set rotationMode: "new-key" for this change; the aliases move once the new key is ready.`,
      },
    ];
  }
  if (due.reason === "trigger" && "file" in material) {
    return [
      {
        property: "rotationMode",
        reason: `"in-place" needs other material, and ${nameOf(material)} holds the same as before. Hand over another file, or set rotationMode: "new-key".`,
      },
    ];
  }
  if (staysDisabled(inputs, before)) {
    const found = inputs.enabled === undefined ? "was found disabled and stays so" : "has enabled: false";
    const enable = inputs.enabled === undefined ? "Write enabled: true" : "Enable it";
    return [
      {
        property: "rotationMode",
        reason: `AWS rotates only an enabled key in place, and this one ${found}. ${enable}, or set rotationMode: "new-key"${due.reason === "source" ? " or follow: false" : ""}.`,
      },
    ];
  }
  return [];
}

/** Why the rotation is due. */
function causeOf(inputs: AwsKmsKeyInputs, { reason }: DueRotation): string {
  const { material, group } = inputs;
  if (reason === "source" && "source" in material)
    return `${material.source.name} is rotated to version ${material.source.version}`;
  if (reason === "material") return `the material changes to that of ${nameOf(material)}`;
  if (reason === "schedule") return `a rotation is due by its schedule${scheduleOfGroup(inputs)}`;
  return reason === "group"
    ? `rotateAllTrigger of ${group.name} has another value`
    : "rotationTrigger has another value";
}

function wayOut(inputs: AwsKmsKeyInputs, { reason }: Pick<DueRotation, "reason">): string {
  if (reason === "source") return "To stay with the present version: follow: false.";
  if (reason === "schedule")
    return scheduleOfGroup(inputs) === ""
      ? "To stay with the present key: leave rotation out."
      : "To stay with the present key: use a group whose template has no rotation.";
  const what = reason === "material" ? "material" : reason === "group" ? "rotateAllTrigger" : "rotationTrigger";
  return `To stay with the present key: leave ${what} as it was.`;
}

/** Says so where the schedule is the one that the group has for all its keys. */
const scheduleOfGroup = ({ rotation, group: { name, template } }: AwsKmsKeyInputs): string =>
  template?.rotation !== undefined && sameJson(rotation, template.rotation) ? ` (template.rotation of ${name})` : "";

const usageOf = (record: PlainRecord): AwsKmsKeyInputs["usage"] =>
  awsKmsKeyInputs.shape.usage.safeParse(record["usage"]).data;

/** What callers that name the alias can no longer do with what the former key made. */
function brokenByMove(inputs: AwsKmsKeyInputs, before: PlainRecord): string {
  switch (inputs.usage ?? usageOf(before) ?? keySpecFacts[specOf(inputs.material)].awsUsages[0]) {
    case "SIGN_VERIFY":
      return "signatures of the former key do not verify by that name, and its public key is another one.";
    case "GENERATE_VERIFY_MAC":
      return "MACs of the former key do not verify by that name.";
    case "KEY_AGREEMENT":
      return "shared secrets that were agreed with the former public key are not derived by that name.";
    default:
      return "ciphertext of the former key does not decrypt by that name, and its public key is another one.";
  }
}
