import { partitionOf } from "../../model/aws-partitions";
import { keySpecFacts } from "../../model/key-spec";
import { defaultKeyPolicy, samePolicy } from "../../model/key-policy";
import { ownerHash } from "../../model/owner";
import type { DueRotation } from "../../model/due-rotation";
import { maxTags } from "../../model/tags";
import { refuseTarget, targetFacts } from "../../model/trust";
import { keptExpiry, sameExpiry, validToFault } from "../../model/validity";
import { accepted, failureOf, refused } from "../answers";
import { connectionOf } from "../connection-of";
import type { CheckFailure, CheckResult, LifecycleContext, PlainRecord } from "../contract";
import { awsKmsKeyInputs, type AwsKmsKeyInputs } from "../inputs/aws-kms-key-inputs";
import { sameJson } from "../same-json";
import { validate } from "../validate";
import { findAdopted } from "./adopt-key";
import { fromTemplate } from "./from-template";
import { defaultDescription } from "./key-inputs";
import { inspectMaterial, materialFailures } from "./check-material";
import { compromiseOf, groupOf, nameOf, propertyOf, specOf } from "./key-material";
import { planVersion } from "./plan-version";
import { rotationFailures, scheduleFailures } from "./rotation-failures";
import { checkReplicas } from "./replicas/check-replicas";
import { deriveReplicas } from "./replicas/derive-replicas";
import { replicasFromTemplates } from "./replicas/replica-template";
import { wrappingOfSource } from "./wrapping-of-source";

/** Validates and derives. It calls no cloud, but to read a key that is to be adopted. */
export async function checkKey(
  context: LifecycleContext,
  olds: PlainRecord,
  program: PlainRecord,
): Promise<CheckResult> {
  // Once adopted, always: adopt may be gone from the program by now.
  const own = olds["adopted"] === true ? program : fromTemplate(context.name, program);
  const news = replicasFromTemplates(context.name, own, olds);
  const validated = validate(awsKmsKeyInputs, news);
  if (validated.kind === "wrong") return refused(news, validated.failures);
  if (validated.kind === "unknown") return accepted(news);
  const inputs = validated.value;
  const samePlace = olds["account"] === inputs.group.account && olds["region"] === inputs.group.region;
  const before = samePlace ? olds : {};
  const unfit = materialFailures(program, inputs);
  if (unfit.length > 0) return refused(news, unfit);
  const { digest, identity, isGone = false, failures: unusable } = await inspectMaterial(context, inputs, before);
  if (unusable.length > 0) return refused(news, unusable);
  const due = planVersion(context, inputs, before, { identity, isGone });
  const rotates = !["none", "first"].includes(due.reason);
  const failures = [
    ...ruleFailures(inputs, before, context.clock()),
    ...changeFailures(inputs, before, due, isGone),
    ...(rotates ? [] : scheduleFailures(inputs, before)),
    ...(await trustFailures(context, inputs)),
    ...(await checkReplicas(inputs, before, { rotates, isGone }, async (place, recorded) => [
      // What was adopted in one Region was adopted in all.
      ...ruleFailures(place, { ...recorded, adopted: before["adopted"] }, context.clock()),
      ...(await trustFailures(context, place)),
    ])),
  ];
  if (failures.length > 0) return refused(news, failures);
  const compromised = compromiseFailures(inputs, due.reason);
  if (compromised.length > 0) return refused(news, compromised);
  const place = `${inputs.group.account}/${inputs.group.region}`;
  const spec = specOf(inputs.material);
  const derived = {
    ...inputs,
    group: withTrigger(inputs.group, due.groupTrigger),
    account: inputs.group.account,
    region: inputs.group.region,
    spec,
    version: due.version,
    versionOffset: due.offset === 0 ? undefined : due.offset,
    ...due.schedule,
    materialDigest: digest,
    materialIdentity: identity,
    ...wantedExpiry(inputs, before, due.version, context.clock()),
    ...deriveReplicas(inputs, before, { version: due.version, now: context.clock() }),
    // Nobody is to use what others may have. Taking that back enables the key as its program says.
    enabled: compromiseOf(inputs.material) === undefined ? inputs.enabled : false,
    usage: inputs.usage ?? recordedUsage(before) ?? keySpecFacts[spec].awsUsages[0],
    owner:
      typeof before["owner"] === "string"
        ? before["owner"]
        : ownerHash({ organization: inputs.organization ?? "organization", urn: inputs.self ?? "", place }),
  };
  if (before["adopted"] === true) return accepted(keepFound(derived, before, inputs.material));
  if (inputs.adopt !== undefined) {
    try {
      const adopted = await findAdopted(context, inputs, derived);
      const broken = scheduleFailures(inputs, adopted);
      return broken.length > 0 ? refused(news, broken) : accepted(adopted);
    } catch (error) {
      return refused(news, [failureOf(error, "adopt.arn", "Reading the key to adopt")]);
    }
  }
  const partition = partitionOf(inputs.group.region)?.id ?? "aws";
  const policy = inputs.policy ?? defaultKeyPolicy(partition, inputs.group.account);
  return accepted({
    ...derived,
    description: inputs.description ?? defaultDescription(inputs.material),
    policy: typeof before["policy"] === "string" && samePolicy(before["policy"], policy) ? before["policy"] : policy,
    tags: inputs.tags ?? {},
    aliases: inputs.aliases ?? [],
    enabled: derived.enabled ?? true,
  });
}

