import { moveConsequence, moveRefusal, targetRefusal } from "../../model/alias-move";
import { UNKNOWN } from "../../model/unknown";
import { accepted, failureOf, refused } from "../answers";
import { withKnownKey } from "../carried-key";
import { connectionOf } from "../connection-of";
import type { CheckFailure, CheckResult, LifecycleContext, PlainRecord } from "../contract";
import { awsKmsGroupRecord } from "../inputs/aws-kms-group-inputs";
import { awsAliasInputs, type AwsAliasInputs } from "../inputs/aws-alias-inputs";
import { validate } from "../validate";
import { placeOfKey, targetIn } from "./alias-inputs";

/**
 * Validates and derives. Where the alias is new or is to move, it reads the keys on both sides, so that what AWS would refuse is refused in
 * words before anything happens.
 */
export async function checkAlias(
  context: LifecycleContext,
  olds: PlainRecord,
  program: PlainRecord,
): Promise<CheckResult> {
  const news = withKnownKey(olds, program);
  const validated = validate(awsAliasInputs, news);
  if (validated.kind === "wrong") return refused(news, validated.failures);
  if (validated.kind === "unknown") return accepted({ ...news, ...placeIn(news), targetKeyId: UNKNOWN });
  const inputs = validated.value;
  const failures = programFailures(inputs);
  if (failures.length > 0) return refused(news, failures);
  const { account, region } = inputs.group;
  const derived = { ...inputs, account, region, targetKeyId: targetIn(inputs.key) };
  const before = olds["name"] === inputs.name && olds["account"] === account && olds["region"] === region ? olds : {};
  if (before["targetKeyId"] === derived.targetKeyId) return accepted(derived);
  try {
    const found = await cloudFailures(context, inputs, before["targetKeyId"]);
    return found.length > 0 ? refused(news, found) : accepted(derived);
  } catch (error) {
    return refused(news, [failureOf(error, "key", "Reading the keys that the alias concerns")]);
  }
}

/** What the program itself contradicts. */
function programFailures({ name, key, group }: AwsAliasInputs): readonly CheckFailure[] {
  if (typeof key !== "string" && key.aliases.includes(name)) {
    return [
      {
        property: "name",
        reason: `${name} stands in the aliases of ${key.name} too, and two resources cannot keep one alias. Remove it there, or remove this resource.`,
      },
    ];
  }
  const place = placeOfKey(key);
  if (place === undefined || (place.account === group.account && place.region === group.region)) return [];
  return [
    {
      property: "key",
      reason:
        `is in account ${place.account}, Region ${place.region}, and the group ${group.name} is ${group.account}, ${group.region}: ` +
        "an alias and its key share account and Region.",
    },
  ];
}

/** What AWS would refuse, and what would be taken from somebody. */
async function cloudFailures(
  context: LifecycleContext,
  inputs: AwsAliasInputs,
  recorded: unknown,
): Promise<readonly CheckFailure[]> {
  const { name, key, group, adopt } = inputs;
  const kms = context.kms(connectionOf(group));
  const wanted = targetIn(key);
  const to = await kms.describeKey(wanted);
  if (to === undefined) {
    return [
      { property: "key", reason: `there is no key ${wanted} in account ${group.account}, Region ${group.region}.` },
    ];
  }
  const refusal = targetRefusal(to, group);
  if (refusal !== undefined) return [{ property: "key", reason: refusal }];
  const present = await kms.aliasTarget(name);
  if (present === undefined || present === to.keyId) return [];
  if (recorded !== undefined && recorded !== present) {
    return [
      {
        property: "name",
        reason: `${name} points to ${present} by now, which this state does not know. Run pulumi refresh.`,
      },
    ];
  }
  const from = await kms.describeKey(present);
  if (from === undefined) return [];
  const contradiction = moveRefusal(from, to);
  if (contradiction !== undefined) return [{ property: "key", reason: `${contradiction} Give the key another alias.` }];
  if (recorded !== undefined) return [];
  if (!adopt) {
    return [
      {
        property: "name",
        reason: `${name} exists and points to ${from.arn}. To move it from there: adopt: true. ${moveConsequence(from)}`,
      },
    ];
  }
  context.log.warn(
    `takes ${name} over, which points to ${from.arn}, and moves it to ${to.arn}. ${moveConsequence(from)}`,
  );
  return [];
}

/** Account and Region are known also where the key is not known yet. */
function placeIn(news: PlainRecord): PlainRecord {
  const group = awsKmsGroupRecord.safeParse(news["group"]).data;
  return group === undefined ? {} : { account: group.account, region: group.region };
}
