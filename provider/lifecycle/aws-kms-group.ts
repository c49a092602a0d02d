import { ByokError } from "../model/errors";
import { checkGroup, connectionProperties, judged } from "./aws-kms-group/check-group";
import { connectGroup } from "./aws-kms-group/connect-group";
import { missingPermissions, permissionHint } from "./aws-kms-group/missing-permissions";
import type { Lifecycle, LifecycleContext, PlainRecord } from "./contract";
import { awsKmsGroupInputs, type AwsKmsGroupInputs } from "./inputs/aws-kms-group-inputs";
import { pickDefined } from "./pick-defined";
import { changedProperties } from "./same-json";
import { textList } from "./text-list";

const watched = [
  ...connectionProperties,
  ...["account", "quotas", "template", "requiredTags", "allowedSpecs", "rotateAllTrigger"],
  ...["requireConnected", "permissionCheck", "missingPermissions"],
];

/**
 * An account and Region of AWS KMS and how to reach it. `check` connects once and writes the account into the inputs; only a
 * changed connection asks again. The group itself is nothing in the cloud, so a change of it writes nothing there.
 */
export const awsKmsGroup: Lifecycle = {
  kind: "AwsKmsGroup",

  check: checkGroup,

  diff(context, _id, olds, news) {
    const changed = changedProperties(olds, news, watched);
    const disconnected = olds["connected"] === false;
    if (disconnected) {
      const reason = olds["notConnectedReason"];
      context.log.warn(
        `was not connected the last time; pulumi up tries again.${typeof reason === "string" ? ` ${reason}` : ""}`,
      );
    }
    const isJudged = (olds["permissionsUnjudged"] === true) === (news["permissionsUnjudged"] === true);
    return Promise.resolve({ changes: changed.length > 0 || disconnected || !isJudged, replaces: [] });
  },

  async create(context, inputs) {
    const outputs = await connectedOutputs(context, awsKmsGroupInputs.parse(inputs));
    return { id: `aws-kms-group-${context.random(8).toString("hex")}`, outputs };
  },

  async read(context, _id, outputs) {
    const inputs = awsKmsGroupInputs.parse(inputsIn(outputs));
    try {
      const found = await look(context, inputs);
      return { outputs: found, inputs: inputsIn(found) };
    } catch (error) {
      const { sentence } = ByokError.from(error, "Connecting to AWS");
      context.log.warn(`not connected: ${sentence}`);
      return { outputs: { ...outputs, ...notConnected(sentence) }, inputs: inputsIn(outputs) };
    }
  },

  update(context, _id, _olds, news) {
    return connectedOutputs(context, awsKmsGroupInputs.parse(news));
  },

  delete() {
    return Promise.resolve();
  },
};

async function connectedOutputs(context: LifecycleContext, inputs: AwsKmsGroupInputs): Promise<PlainRecord> {
  try {
    return await connect(context, inputs);
  } catch (error) {
    const failure = ByokError.from(error, "Connecting to AWS");
    const isExcused = failure.code !== "BYOK_AWS_WRONG_ACCOUNT" && failure.property !== "permissionCheck";
    if (inputs.requireConnected !== false || !isExcused) throw failure;
    return { ...inputsIn(inputs), ...notConnected(failure.sentence) };
  }
}

async function connect(context: LifecycleContext, inputs: AwsKmsGroupInputs): Promise<PlainRecord> {
  const callers = await connectGroup(context, inputs);
  const [{ identity }] = callers;
  if (inputs.permissionsUnjudged === true) await requirePermissions(context, inputs, callers);
  return { ...inputsIn(judged(inputs)), account: identity.account, connected: true, callerArn: identity.arn };
}

/** What check could not judge, because AWS was out of reach then, is judged before any key of the group is made. */
async function requirePermissions(
  context: LifecycleContext,
  inputs: AwsKmsGroupInputs,
  callers: Awaited<ReturnType<typeof connectGroup>>,
): Promise<void> {
  const { certain, sentences } = await missingPermissions(context, inputs, callers);
  if (certain.length === 0) return;
  throw new ByokError("BYOK_AWS_ACCESS_DENIED", `${sentences.join(" ")} Nothing was created.`, {
    hint: permissionHint(inputs),
    property: "permissionCheck",
  });
}

/** A refresh also looks for permissions again, where some were missing or where the program asks for the check. */
async function look(context: LifecycleContext, inputs: AwsKmsGroupInputs): Promise<PlainRecord> {
  const { missingPermissions: missed, permissionsUnjudged: _unjudged, ...rest } = inputs;
  const looks = rest.permissionCheck !== "off" && (missed !== undefined || rest.permissionCheck !== undefined);
  const callers = await connectGroup(context, rest);
  const found = {
    ...inputsIn(judged(rest)),
    account: callers[0].identity.account,
    connected: true,
    callerArn: callers[0].identity.arn,
  };
  if (!looks) return found;
  const { actions, certain, sentences } = await missingPermissions(context, rest, callers);
  if (actions.length === 0) {
    if (textList(missed).length > 0) context.log.info("its credentials have the permissions now that they lacked.");
    return found;
  }
  context.log.warn(`${sentences.join(" ")} ${permissionHint(rest)}`);
  const refuses = rest.permissionCheck === "require" && certain.length > 0;
  return { ...found, missingPermissions: actions, ...(refuses ? { permissionsUnjudged: true } : {}) };
}

/** The reason is one sentence, which holds no secret, as no error of this package does. */
const notConnected = (reason: string): PlainRecord => ({ connected: false, notConnectedReason: reason });

const inputsIn = (record: PlainRecord): PlainRecord => pickDefined(record, Object.keys(awsKmsGroupInputs.shape));
