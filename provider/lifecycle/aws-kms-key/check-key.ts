import { partitionOf } from "../../model/aws-partitions";
import { keySpecFacts } from "../../model/key-spec";
import { defaultKeyPolicy, samePolicy } from "../../model/key-policy";
import { ownerHash } from "../../model/owner";
import { refuseTarget, targetFacts } from "../../model/trust";
import { keptExpiry, sameExpiry, validToFault } from "../../model/validity";
import { accepted, failureOf, refused } from "../answers";
import { connectionOf } from "../connection-of";
import type { CheckFailure, CheckResult, LifecycleContext, PlainRecord } from "../contract";
import { awsKmsKeyInputs, type AwsKmsKeyInputs } from "../inputs/aws-kms-key-inputs";
import { sameJson } from "../same-json";
import { textList } from "../text-list";
import { validate } from "../validate";
import { findAdopted } from "./adopt-key";
import { fromTemplate } from "./from-template";
import { defaultDescription } from "./key-inputs";
import { rotationSettings } from "./rotation-settings";
import { wrappingOfSource } from "./wrapping-of-source";

/** Validates and derives. It calls no cloud, but to read a key that is to be adopted. */
export async function checkKey(
  context: LifecycleContext,
  olds: PlainRecord,
  program: PlainRecord,
): Promise<CheckResult> {
  // Once adopted, always: adopt may be gone from the program by now.
  const news = olds["adopted"] === true ? program : fromTemplate(context.name, program);
  const validated = validate(awsKmsKeyInputs, news);
  if (validated.kind === "wrong") return refused(news, validated.failures);
  if (validated.kind === "unknown") return accepted(news);
  const inputs = validated.value;
  const samePlace = olds["account"] === inputs.group.account && olds["region"] === inputs.group.region;
  const before = samePlace ? olds : {};
  const failures = [
    ...ruleFailures(inputs, before, context.clock()),
    ...changeFailures(inputs, before),
    ...(await trustFailures(context, inputs)),
  ];
  if (failures.length > 0) return refused(news, failures);
  const place = `${inputs.group.account}/${inputs.group.region}`;
  const version = wantedVersion(context, inputs, before);
  const derived = {
    ...inputs,
    account: inputs.group.account,
    region: inputs.group.region,
    spec: inputs.material.source.spec,
    version,
    ...wantedExpiry(inputs, before, version, context.clock()),
    usage: inputs.usage ?? recordedUsage(before) ?? keySpecFacts[inputs.material.source.spec].awsUsages[0],
    owner:
      typeof before["owner"] === "string"
        ? before["owner"]
        : ownerHash({ organization: inputs.organization ?? "organization", urn: inputs.self ?? "", place }),
  };
  if (before["adopted"] === true) return accepted(keepFound(derived, before));
  if (inputs.adopt !== undefined) {
    try {
      return accepted(await findAdopted(context, inputs, derived));
    } catch (error) {
      return refused(news, [failureOf(error, "adopt.arn", "Reading the key to adopt")]);
    }
  }
  const partition = partitionOf(inputs.group.region)?.id ?? "aws";
  const policy = inputs.policy ?? defaultKeyPolicy(partition, inputs.group.account);
  return accepted({
    ...derived,
    description: inputs.description ?? defaultDescription(inputs.material.source.name),
    policy: typeof before["policy"] === "string" && samePolicy(before["policy"], policy) ? before["policy"] : policy,
    tags: inputs.tags ?? {},
    aliases: inputs.aliases ?? [],
    enabled: inputs.enabled ?? true,
  });
}

/**
 * The source's version where the copy follows it, else the one that it has. Never an older one: a source of an older state does not
 * take its copies back.
 */
function wantedVersion(context: LifecycleContext, inputs: AwsKmsKeyInputs, before: PlainRecord): number {
  const { source } = inputs.material;
  const held = awsKmsKeyInputs.shape.version.safeParse(before["version"]).data;
  if (held === undefined) return source.version;
  if (source.version < held) {
    context.log.warn(
      `holds version ${held} of ${source.name}, and the source key's state knows version ${source.version} only; nothing goes back. Run pulumi refresh.`,
    );
  }
  // A key without material gets its own back before it is rotated.
  if (inputs.materialState === "deleted") return held;
  return rotationSettings(inputs).follow ? Math.max(source.version, held) : held;
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
  const same = before["version"] === version && before["keepValidFor"] === keepValidFor;
  const present = same && typeof before["validTo"] === "string" ? before["validTo"] : undefined;
  return { validTo: keptExpiry({ keepValidFor, renewBefore }, present, now) };
}

const recordedUsage = (before: PlainRecord): AwsKmsKeyInputs["usage"] =>
  awsKmsKeyInputs.shape.usage.safeParse(before["usage"]).data;

