import { ByokError } from "../model/errors";
import { partitionOf } from "../model/aws-partitions";
import { keySpecFacts, type KeySpec } from "../model/key-spec";
import type { AwsTarget } from "../model/ports/custodian";
import type { CallerIdentity, KmsImportPort, KmsKeyFacts, KmsKeyState } from "../model/ports/kms";
import type { SourceRules } from "../model/source-rules";
import { isLabOwner } from "../model/owner";
import { refuseTarget, targetFacts } from "../model/trust";
import type { OperationContext } from "./operation-context";

/** A target whose connection the custodian opened itself, and whose caller is who the connection says. */
export interface VerifiedTarget {
  readonly request: AwsTarget;
  readonly kms: KmsImportPort;
  readonly caller: CallerIdentity;
  readonly partition: string;
}

/**
 * Opens the connection to a target. The rules decide before the first byte goes there; the digests of the CA file that they saw
 * bind the connection.
 *
 * @throws ByokError BYOK_TARGET_NOT_TRUSTED, BYOK_AWS_WRONG_ACCOUNT, BYOK_AWS_REGION_UNKNOWN, BYOK_AWS_*
 */
export async function openTarget(
  context: OperationContext,
  target: AwsTarget,
  rules: SourceRules,
  owner: string,
): Promise<VerifiedTarget> {
  const { connection, configValues } = target;
  const caSha256 = await decideTrust(context, target, rules, owner);
  const partition = partitionOf(connection.region)?.id ?? partitionOfArn(target.keyArn);
  const expected = `arn:${partition}:kms:${connection.region}:${connection.account}:key/`;
  if (!target.keyArn.startsWith(expected)) {
    throw new ByokError(
      "BYOK_INPUT_INVALID",
      `The key ${target.keyArn} is not in account ${connection.account}, Region ${connection.region}.`,
      { hint: "A key is reached through a group of its own account and Region." },
    );
  }
  const kms = await context.openKmsImport(connection, {
    configValues,
    env: { ...process.env, ...context.environment },
    caSha256,
    signal: context.signal,
  });
  const caller = await kms.callerIdentity();
  if (caller.account !== connection.account) {
    throw new ByokError(
      "BYOK_AWS_WRONG_ACCOUNT",
      `The credentials belong to account ${caller.account}, and the group is for account ${connection.account}.`,
      { hint: "Use credentials of the group's account." },
    );
  }
  return { request: target, kms, caller, partition };
}

/**
 * What KMS says of the target key, once it is what material of this type may go into.
 *
 * @throws ByokError BYOK_AWS_NOT_FOUND, BYOK_AWS_INVALID_STATE, BYOK_AWS_REQUEST_INVALID
 */
export async function describeTarget(
  { kms, request }: VerifiedTarget,
  spec: KeySpec,
  states: readonly KmsKeyState[],
): Promise<KmsKeyFacts> {
  const { keyArn, connection } = request;
  const facts = await kms.describeKey(keyArn);
  if (facts === undefined) {
    throw new ByokError("BYOK_AWS_NOT_FOUND", `The key ${keyArn} does not exist.`, {
      hint: "Refresh the stack; the next update makes it again.",
    });
  }
  const wanted = keySpecFacts[spec].aws;
  const fault =
    facts.arn !== keyArn || facts.account !== connection.account || facts.region !== connection.region
      ? `KMS describes ${facts.arn} instead`
      : facts.origin !== "EXTERNAL"
        ? `its origin is ${facts.origin}, and only EXTERNAL keys take imported material`
        : facts.manager !== "CUSTOMER"
          ? `it is managed by ${facts.manager}`
          : facts.spec !== wanted
            ? `its key spec is ${facts.spec}, and the material is for ${wanted}`
            : undefined;
  if (fault !== undefined) {
    throw new ByokError("BYOK_AWS_REQUEST_INVALID", `The key ${keyArn} cannot take this material: ${fault}.`, {
      hint: "Name a key that was made for imported material of this type.",
    });
  }
  if (!states.includes(facts.state)) {
    throw new ByokError("BYOK_AWS_INVALID_STATE", `The key ${keyArn} is ${facts.state}.`, {
      hint: `It must be ${states.join(" or ")}.`,
      retryable: facts.state === "Creating" || facts.state === "Updating",
    });
  }
  return facts;
}

/**
 * Decides the source group's rules about where its keys may go, and answers the digests that it saw in the connection's CA file.
 *
 * @throws ByokError BYOK_KEY_COMPROMISED, BYOK_TARGET_NOT_TRUSTED with the line to add as hint, BYOK_AWS_REGION_UNKNOWN
 */
export async function decideTrust(
  context: Pick<OperationContext, "caDigests">,
  { connection }: AwsTarget,
  rules: SourceRules,
  owner: string,
): Promise<readonly string[]> {
  if (rules.compromisedSince !== undefined) {
    throw new ByokError(
      "BYOK_KEY_COMPROMISED",
      `No material goes to this target: others may have the key since ${rules.compromisedSince}.`,
      { hint: "Give the copy other material, or set materialState to deleted; compromised stands on the source key." },
    );
  }
  if (isLabOwner(owner) !== rules.lab) {
    const [made, group] = rules.lab ? ["without lab", "has lab: true"] : ["with lab: true", "is no lab"];
    throw new ByokError(
      "BYOK_TARGET_NOT_TRUSTED",
      `No material goes to this target: the key was made in a source group ${made}, and this one ${group}.`,
      { hint: "Generate another key in this source group." },
    );
  }
  const caFile = connection.tls?.caFile;
  const digests = caFile === undefined ? [] : await context.caDigests(caFile);
  const facts = targetFacts(connection, digests);
  if (facts === undefined) {
    throw new ByokError("BYOK_AWS_REGION_UNKNOWN", `"${connection.region}" is no Region of AWS.`, {
      property: "region",
      hint: "Correct the group's region.",
    });
  }
  const refusal = refuseTarget(facts, rules);
  if (refusal !== undefined) {
    throw new ByokError("BYOK_TARGET_NOT_TRUSTED", `No material goes to this target: ${refusal.refused}`, {
      hint: refusal.hint,
    });
  }
  return digests;
}

const partitionOfArn = (arn: string): string => arn.split(":")[1] ?? "aws";