/** The group as the key remembers it: with the trigger that the key has served, not one that still waits. */
function withTrigger(
  { rotateAllTrigger, ...group }: AwsKmsKeyInputs["group"],
  served: string | undefined,
): AwsKmsKeyInputs["group"] {
  return rotateAllTrigger === undefined || served === undefined ? group : { ...group, rotateAllTrigger: served };
}

/** With `keepValidFor` the expiry is derived, and moves on when it is time to renew it or when other material is imported. */
function wantedExpiry(
  inputs: AwsKmsKeyInputs,
  before: PlainRecord,
  version: number,
  now: Date,
): { readonly validTo?: string } {
  const { keepValidFor, renewBefore, validTo } = inputs;
  if (keepValidFor === undefined) return validTo === undefined ? {} : { validTo };
  if (compromiseOf(inputs.material) !== undefined && typeof before["validTo"] === "string")
    return { validTo: before["validTo"] };
  const same = before["version"] === version && before["keepValidFor"] === keepValidFor;
  const present = same && typeof before["validTo"] === "string" ? before["validTo"] : undefined;
  return { validTo: keptExpiry({ keepValidFor, renewBefore }, present, now) };
}

const recordedUsage = (before: PlainRecord): AwsKmsKeyInputs["usage"] =>
  awsKmsKeyInputs.shape.usage.safeParse(before["usage"]).data;

/** What the program does not name of an adopted key stays as it was found, but for the expiry, which goes with imported material. */
function keepFound(derived: PlainRecord, before: PlainRecord, material: AwsKmsKeyInputs["material"]): PlainRecord {
  const names = ["description", "policy", "tags", "aliases", "enabled", ...("native" in material ? [] : ["validTo"])];
  const kept = names.filter((name) => derived[name] === undefined && before[name] !== undefined);
  return { ...derived, adopted: true, ...Object.fromEntries(kept.map((name) => [name, before[name]])) };
}

function ruleFailures(inputs: AwsKmsKeyInputs, before: PlainRecord, now: Date): readonly CheckFailure[] {
  const failures: CheckFailure[] = [];
  const spec = specOf(inputs.material);
  const count = Object.keys(inputs.tags ?? {}).length;
  if (!("source" in inputs.material) && count > maxTags - 5) {
    failures.push({
      property: "tags",
      reason: `are ${count}, and a key whose material has no source key needs 5 of the ${maxTags} for us.`,
    });
  }
  const usages = keySpecFacts[spec].awsUsages;
  if (inputs.usage !== undefined && !usages.includes(inputs.usage)) {
    failures.push({
      property: "usage",
      reason: `${inputs.usage} is not possible with ${spec}. AWS allows ${usages.join(", ")}.`,
    });
  }
  const oldExpiry = typeof before["validTo"] === "string" ? before["validTo"] : undefined;
  if (inputs.validTo !== undefined && (oldExpiry === undefined || !sameExpiry(inputs.validTo, oldExpiry))) {
    const fault = validToFault(inputs.validTo, now);
    if (fault !== undefined) failures.push({ property: "validTo", reason: fault });
  }
  if (inputs.rotationMode === "in-place" && spec !== "AES_256") {
    failures.push({
      property: "rotationMode",
      reason: `"in-place" is for AES_256: AWS never takes other material into a ${spec} key. Use "new-key".`,
    });
  }
  failures.push(
    ...validityFailures(inputs),
    ...groupFailures(inputs, inputs.adopt !== undefined || before["adopted"] === true),
  );
  const wrapping = wrappingOfSource(inputs);
  if (wrapping !== undefined && "refused" in wrapping) {
    failures.push({
      property: propertyOf(inputs.material),
      reason: `${wrapping.refused} ${wrapping.hint} Nothing was created.`,
    });
  }
  return failures;
}

