import { ByokError } from "../model/errors";
import { ownershipTags } from "../model/owner";
import type { KmsPort } from "../model/ports/kms";
import { connectionOf } from "./connection-of";
import type { Lifecycle, LifecycleContext } from "./contract";
import { checkKey } from "./aws-kms-key/check-key";
import { changesOf, diffKey, isRecordOnly } from "./aws-kms-key/diff-key";
import { ensureKey } from "./aws-kms-key/ensure-key";
import { keyInputsIn, parseKeyInputs, type KeyInputs } from "./aws-kms-key/key-inputs";
import { locateKey } from "./aws-kms-key/locate-key";
import { readKey } from "./aws-kms-key/read-key";
import { removeKey } from "./aws-kms-key/remove-key";

/** A KMS key that holds a source key's material. Its id is its lineage: random, and tagged on the KMS key. */
export const awsKmsKey: Lifecycle = {
  kind: "AwsKmsKey",

  check: checkKey,

  diff(context, _id, olds, news) {
    return Promise.resolve(diffKey(context, olds, news));
  },

  async create(context, record) {
    const inputs = parseKeyInputs(record);
    const kms = await connect(context, inputs);
    const lineage = context.random(16).toString("hex");
    const { keyId, from, keepMaterial } = await locateKey(context, kms, inputs, lineage);
    const outputs = await ensureKey(context, kms, {
      lineage,
      keyId,
      inputs,
      madeNow: from === "made",
      keepMaterial,
      olds: {},
    });
    return { id: lineage, outputs };
  },

  read: readKey,

  async update(context, id, olds, record) {
    const inputs = parseKeyInputs(record);
    const changed = changesOf(olds, record);
    const pending = olds["pending"];
    if (isRecordOnly(changed) && !(Array.isArray(pending) && pending.length > 0))
      return { ...olds, ...keyInputsIn(inputs) };
    const { keyId } = olds;
    if (typeof keyId !== "string")
      throw new ByokError("BYOK_INTERNAL", "The state names no KMS key.", { hint: "Run pulumi refresh." });
    const kms = await connect(context, inputs);
    await requireOwned(kms, keyId, id);
    const keepMaterial = inputs.adopted === true && olds["proof"] === undefined && olds["keyState"] !== "PendingImport";
    return ensureKey(context, kms, { lineage: id, keyId, inputs, madeNow: false, keepMaterial, olds });
  },

  delete: removeKey,
};

async function connect(context: LifecycleContext, inputs: KeyInputs): Promise<KmsPort> {
  const kms = context.kms(connectionOf(inputs.group));
  const caller = await kms.callerIdentity();
  if (caller.account === inputs.account) return kms;
  throw new ByokError(
    "BYOK_AWS_WRONG_ACCOUNT",
    `The credentials belong to account ${caller.account}, and the key to ${inputs.account}.`,
    {
      hint: "Use credentials of the group's account.",
    },
  );
}

/** Only the owner acts: another lineage on the key means that somebody took it over. A missing tag is drift, and repaired. */
async function requireOwned(kms: KmsPort, keyId: string, id: string): Promise<void> {
  const facts = await kms.describeKey(keyId);
  if (facts === undefined) return;
  const lineage = (await kms.listTags(keyId))[ownershipTags.lineage];
  if (lineage === undefined || lineage === id) return;
  throw new ByokError("BYOK_OWNED_BY_ANOTHER", `${facts.arn} belongs to another resource now (lineage ${lineage}).`, {
    hint: "If this resource should have it, adopt it there; if not, remove it here with pulumi state delete.",
  });
}
