import { ByokError } from "../../model/errors";
import { accepted, failureOf, refused } from "../answers";
import { connectionOf } from "../connection-of";
import type { CheckResult, LifecycleContext, PlainRecord } from "../contract";
import { awsKmsGroupInputs, type AwsKmsGroupInputs } from "../inputs/aws-kms-group-inputs";
import { changedProperties } from "../same-json";
import { textList } from "../text-list";
import { validate } from "../validate";
import { connectGroup, type GroupCaller } from "./connect-group";
import { missingPermissions, permissionHint } from "./missing-permissions";

/** What decides who answers. */
export const connectionProperties = ["region", "endpoint", "credentials", "roleCredentials", "tls"] as const;

/**
 * Validates, and connects once: the account, and what permissions are missing, are written into the inputs. Only another connection, or a check of
 * permissions that was not asked for before, connects again.
 */
export async function checkGroup(
  context: LifecycleContext,
  olds: PlainRecord,
  news: PlainRecord,
): Promise<CheckResult> {
  const validated = validate(awsKmsGroupInputs, news);
  if (validated.kind === "wrong") return refused(news, validated.failures);
  if (validated.kind === "unknown") return accepted(news);
  // Derived, never taken from a program.
  const { missingPermissions: _missed, permissionsUnjudged: _unjudged, ...inputs } = validated.value;
  for (const notice of context.ignoredOverrides(connectionOf(inputs))) context.log.warn(notice);
  warnOfAnyHostname(context, inputs);
  const known = awsKmsGroupInputs.shape.account.safeParse(olds["account"]).data;
  const samePlace = known !== undefined && changedProperties(olds, inputs, connectionProperties).length === 0;
  const asked = inputs.permissionCheck !== undefined && inputs.permissionCheck !== olds["permissionCheck"];
  const unjudged = inputs.permissionCheck === "require" && olds["permissionsUnjudged"] === true;
  const looksForPermissions = inputs.permissionCheck !== "off" && (asked || unjudged || !samePlace);
  if (samePlace && !looksForPermissions && (inputs.account === undefined || inputs.account === known)) {
    return accepted({ ...judged(inputs), account: known, ...missedBefore(context, inputs, olds) });
  }
  try {
    const callers = await connectGroup(context, inputs);
    const connected = { ...judged(inputs), account: callers[0].identity.account };
    if (!looksForPermissions) return accepted(connected);
    return await withPermissions(context, connected, callers);
  } catch (error) {
    const failure = ByokError.from(error, "Connecting to AWS");
    if (inputs.requireConnected === false && failure.code !== "BYOK_AWS_WRONG_ACCOUNT") {
      return offline(context, inputs, samePlace ? known : undefined, failure, looksForPermissions);
    }
    return refused(inputs, [failureOf(error, failure.property ?? propertyFor(failure, inputs), "Connecting to AWS")]);
  }
}

/** A preview has to know what keys carry, so it is said wherever permissions are spoken of. */
export const judged = (inputs: AwsKmsGroupInputs): AwsKmsGroupInputs => ({
  ...inputs,
  ...(inputs.permissionCheck === undefined ? {} : { permissionsUnjudged: false }),
});

/** The group is made all the same, as the account that the program names: nothing else can tell it, and the keys have to know. */
function offline(
  context: LifecycleContext,
  inputs: AwsKmsGroupInputs,
  known: string | undefined,
  failure: ByokError,
  unjudged: boolean,
): CheckResult {
  const account = inputs.account ?? known;
  if (account === undefined) {
    return refused(inputs, [
      {
        property: "account",
        reason: `must be named while AWS cannot be reached: without it nobody knows whose keys these are. ${failure.codedSentence}`,
      },
    ]);
  }
  context.log.warn(
    `not connected, and requireConnected is false: every change of a key of this group fails until it is. ${failure.sentence}`,
  );
  if (inputs.permissionCheck !== "require" || !unjudged) return accepted({ ...judged(inputs), account });
  context.log.warn(
    'permissionCheck is "require", and nobody could look for permissions yet: no key of this group is made or changed until that was done.',
  );
  return accepted({ ...inputs, account, permissionsUnjudged: true });
}

async function withPermissions(
  context: LifecycleContext,
  inputs: AwsKmsGroupInputs,
  callers: readonly GroupCaller[],
): Promise<CheckResult> {
  const { actions, certain, sentences } = await missingPermissions(context, inputs, callers);
  if (actions.length === 0) return accepted(inputs);
  const hint = permissionHint(inputs);
  if (inputs.permissionCheck === "require" && certain.length > 0) {
    return refused(inputs, [
      { property: "permissionCheck", reason: `${sentences.join(" ")} Nothing was created. ${hint}` },
    ]);
  }
  context.log.warn(`${sentences.join(" ")} ${hint} pulumi refresh looks again.`);
  return accepted({ ...inputs, missingPermissions: actions });
}

/** What was missing stays so until somebody looks again, and is said again: a preview of an unchanged stack asks no cloud. */
function missedBefore(context: LifecycleContext, inputs: AwsKmsGroupInputs, olds: PlainRecord): PlainRecord {
  const missed = textList(olds["missingPermissions"]);
  if (missed.length === 0 || inputs.permissionCheck === "off") return {};
  context.log.warn(
    `its credentials lacked permissions when they were last looked for: ${missed.join(", ")}. ${permissionHint(inputs)} pulumi refresh looks again.`,
  );
  return { missingPermissions: missed };
}

function warnOfAnyHostname(context: LifecycleContext, { tls }: AwsKmsGroupInputs): void {
  if (tls?.validateHostname !== false) return;
  context.log.warn(
    `tls.validateHostname is false: whoever holds any certificate of the authorities in ${tls.caFile ?? ""} can pose as AWS KMS, and would receive what is imported. Leave it out once the endpoint's certificate names its host.`,
  );
}

function propertyFor({ code }: ByokError, inputs: AwsKmsGroupInputs): string {
  if (code === "BYOK_AWS_REGION_UNKNOWN") return "region";
  if (code === "BYOK_AWS_TLS_UNTRUSTED") return "tls";
  if (code === "BYOK_AWS_UNREACHABLE") return inputs.endpoint === undefined ? "region" : "endpoint";
  return "credentials";
}
