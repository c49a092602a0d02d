import { partitionOf } from "../../model/aws-partitions";
import { keySpecFacts } from "../../model/key-spec";
import { defaultKeyPolicy, samePolicy } from "../../model/key-policy";
import { ownerHash } from "../../model/owner";
import { refuseTarget, targetFacts } from "../../model/trust";
import { sameExpiry, validToFault } from "../../model/validity";
import { accepted, failureOf, refused } from "../answers";
import { connectionOf } from "../connection-of";
import type { CheckFailure, CheckResult, LifecycleContext, PlainRecord } from "../contract";
import { awsKmsKeyInputs, type AwsKmsKeyInputs } from "../inputs/aws-kms-key-inputs";
import { sameJson } from "../same-json";
import { validate } from "../validate";
import { findAdopted } from "./adopt-key";
import { defaultDescription } from "./key-inputs";
import { wrappingOfSource } from "./wrapping-of-source";

/** Validates and derives. It calls no cloud, but to read a key that is to be adopted. */
export async function checkKey(context: LifecycleContext, olds: PlainRecord, news: PlainRecord): Promise<CheckResult> {
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
  const derived = {
    ...inputs,
    account: inputs.group.account,
    region: inputs.group.region,
    spec: inputs.material.source.spec,
    version: inputs.material.source.version,
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
  const wrapping = wrappingOfSource(inputs);
  if (wrapping !== undefined && "refused" in wrapping) {
    failures.push({
      property: "material.source",
      reason: `${wrapping.refused} ${wrapping.hint} Nothing was created.`,
    });
  }
  return failures;
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
  } else if (before["version"] !== source.version) {
    failures.push({
      property: "material.source",
      reason: `has version ${source.version} now, and this key holds version ${String(before["version"])}; this release does not rotate copies.`,
    });
  }
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
