import { momentOf } from "../../model/moment";
import { azureKeyTypeOf, refuseAzureKey } from "../../model/azure-key-type";
import { azureRotationFaults } from "../../model/azure-rotation";
import { refuseAzureWrapping } from "../../model/azure-wrapping";
import { fileFailures } from "../aws-kms-key/check-material";
import { groupOf, propertyOf, specOf } from "../aws-kms-key/key-material";
import type { CheckFailure, PlainRecord } from "../contract";
import type { AzureKeyInputs } from "../inputs/azure-key-inputs";
import { clearImportFailures } from "./check-clear-import";

/** What does not go together with the origin of the material. */
export function materialFailures(
  { material, rotation, rotationTrigger: trigger, adopt, backup }: AzureKeyInputs,
  program: PlainRecord,
): readonly CheckFailure[] {
  const failures: CheckFailure[] = [];
  if (!("source" in material) && program["follow"] !== undefined)
    failures.push({
      property: "follow",
      reason: "is for keys that copy a source key; this one is rotated by its rotationTrigger. Remove it.",
    });
  if (!("native" in material) && rotation !== undefined)
    failures.push({
      property: "rotation",
      reason:
        "source" in material
          ? `is for keys that Azure makes (material: { native: true, spec }). A copy is rotated with its source: set rotation on ${material.source.name}.`
          : `is for keys that Azure makes (material: { native: true, spec }). Material from a file is rotated by its rotationTrigger${"byok" in material ? ", or by another file" : ""}.`,
    });
  if ("source" in material) {
    const { name, operations } = material.source;
    if (trigger !== undefined)
      failures.push({
        property: "rotationTrigger",
        reason: `is for material from a file or of Azure. A copy is rotated with its source: set rotationTrigger on ${name}.`,
      });
    if (operations !== undefined)
      failures.push({
        property: "material.source",
        reason: `${name} is a key-encryption key (operations: ["unwrap"]), and such a key never leaves its token. Copy another SourceKey.`,
      });
  }
  if (adopt !== undefined && backup !== undefined)
    failures.push({
      property: "backup",
      reason: "brings back a key of this resource, and adopt takes over one that exists. Remove one of them.",
    });
  return "file" in material ? [...failures, ...fileFailures(material)] : failures;
}

/** What the vault, the group and the token can do. */
export function ruleFailures(inputs: AzureKeyInputs, before: PlainRecord, now: Date): readonly CheckFailure[] {
  const { material, protection, group, operations } = inputs;
  const spec = specOf(material);
  const failures: CheckFailure[] = [];
  const refusal = refuseAzureKey(spec, group.tier, protection);
  if (refusal !== undefined)
    return [
      { property: refusal.property === "material" ? propertyOf(material) : refusal.property, reason: refusal.reason },
    ];
  failures.push(...clearImportFailures(inputs));
  const possible = azureKeyTypeOf(spec)?.operations ?? [];
  const impossible = (operations ?? []).filter((operation) => !possible.includes(operation));
  if (impossible.length > 0)
    failures.push({
      property: "operations",
      reason: `${impossible.join(", ")} cannot be done with ${spec}. It can ${possible.join(", ")}.`,
    });
  failures.push(...dateFailures(inputs, before, now), ...rotationFailures(inputs), ...groupFailures(inputs));
  const source = groupOf(material);
  const unwrappable =
    source?.abilities === undefined
      ? undefined
      : refuseAzureWrapping(
          spec,
          source.abilities,
          source.identity === undefined ? undefined : `${source.identity.model} ${source.identity.firmware}`,
        );
  if (unwrappable !== undefined)
    failures.push({
      property: propertyOf(material),
      reason: `${unwrappable.refused} ${unwrappable.hint} Nothing was created.`,
    });
  return failures;
}

function rotationFailures({ rotation, group, expiresOn }: AzureKeyInputs): readonly CheckFailure[] {
  if (rotation === undefined) return [];
  const faults = azureRotationFaults(rotation, group.tier).map(({ property, reason }) => ({
    property: property === undefined ? "rotation" : `rotation.${property}`,
    reason,
  }));
  if (rotation.expiresAfter === undefined || expiresOn === undefined) return faults;
  const reason =
    "is one date for every version, and rotation.expiresAfter gives each version a date of its own. Remove one of them.";
  return [...faults, { property: "expiresOn", reason }];
}

function dateFailures(
  { notBefore, expiresOn }: AzureKeyInputs,
  before: PlainRecord,
  now: Date,
): readonly CheckFailure[] {
  const failures: CheckFailure[] = [];
  const [from, until] = [notBefore, expiresOn].map((text) => (text === undefined ? undefined : momentOf(text)));
  if (until !== undefined && expiresOn !== before["expiresOn"] && until.getTime() <= now.getTime())
    failures.push({
      property: "expiresOn",
      reason: `${String(expiresOn)} has passed. Set a later date, or leave expiresOn out for a key that does not expire.`,
    });
  if (from !== undefined && until !== undefined && from.getTime() >= until.getTime())
    failures.push({ property: "notBefore", reason: `must be before expiresOn (${String(expiresOn)}).` });
  return failures;
}

/** What the group asks of each of its keys. */
function groupFailures({ group, material, tags = {} }: AzureKeyInputs): readonly CheckFailure[] {
  const { name, allowedSpecs, requiredTags = [] } = group;
  const spec = specOf(material);
  const missing = requiredTags.filter((tag) => tags[tag] === undefined);
  return [
    ...(allowedSpecs === undefined || allowedSpecs.includes(spec)
      ? []
      : [
          {
            property: propertyOf(material),
            reason: `is ${spec}, and the group ${name} allows ${allowedSpecs.join(", ")} only (allowedSpecs).`,
          },
        ]),
    ...(missing.length === 0
      ? []
      : [
          {
            property: "tags",
            reason: `lack ${missing.join(", ")}, which the group ${name} asks of every key (requiredTags).`,
          },
        ]),
  ];
}
