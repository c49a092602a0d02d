import { z } from "zod";
import { describeStep, dueSteps, type DesiredKey, type KeyRecord, type ObservedKey } from "../../model/aws-key-steps";
import { isLeaving } from "../../model/key-states";
import { keyVersionsIn, type KeyVersion } from "../../model/key-versions";
import { samePolicy } from "../../model/key-policy";
import type { ImportReceipt } from "../../model/ports/custodian";
import { userTags } from "../../model/tags";
import { sameExpiry } from "../../model/validity";
import type { Wrapping } from "../../model/wrapping";
import type { PlainRecord } from "../contract";
import { nextOfSchedule } from "../plan-schedule";
import { canonicalJson, sameJson } from "../same-json";
import { keyInputsIn, type KeyInputs } from "./key-inputs";
import { copiedMaterial, requireCopied, versionOrigin } from "./key-material";
import { makeReplica } from "./replicas/replica-record";

/** Outputs of a key: what was observed under the names of the inputs, and what only AWS or the custodian knows. */
export function recordKey(
  inputs: KeyInputs,
  observed: ObservedKey,
  record: KeyRecord,
  told: PlainRecord,
  desired: DesiredKey,
): PlainRecord {
  const { facts } = observed;
  const tags = userTags(observed.tags);
  // Another's alias on the key is not ours to delete, unless a refresh showed it and the program was run again without it.
  const aliases = observed.aliases.filter((alias) => desired.aliases.includes(alias) || record.aliases.includes(alias));
  return {
    ...keyInputsIn(inputs),
    description: facts.description,
    policy: inputs.policy !== undefined && samePolicy(inputs.policy, observed.policy) ? inputs.policy : observed.policy,
    tags: sameJson(inputs.tags, tags) ? inputs.tags : tags,
    aliases: sameSet(inputs.aliases ?? [], aliases) ? inputs.aliases : aliases,
    enabled: facts.state === "Enabled" ? true : facts.state === "Disabled" ? false : (inputs.enabled ?? true),
    validTo: observedExpiry(inputs, observed),
    arn: facts.arn,
    keyId: facts.keyId,
    keyState: facts.state,
    createdAt: facts.createdAt.toISOString(),
    deletionDate: facts.deletionDate?.toISOString(),
    nextRotation: nextOfSchedule(inputs),
    proof: told["proof"],
    link: told["link"],
    wrapping: told["wrapping"],
    versions: versionsNow(inputs, observed, told),
    // Nothing is due on a key that is on its way out: a DeletionSchedule, or whoever scheduled it, has the say.
    pending: isLeaving(facts.state)
      ? []
      : [
          ...(facts.state === "Creating" ? [makeReplica] : []),
          ...dueSteps(desired, observed, record).map(describeStep),
        ],
  };
}

const proofFields = z.object({
  sourceVersion: z.number(),
  keyMaterialId: z.string().optional(),
  provedAt: z.string().optional(),
  fingerprint: z.string().optional(),
});

/** Earlier versions as they were told, and the newest as it is seen. */
function versionsNow(inputs: KeyInputs, { facts }: ObservedKey, told: PlainRecord): readonly KeyVersion[] {
  const proof = proofFields.safeParse(told["proof"]).data;
  const proved = proof?.sourceVersion === copiedMaterial(inputs)?.version ? proof : undefined;
  const before = keyVersionsIn(told).filter(
    (version) => version.keyId !== facts.keyId || version.version !== inputs.version,
  );
  return [
    ...before.map((version) => (version.keyId === facts.keyId ? { ...version, keyState: facts.state } : version)),
    {
      version: inputs.version,
      keyId: facts.keyId,
      arn: facts.arn,
      keyMaterialId: "native" in inputs.material ? facts.keyMaterialId : proved?.keyMaterialId,
      fingerprint: proved?.fingerprint,
      keyState: facts.state,
      importedAt: proved?.provedAt,
      from: versionOrigin(inputs, inputs.version),
    },
  ];
}

/** Material that expired shows no expiry any more; the recorded one then says why the key is pending import. A replica that is being made shows none yet. */
function observedExpiry(inputs: KeyInputs, observed: ObservedKey): string | undefined {
  const { facts } = observed;
  if (facts.state === "PendingImport" || facts.state === "Creating") return inputs.validTo;
  const actual = facts.expires ? facts.validTo : undefined;
  return sameExpiry(inputs.validTo, actual) ? inputs.validTo : actual?.toISOString();
}

const sameSet = (one: readonly string[], other: readonly string[]): boolean =>
  canonicalJson([...one].sort()) === canonicalJson([...other].sort());

/** The outputs `proof`, `link` and `wrapping` after an import. */
export function toldBy(receipt: ImportReceipt, inputs: KeyInputs, wrapping: Wrapping): PlainRecord {
  const material = requireCopied(inputs);
  return {
    proof: {
      method: receipt.proof,
      fingerprint: `${receipt.fingerprint.method}:${receipt.fingerprint.value}`,
      checkValue: receipt.checkValue,
      keyMaterialId: receipt.keyMaterialId,
      sourceVersion: material.version,
      provedAt: receipt.importedAt,
    },
    link: {
      source: material.name,
      sourceOwner: material.owner,
      sourceVersion: material.version,
      at: receipt.importedAt,
      by: receipt.importedBy,
      group: inputs.group.name,
    },
    wrapping,
  };
}