/** What the program does not name of an adopted key stays as it was found. */
function keepFound(derived: PlainRecord, before: PlainRecord): PlainRecord {
  const names = ["description", "policy", "tags", "aliases", "enabled", "validTo"];
  const kept = names.filter((name) => derived[name] === undefined && before[name] !== undefined);
  return { ...derived, adopted: true, ...Object.fromEntries(kept.map((name) => [name, before[name]])) };
}

function ruleFailures(inputs: AwsKmsKeyInputs, before: PlainRecord, now: Date): readonly CheckFailure[] {
  const failures: CheckFailure[] = [];
  const { source } = inputs.material;
  const usages = keySpecFacts[source.spec].awsUsages;
  if (inputs.usage !== undefined && !usages.includes(inputs.usage)) {
    failures.push({
      property: "usage",
      reason: `${inputs.usage} is not possible with ${source.spec}. AWS allows ${usages.join(", ")}.`,
    });
  }
  const oldExpiry = typeof before["validTo"] === "string" ? before["validTo"] : undefined;
  if (inputs.validTo !== undefined && (oldExpiry === undefined || !sameExpiry(inputs.validTo, oldExpiry))) {
    const fault = validToFault(inputs.validTo, now);
    if (fault !== undefined) failures.push({ property: "validTo", reason: fault });
  }
  if (inputs.rotationMode === "in-place" && source.spec !== "AES_256") {
    failures.push({
      property: "rotationMode",
      reason: `"in-place" is for AES_256: AWS never takes other material into a ${source.spec} key. Use "new-key".`,
    });
  }
  failures.push(...validityFailures(inputs), ...groupFailures(inputs));
  const wrapping = wrappingOfSource(inputs);
  if (wrapping !== undefined && "refused" in wrapping) {
    failures.push({
      property: "material.source",
      reason: `${wrapping.refused} ${wrapping.hint} Nothing was created.`,
    });
  }
  return failures;
}

/** What the group asks of each of its keys. */
function groupFailures(inputs: AwsKmsKeyInputs): readonly CheckFailure[] {
  const { name, allowedSpecs, requiredTags = [] } = inputs.group;
  const { spec } = inputs.material.source;
  const missing = requiredTags.filter((tag) => inputs.tags?.[tag] === undefined);
  return [
    ...(allowedSpecs === undefined || allowedSpecs.includes(spec)
      ? []
      : [
          {
            property: "material.source",
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

function changeFailures(inputs: AwsKmsKeyInputs, before: PlainRecord): readonly CheckFailure[] {
  const failures: CheckFailure[] = [];
  const { source } = inputs.material;
  if (before["owner"] === undefined) return failures;
  const old = awsKmsKeyInputs.shape.material.safeParse(before["material"]);
  if (old.success && old.data.source.owner !== source.owner) {
    failures.push({
      property: "material.source",
      reason: `cannot change: the first material of a KMS key is its only one, and this key has that of ${old.data.source.name}. Make a new AwsKmsKey and move the alias.`,
    });
  } else if (before["spec"] !== source.spec) {
    failures.push({
      property: "material.source",
      reason: `is ${source.spec} now, and a KMS key's spec (${String(before["spec"])}) cannot change.`,
    });
  }
  failures.push(...rotationFailures(inputs, before));
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

/** What a rotation that this run would do, or one that is to come, runs into. */
function rotationFailures(inputs: AwsKmsKeyInputs, before: PlainRecord): readonly CheckFailure[] {
  const { source } = inputs.material;
  const { follow, rotationMode, acknowledgeOldOutputs } = rotationSettings(inputs);
  const rotates = follow && typeof before["version"] === "number" && before["version"] < source.version;
  if (!rotates) return [];
  const failures: CheckFailure[] = [];
  const aliases = inputs.aliases ?? textList(before["aliases"]);
  if (source.spec !== "AES_256" && aliases.length > 0 && !acknowledgeOldOutputs) {
    failures.push({
      property: "acknowledgeOldOutputs",
      reason:
        `${source.name} is rotated to version ${source.version}, and ${aliases.join(", ")} would move to the new key: ${brokenByMove(inputs, before)} ` +
        "Callers that name the former key's ARN are not affected. Once they do: acknowledgeOldOutputs: true. To stay with the present version: follow: false.",
    });
  }
  if (rotationMode === "in-place" && inputs.enabled === false) {
    failures.push({
      property: "rotationMode",
      reason: `AWS rotates only an enabled key in place, and this one has enabled: false. Enable it, or set rotationMode: "new-key" or follow: false.`,
    });
  }
  return failures;
}

/** What callers that name the alias can no longer do with what the former key made. */
function brokenByMove(inputs: AwsKmsKeyInputs, before: PlainRecord): string {
  switch (inputs.usage ?? recordedUsage(before) ?? keySpecFacts[inputs.material.source.spec].awsUsages[0]) {
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

async function trustFailures(context: LifecycleContext, inputs: AwsKmsKeyInputs): Promise<readonly CheckFailure[]> {
  const { group } = inputs.material.source;
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
