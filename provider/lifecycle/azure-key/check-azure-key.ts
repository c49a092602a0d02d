import { azureDate } from "../../model/azure-dates";
import { azureKeyNameFault, sameKeyName } from "../../model/azure-key-name";
import { azureKeyTypeOf, refuseAzureKey } from "../../model/azure-key-type";
import { azureRotationFaults } from "../../model/azure-rotation";
import { azureTargetFacts, refuseAzureTarget } from "../../model/azure-trust";
import { refuseAzureWrapping } from "../../model/azure-wrapping";
import { dueRotation, type DueRotation } from "../../model/due-rotation";
import { ownerHash } from "../../model/owner";
import { accepted, failureOf, refused } from "../answers";
import { fileFailures, inspectMaterial, materialIn } from "../aws-kms-key/check-material";
import { compromiseOf, groupOf, identityOf, nameOf, propertyOf, specOf } from "../aws-kms-key/key-material";
import { azureConnectionOf } from "../azure-connection-of";
import type { CheckFailure, CheckResult, LifecycleContext, PlainRecord } from "../contract";
import { azureKeyInputs, type AzureKeyInputs } from "../inputs/azure-key-inputs";
import { sameJson } from "../same-json";
import { validate } from "../validate";
import { findAdoptedVersion } from "./adopt-version";
import { asFound } from "./as-found";
import { clearImportFailures, clearImportWarning, travelsInClear } from "./check-clear-import";
import { fromVaultTemplate } from "./from-vault-template";
import { fromBackup } from "./plan-restore";

/** Validates and derives. It calls no cloud, but to read a key that is to be adopted. */
export async function checkAzureKey(
  context: LifecycleContext,
  olds: PlainRecord,
  program: PlainRecord,
): Promise<CheckResult> {
  // The group's wrapping key is an output of the group, and nothing that is derived here depends on it.
  const { wrappingKey, ...written } = program;
  const carried = wrappingKey === undefined ? {} : { wrappingKey };
  const news = olds["adopted"] === true ? written : fromVaultTemplate(context.name, written);
  const validated = validate(azureKeyInputs, news);
  if (validated.kind === "wrong") return refused(program, validated.failures);
  if (validated.kind === "unknown") return accepted({ ...news, ...carried });
  const inputs = validated.value;
  const { vaultUrl, tenantId } = inputs.group;
  const name = inputs.name ?? context.name;
  const nameFault = azureKeyNameFault(name);
  if (nameFault !== undefined)
    return refused(program, [
      { property: "name", reason: inputs.name === undefined ? `${nameFault} Name the key with name.` : nameFault },
    ]);
  const samePlace =
    olds["vaultUrl"] === vaultUrl && typeof olds["name"] === "string" && sameKeyName(olds["name"], name);
  const before = samePlace ? olds : {};
  const unfit = materialFailures(inputs, written);
  if (unfit.length > 0) return refused(program, unfit);
  const { digest, identity, isGone = false, failures: unusable } = await inspectMaterial(context, inputs, before);
  if (unusable.length > 0) return refused(program, unusable);
  const due = await fromBackup(context, inputs, before, planAzureVersion(context, inputs, before, identity));
  const failures = [
    ...ruleFailures(inputs, before, context.clock()),
    ...changeFailures(inputs, before, due, isGone),
    ...(await trustFailures(context, inputs)),
    ...compromiseFailures(inputs, due.reason),
  ];
  if (failures.length > 0) return refused(program, failures);
  const brings = before["owner"] === undefined ? inputs.adopt === undefined : due.reason !== "none";
  if (brings && travelsInClear(inputs)) context.log.warn(clearImportWarning);
  const spec = specOf(inputs.material);
  const byPolicy = before["expiryByPolicy"] === true || inputs.rotation?.expiresAfter !== undefined;
  const derived = {
    ...inputs,
    ...carried,
    name,
    vaultUrl,
    tenantId,
    spec,
    version: due.version,
    versionOffset: due.offset === 0 ? undefined : due.offset,
    materialDigest: digest,
    materialIdentity: identity,
    expiryByPolicy: byPolicy ? true : undefined,
    enabled: compromiseOf(inputs.material) === undefined ? inputs.enabled : false,
    owner:
      typeof before["owner"] === "string"
        ? before["owner"]
        : ownerHash({
            organization: inputs.organization ?? "organization",
            urn: inputs.self ?? "",
            place: `${vaultUrl}/keys/${name.toLowerCase()}`,
          }),
  };
  if (before["adopted"] === true) return accepted(asFound({ ...derived, adopted: true }, before));
  if (inputs.adopt !== undefined) {
    try {
      return accepted({ ...(await findAdoptedVersion(context, inputs, derived)), adopted: true });
    } catch (error) {
      return refused(program, [failureOf(error, "adopt.id", "Reading the key to adopt")]);
    }
  }
  return accepted({
    ...derived,
    operations: inputs.operations ?? azureKeyTypeOf(spec)?.operations ?? [],
    tags: inputs.tags ?? {},
    enabled: derived.enabled ?? true,
  });
}