/** What others may have is copied nowhere any more. */
function compromiseFailures({ material }: AwsKmsKeyInputs, reason: DueRotation["reason"]): readonly CheckFailure[] {
  const since = compromiseOf(material);
  if (since === undefined || reason === "none") return [];
  const [name, property] =
    "file" in material ? [material.kek?.name ?? "", "material.kek"] : [nameOf(material), "material.source"];
  return [
    { property, reason: `${name} is compromised since ${since}, so nothing is imported from it. Use another key.` },
  ];
}

/** What the group asks of each of its keys. */
function groupFailures(inputs: AwsKmsKeyInputs, isAdopted: boolean): readonly CheckFailure[] {
  const { name, allowedSpecs, requiredTags = [], template } = inputs.group;
  const spec = specOf(inputs.material);
  const missing = requiredTags.filter((tag) => inputs.tags?.[tag] === undefined);
  const wanted = isAdopted ? undefined : template?.spec;
  return [
    ...(wanted === undefined || wanted === spec
      ? []
      : [
          {
            property: propertyOf(inputs.material),
            reason: `is ${spec}, and the template of the group ${name} is for ${wanted} keys (template.spec). Use material of that type, or another group.`,
          },
        ]),
    ...(allowedSpecs === undefined || allowedSpecs.includes(spec)
      ? []
      : [
          {
            property: propertyOf(inputs.material),
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

function validityFailures({ keepValidFor, renewBefore, validTo }: AwsKmsKeyInputs): readonly CheckFailure[] {
  if (keepValidFor === undefined) {
    if (renewBefore === undefined) return [];
    return [{ property: "renewBefore", reason: "goes with keepValidFor only: a fixed validTo is not renewed." }];
  }
  if (validTo !== undefined) {
    return [
      { property: "keepValidFor", reason: "and validTo exclude each other: the one is derived, the other fixed." },
    ];
  }
  if (renewBefore !== undefined && Number.parseInt(renewBefore, 10) >= Number.parseInt(keepValidFor, 10)) {
    return [{ property: "renewBefore", reason: `must be shorter than keepValidFor (${keepValidFor}).` }];
  }
  return [];
}

function changeFailures(
  inputs: AwsKmsKeyInputs,
  before: PlainRecord,
  due: DueRotation,
  isGone: boolean,
): readonly CheckFailure[] {
  const failures: CheckFailure[] = [];
  if (before["owner"] === undefined) return failures;
  const spec = specOf(inputs.material);
  if (before["spec"] !== spec) {
    failures.push({
      property: propertyOf(inputs.material),
      reason: `is ${spec} now, and a KMS key's spec (${String(before["spec"])}) cannot change.`,
    });
  }
  failures.push(...rotationFailures(inputs, before, due, isGone));
  if (inputs.usage !== undefined && before["usage"] !== inputs.usage) {
    failures.push({
      property: "usage",
      reason: `cannot change (it is ${String(before["usage"])}): AWS fixes a key's usage when it is made.`,
    });
  }
  if (inputs.adopt !== undefined && !sameJson(before["adopt"], inputs.adopt)) {
    const reason =
      before["adopt"] === undefined && before["adopted"] !== true
        ? "cannot be added to a key that exists: this resource has its KMS key already."
        : "may be removed, not changed.";
    failures.push({ property: "adopt", reason });
  }
  return failures;
}

async function trustFailures(context: LifecycleContext, inputs: AwsKmsKeyInputs): Promise<readonly CheckFailure[]> {
  const group = groupOf(inputs.material);
  if (group === undefined) return [];
  const connection = connectionOf(inputs.group);
  try {
    const digests = connection.tls?.caFile === undefined ? [] : await context.caDigests(connection.tls.caFile);
    const facts = targetFacts({ ...connection, account: inputs.group.account }, digests);
    const refusal = facts === undefined ? undefined : refuseTarget(facts, group);
    if (refusal === undefined) return [];
    return [{ property: "group", reason: `${refusal.refused} ${refusal.hint}` }];
  } catch (error) {
    return [failureOf(error, "group.tls.caFile", "Reading the certificate authorities")];
  }
}
