import { ByokError } from "../model/errors";
import type { KmsKeyFacts, KmsPort } from "../model/ports/kms";
import { aliasArn, aliasInputsIn, parseAliasInputs, type AliasInputs } from "./aws-alias/alias-inputs";
import { checkAlias } from "./aws-alias/check-alias";
import { diffAlias } from "./aws-alias/diff-alias";
import { observeAlias } from "./aws-alias/observe-alias";
import { isKeptByAnother, noteKeeper } from "./keepers";
import { connectedKms } from "./connected-kms";
import { kmsToChange } from "./kms-to-change";
import { connectionOf } from "./connection-of";
import type { Lifecycle, LifecycleContext, PlainRecord } from "./contract";

/** An alias that stands on its own: it can move between keys, and outlives each of them. */
export const awsAlias: Lifecycle = {
  kind: "AwsAlias",

  check: checkAlias,

  diff(context, _id, olds, news) {
    return Promise.resolve(diffAlias(context, olds, news));
  },

  async create(context, record) {
    const inputs = parseAliasInputs(record);
    const kms = await kmsToChange(context, inputs.group);
    const key = await requireKey(kms, inputs);
    const present = await observeAlias(kms, inputs.name, key.keyId);
    if (present !== undefined && present.keyId !== key.keyId && !inputs.adopt) throw taken(inputs.name, present.arn);
    await point(context, kms, inputs.name, key.keyId, present?.keyId);
    const id = `aws-alias-${context.random(8).toString("hex")}`;
    noteKeeper(aliasArn(inputs, inputs.name), id);
    return { id, outputs: recorded(inputs, key) };
  },

  async read(context, _id, outputs) {
    const inputs = parseAliasInputs(outputs);
    const key = await observeAlias(context.kms(connectionOf(inputs.group)), inputs.name, inputs.targetKeyId);
    if (key === undefined) {
      context.log.warn(`drift: ${inputs.name} does not exist any more; the next pulumi up makes it again.`);
      return undefined;
    }
    if (key.keyId !== inputs.targetKeyId) {
      context.log.warn(`drift: ${inputs.name} points to ${key.arn} now, not to ${String(outputs["targetKeyArn"])}.`);
    }
    if (key.state === "PendingDeletion") {
      const date = key.deletionDate === undefined ? "" : ` on ${key.deletionDate.toISOString().slice(0, 10)}`;
      context.log.warn(`${key.arn} is scheduled for deletion: AWS deletes it${date}, and ${inputs.name} with it.`);
    }
    const found = recorded({ ...inputs, targetKeyId: key.keyId }, key);
    return { outputs: found, inputs: aliasInputsIn(found) };
  },

  async update(context, id, olds, record) {
    const inputs = parseAliasInputs(record);
    const last = olds["targetKeyId"];
    if (last === inputs.targetKeyId) return { ...olds, ...aliasInputsIn(inputs) };
    const kms = await kmsToChange(context, inputs.group);
    const key = await requireKey(kms, inputs);
    const present = await observeAlias(kms, inputs.name, typeof last === "string" ? last : undefined);
    if (present !== undefined && present.keyId !== key.keyId && present.keyId !== last) {
      throw new ByokError(
        "BYOK_KEY_DRIFTED",
        `${inputs.name} points to ${present.arn} by now, which this state does not know.`,
        { hint: "Run pulumi refresh, and look at the next preview." },
      );
    }
    await point(context, kms, inputs.name, key.keyId, present?.keyId);
    noteKeeper(aliasArn(inputs, inputs.name), id);
    return recorded(inputs, key);
  },

  async delete(context, id, outputs) {
    const { name, group, targetKeyId, ...place } = parseAliasInputs(outputs);
    if (isKeptByAnother(aliasArn(place, name), id)) {
      context.log.info(`${name} is kept by another resource of this program now and stays as it is.`);
      return;
    }
    const kms = await connectedKms(context, group);
    const key = await observeAlias(kms, name, targetKeyId);
    if (key === undefined) return;
    if (key.keyId !== targetKeyId) {
      context.log.warn(`${name} points to ${key.arn} by now, so it is forgotten here and stays as it is.`);
      return;
    }
    context.mayProceed();
    context.log.progress(`deleting ${name}`);
    await kms.deleteAlias(name);
  },
};

async function requireKey(kms: KmsPort, { targetKeyId, account, region }: AliasInputs): Promise<KmsKeyFacts> {
  const key = await kms.describeKey(targetKeyId);
  if (key !== undefined) return key;
  throw new ByokError("BYOK_AWS_NOT_FOUND", `There is no key ${targetKeyId} in account ${account}, Region ${region}.`, {
    hint: "Name a key that exists.",
    property: "key",
  });
}

/** One call: AWS moves an alias in one piece, so that at no moment it points nowhere. */
async function point(
  context: LifecycleContext,
  kms: KmsPort,
  alias: string,
  keyId: string,
  present: string | undefined,
): Promise<void> {
  if (present === keyId) return;
  context.mayProceed();
  context.log.progress(present === undefined ? `creating ${alias}` : `moving ${alias}`);
  await (present === undefined ? kms.createAlias(alias, keyId) : kms.updateAlias(alias, keyId));
}

const taken = (alias: string, arn: string): ByokError =>
  new ByokError("BYOK_AWS_ALREADY_EXISTS", `${alias} exists and points to ${arn}.`, {
    hint: "To move it from there: adopt: true.",
    property: "name",
  });

const recorded = (inputs: AliasInputs, key: KmsKeyFacts): PlainRecord => ({
  ...aliasInputsIn(inputs),
  arn: aliasArn(inputs, inputs.name),
  targetKeyArn: key.arn,
  keySpec: key.spec,
  keyUsage: key.usage,
});