const { version, versionOffset, materialIdentity, rotationTrigger } = azureKeyInputs.shape;

function planAzureVersion(
  context: LifecycleContext,
  inputs: AzureKeyInputs,
  before: PlainRecord,
  identity: string | undefined,
): DueRotation {
  const { material } = inputs;
  const sourceVersion = "source" in material ? material.source.version : undefined;
  const held = heldIn(before);
  const due = dueRotation(
    {
      identity: identityOf({ material, materialIdentity: identity }),
      sourceVersion,
      follow: (inputs.follow ?? true) && compromiseOf(material) === undefined,
      trigger: inputs.rotationTrigger,
    },
    held,
  );
  if (
    held !== undefined &&
    due.reason === "none" &&
    sourceVersion !== undefined &&
    sourceVersion + due.offset < held.version
  )
    context.log.warn(
      `holds version ${held.version - due.offset} of ${nameOf(material)}, and the source key's state knows version ${sourceVersion} only; nothing goes back. Run pulumi refresh.`,
    );
  return due;
}

function heldIn(before: PlainRecord): Parameters<typeof dueRotation>[1] {
  const number = version.safeParse(before["version"]).data;
  const material = materialIn(before);
  if (number === undefined || material === undefined) return undefined;
  return {
    identity: identityOf({ material, materialIdentity: materialIdentity.safeParse(before["materialIdentity"]).data }),
    version: number,
    offset: versionOffset.safeParse(before["versionOffset"]).data ?? 0,
    trigger: rotationTrigger.safeParse(before["rotationTrigger"]).data,
  };
}

/** What does not go together with the origin of the material. */
function materialFailures(
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
          : "is for keys that Azure makes (material: { native: true, spec }). Material from a file is rotated by its rotationTrigger.",
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

function ruleFailures(inputs: AzureKeyInputs, before: PlainRecord, now: Date): readonly CheckFailure[] {
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
  const [from, until] = [notBefore, expiresOn].map((text) => (text === undefined ? undefined : azureDate(text)));
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

function changeFailures(
  inputs: AzureKeyInputs,
  before: PlainRecord,
  due: DueRotation,
  isGone: boolean,
): readonly CheckFailure[] {
  if (before["owner"] === undefined) return [];
  const failures: CheckFailure[] = [];
  const spec = specOf(inputs.material);
  if (before["spec"] !== spec)
    failures.push({
      property: propertyOf(inputs.material),
      reason: `is ${spec} now, and the key is ${String(before["spec"])}: callers that name no version would meet another type. Make another key.`,
    });
  if (before["protection"] !== inputs.protection)
    failures.push({
      property: "protection",
      reason: `cannot change (it is ${String(before["protection"])}). Make another key under another name.`,
    });
  for (const name of ["notBefore", "expiresOn"] as const) {
    if (inputs[name] !== undefined || typeof before[name] !== "string" || due.reason !== "none") continue;
    if (before["adopted"] === true || (name === "expiresOn" && before["expiryByPolicy"] === true)) continue;
    failures.push({
      property: name,
      reason: `cannot be taken away: the version has ${before[name]}, and Azure keeps a date that it was given. Move it, or rotate the key: the next version has none.`,
    });
  }
  if (isGone && due.reason === "trigger")
    failures.push({
      property: "material.file",
      reason: `there is no such file, and the rotation that is asked for imports it once more.`,
    });
  if (inputs.adopt !== undefined && !sameJson(before["adopt"], inputs.adopt))
    failures.push({
      property: "adopt",
      reason:
        before["adopted"] === true
          ? "may be removed, not changed."
          : "cannot be added to a key that exists: this resource has its key already.",
    });
  return failures;
}

/** What others may have is copied nowhere any more. */
function compromiseFailures({ material }: AzureKeyInputs, reason: DueRotation["reason"]): readonly CheckFailure[] {
  const since = compromiseOf(material);
  if (since === undefined || reason === "none") return [];
  return [
    {
      property: propertyOf(material),
      reason: `${nameOf(material)} is compromised since ${since}, so nothing is imported from it. Use another key.`,
    },
  ];
}

async function trustFailures(context: LifecycleContext, inputs: AzureKeyInputs): Promise<readonly CheckFailure[]> {
  const source = groupOf(inputs.material);
  if (source === undefined) return [];
  const connection = azureConnectionOf(inputs.group);
  try {
    const digests = connection.tls?.caFile === undefined ? [] : await context.caDigests(connection.tls.caFile);
    const refusal = refuseAzureTarget(azureTargetFacts(connection, digests), source);
    return refusal === undefined ? [] : [{ property: "group", reason: `${refusal.refused} ${refusal.hint}` }];
  } catch (error) {
    return [failureOf(error, "group.tls.caFile", "Reading the certificate authorities")];
  }
}
