import { ByokError } from "../model/errors";
import { accepted, failureOf, refused } from "./answers";
import type { Lifecycle, LifecycleContext, PlainRecord } from "./contract";
import { connectionOf } from "./connection-of";
import { awsKmsGroupInputs, type AwsKmsGroupInputs } from "./inputs/aws-kms-group-inputs";
import { pickDefined } from "./pick-defined";
import { changedProperties } from "./same-json";
import { validate } from "./validate";

const connection = ["region", "endpoint", "credentials", "tls"] as const;
const watched = [...connection, "account", "quotas", "template", "requiredTags", "allowedSpecs"];

/**
 * An account and Region of AWS KMS and how to reach it. `check` connects once and writes the account into the inputs; only a
 * changed connection asks again. The group itself is nothing in the cloud, so a change of it writes nothing there.
 */
export const awsKmsGroup: Lifecycle = {
  kind: "AwsKmsGroup",

  async check(context, olds, news) {
    const validated = validate(awsKmsGroupInputs, news);
    if (validated.kind === "wrong") return refused(news, validated.failures);
    if (validated.kind === "unknown") return accepted(news);
    const inputs = validated.value;
    for (const notice of context.ignoredOverrides(connectionOf(inputs))) context.log.warn(notice);
    const known = olds["account"];
    if (typeof known === "string" && changedProperties(olds, inputs, connection).length === 0) {
      if (inputs.account === undefined || inputs.account === known) return accepted({ ...inputs, account: known });
    }
    try {
      const caller = await context.kms(connectionOf({ ...inputs, account: undefined })).callerIdentity();
      if (inputs.account !== undefined && inputs.account !== caller.account) {
        return refused(inputs, [
          {
            property: "account",
            reason:
              `is ${inputs.account}, and the credentials belong to account ${caller.account} (${caller.arn}). ` +
              `Use credentials of account ${inputs.account}, or correct the account.`,
          },
        ]);
      }
      return accepted({ ...inputs, account: caller.account });
    } catch (error) {
      return refused(inputs, [failureOf(error, propertyFor(error, inputs), "Connecting to AWS")]);
    }
  },

  diff(_context, _id, olds, news) {
    const changed = changedProperties(olds, news, watched);
    return Promise.resolve({ changes: changed.length > 0 || olds["connected"] === false, replaces: [] });
  },

  async create(context, inputs) {
    const outputs = await connect(context, awsKmsGroupInputs.parse(inputs));
    return { id: `aws-kms-group-${context.random(8).toString("hex")}`, outputs };
  },

  async read(context, _id, outputs) {
    const inputs = inputsIn(outputs);
    try {
      return { outputs: await connect(context, awsKmsGroupInputs.parse(inputs)), inputs };
    } catch (error) {
      const { sentence } = ByokError.from(error, "Connecting to AWS");
      context.log.warn(`not connected: ${sentence}`);
      return { outputs: { ...outputs, connected: false }, inputs };
    }
  },

  update(context, _id, _olds, news) {
    return connect(context, awsKmsGroupInputs.parse(news));
  },

  delete() {
    return Promise.resolve();
  },
};

async function connect(context: LifecycleContext, inputs: AwsKmsGroupInputs): Promise<PlainRecord> {
  const caller = await context.kms(connectionOf(inputs)).callerIdentity();
  if (inputs.account !== undefined && inputs.account !== caller.account) {
    throw new ByokError(
      "BYOK_AWS_WRONG_ACCOUNT",
      `The credentials belong to account ${caller.account}, and this group is account ${inputs.account}.`,
      { hint: "Use credentials of the group's account." },
    );
  }
  return { ...inputsIn(inputs), account: caller.account, connected: true, callerArn: caller.arn };
}

function propertyFor(error: unknown, inputs: AwsKmsGroupInputs): string {
  const code = error instanceof ByokError ? error.code : undefined;
  if (code === "BYOK_AWS_REGION_UNKNOWN") return "region";
  if (code === "BYOK_AWS_TLS_UNTRUSTED") return "tls";
  if (code === "BYOK_AWS_UNREACHABLE") return inputs.endpoint === undefined ? "region" : "endpoint";
  return "credentials";
}

const inputsIn = (record: PlainRecord): PlainRecord => pickDefined(record, Object.keys(awsKmsGroupInputs.shape));
