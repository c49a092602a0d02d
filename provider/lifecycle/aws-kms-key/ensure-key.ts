import {
  dueSteps,
  describeStep,
  isAliasStep,
  type KeyRecord,
  type KeyStep,
  type ObservedKey,
} from "../../model/aws-key-steps";
import { ByokError } from "../../model/errors";
import type { ImportReceipt, ImportRequest } from "../../model/ports/custodian";
import type { KmsPort } from "../../model/ports/kms";
import { importConnection } from "../../model/permissions/credential-roles";
import { validToFault } from "../../model/validity";
import type { Wrapping } from "../../model/wrapping";
import { isLeaving } from "../../model/key-states";
import { formerKeys, keyVersionsIn, materialsOf, type KeyVersion } from "../../model/key-versions";
import { connectionOf } from "../connection-of";
import { PartialFailure, type LifecycleContext, type PlainRecord } from "../contract";
import { canonicalJson } from "../same-json";
import { settle } from "../settled";
import { textList } from "../text-list";
import { requireUntouched } from "./adopt-key";
import { requireConfirmedDeletion } from "./delete-material";
import { desiredKey, keyInputsIn, type KeyInputs } from "./key-inputs";
import { compromiseOf, requireCopied } from "./key-material";
import { observeKey } from "./observe-key";
import { recordKey, toldBy } from "./record-key";
import { aliasTaken } from "./taken-aliases";
import { wrappingOfSource } from "./wrapping-of-source";

/** What `ensureKey` works on. */
export interface KeyUnderWork {
  readonly lineage: string;
  readonly keyId: string;
  readonly inputs: KeyInputs;
  /** Made by this very call, so that nobody else can have touched it. */
  readonly madeNow: boolean;
  /** The material of an adopted key is not ours to touch. */
  readonly keepMaterial: boolean;
  /** Earlier outputs; empty on create. */
  readonly olds: PlainRecord;
  /** Steps that are for later, because other keys of the same multi-Region key come first. */
  readonly defers?: (step: KeyStep) => boolean;
  /** True: the key is about to be left behind for one that a killed run has made, and that has the aliases already or gets them next. */
  readonly leavesAliases?: boolean;
  /** Of a replica: the key whose ARN a confirmation names, and whose material is the only one that it takes. */
  readonly replicaOf?: string;
  /** Of a replica: fingerprint of the newest material as the first Region got it. A file that was exchanged in between goes to no other. */
  readonly sameAs?: string;
}

/** Materials that the key holds besides the newest: it was rotated in place. */
const isRotatedInPlace = (versions: readonly KeyVersion[], keyId: string): boolean =>
  materialsOf(versions, keyId).length > 1;

/**
 * Looks, does the next step, looks again, until nothing is left; then tells what was seen. Each step runs at most once in a call:
 * what reads do not show at once is waited for, not done twice.
 *
 * @throws PartialFailure with the outputs so far: the key exists, and the next run goes on from there.
 */
export async function ensureKey(context: LifecycleContext, kms: KmsPort, work: KeyUnderWork): Promise<PlainRecord> {
  const { inputs, keyId, lineage, olds } = work;
  const desired = desiredKey(inputs, lineage);
  const versions = keyVersionsIn(olds);
  const formerKeyIds = new Set(formerKeys(versions, keyId).map((version) => version.keyId));
  let told: PlainRecord = { proof: olds["proof"], link: olds["link"], wrapping: olds["wrapping"], versions };
  const recordNow = (): KeyRecord => ({
    imported: work.keepMaterial || told["proof"] !== undefined,
    aliases: textList(olds["aliases"]),
    materials: materialsOf(versions, keyId),
  });
  const done = new Set<string>();
  const attempted: string[] = [];
  let seen: ObservedKey | undefined;
  let current = "reading the key";
  try {
    const wrapping = "native" in inputs.material ? undefined : wrappingOf(inputs);
    for (let pauses = 0; ;) {
      const observed = await observeKey(kms, keyId, { withMaterials: isRotatedInPlace(versions, keyId) });
      if (observed === undefined) throw gone(keyId);
      seen = observed;
      requireLiving(observed);
      const due = dueSteps(desired, observed, recordNow()).filter(
        (step) => work.defers?.(step) !== true && !(work.leavesAliases === true && isAliasStep(step)),
      );
      // An alias goes to a key only once the key is seen to hold its material.
      const waits = due.some((step) => step.kind === "import" && done.has(canonicalJson(step)));
      const next = due.find((step) => !done.has(canonicalJson(step)) && !(waits && step.kind === "create-alias"));
      if (next === undefined && (due.length === 0 || pauses >= settle.attempts)) break;
      if (next === undefined) {
        pauses += 1;
        await context.sleep(settle.pauseMs);
        continue;
      }
      current = describeStep(next);
      context.mayProceed();
      context.log.progress(current);
      if (next.kind === "delete-material") requireConfirmedDeletion(inputs, lineage, observed, work.replicaOf);
      if (next.kind === "import" && wrapping !== undefined) {
        refusePassedExpiry(next.validTo, context.clock());
        if (!work.madeNow && !recordNow().imported) {
          await requireUntouched(kms, observed, { policy: inputs.policy, grants: inputs.adopt?.grants ?? [] });
        }
        // A replica knows its primary's material before its own import (ImportType of ImportKeyMaterial).
        const step = { ...next, existing: next.existing || work.replicaOf !== undefined };
        const newest = next.material === undefined || next.material.version === inputs.version;
        const sameAs = newest ? work.sameAs : undefined;
        const receipt = await importMaterial(context, inputs, observed, wrapping, { ...step, sameAs }, versions);
        if (newest) told = { ...told, ...toldBy(receipt, inputs, wrapping) };
      } else if (next.kind !== "import") {
        if (next.kind === "create-alias") attempted.push(next.alias);
        await perform(kms, { lineage, keyId, inputs }, next, formerKeyIds);
      }
      done.add(canonicalJson(next));
    }
    if (wrapping !== undefined && told["proof"] === undefined && !desired.withoutMaterial)
      told = { ...told, ...(await proveAdopted(context, inputs, seen, wrapping)) };
    return recordKey(inputs, seen, recordNow(), told, desired);
  } catch (error) {
    const failure = ByokError.from(error, current);
    const outputs =
      seen === undefined
        ? { ...keyInputsIn(inputs), ...olds, keyId, pending: [...new Set([current, ...textList(olds["pending"])])] }
        : withAttempted(recordKey(inputs, seen, recordNow(), told, desired), attempted);
    throw new PartialFailure(lineage, outputs, failure.with({ step: current }));
  }
}

/** An alias that was asked for when the run died may exist: whoever deletes the key looks for it. */
const withAttempted = (outputs: PlainRecord, aliases: readonly string[]): PlainRecord =>
  aliases.length === 0
    ? outputs
    : { ...outputs, aliases: [...new Set([...textList(outputs["aliases"]), ...aliases])].sort() };

/** Material that expired comes back only with an expiry in the future, or without one. */
function refusePassedExpiry(validTo: string | undefined, now: Date): void {
  const fault = validTo === undefined ? undefined : validToFault(validTo, now);
  if (fault === undefined) return;
  throw new ByokError("BYOK_INPUT_INVALID", `validTo: ${fault}`, { property: "validTo" });
}

const gone = (keyId: string): ByokError =>
  new ByokError("BYOK_AWS_NOT_FOUND", `The KMS key ${keyId} does not exist any more.`, {
    hint: "Run pulumi refresh: it keeps the key in the state as Destroyed, and says which lines to remove, or how to get a new key.",
  });

function requireLiving(observed: ObservedKey): void {
  const { facts } = observed;
  if (!isLeaving(facts.state)) return;
  const date = facts.deletionDate?.toISOString().slice(0, 10) ?? "its date";
  throw new ByokError("BYOK_AWS_INVALID_STATE", `${facts.arn} is scheduled for deletion; AWS deletes it on ${date}.`, {
    hint: "Cancel the deletion in AWS (kms:CancelKeyDeletion) to keep the key, or remove this resource from the program to let it go.",
  });
}

/** The way the material travels; what check refused before cannot have got here, unless the token was not known then. */
export function wrappingOf(inputs: KeyInputs): Wrapping {
  const wrapping = wrappingOfSource(inputs);
  if (wrapping === undefined) {
    throw new ByokError("BYOK_WRAP_REFUSED", "What the token can do is not known.", {
      hint: "Make the PIN reference of the source group resolve, and run pulumi up again.",
    });
  }
  if ("refused" in wrapping) throw new ByokError("BYOK_WRAP_REFUSED", wrapping.refused, { hint: wrapping.hint });
  return wrapping;
}

export function importRequest(
  context: LifecycleContext,
  inputs: KeyInputs,
  observed: ObservedKey,
  wrapping: Wrapping,
): ImportRequest {
  const { owner, version, group, file, inToken } = requireCopied(inputs);
  const connection = connectionOf(inputs.group);
  const compromisedSince = compromiseOf(inputs.material);
  return {
    owner,
    version,
    spec: inputs.spec,
    ...(file === undefined ? {} : { file: inToken ? { ...file, keptAs: context.name } : file }),
    rules: {
      allowedTargets: group.allowedTargets,
      lab: group.lab,
      minOaepHash: group.minOaepHash,
      ...(compromisedSince === undefined ? {} : { compromisedSince }),
    },
    target: {
      connection: { ...importConnection(connection), account: inputs.account },
      keyArn: observed.facts.arn,
      configValues: context.configValues(connection),
    },
    wrappingAlgorithm: wrapping.algorithm,
    wrappingKeySpec: wrapping.wrappingKeySpec,
    existing: false,
    copyName: context.name,
    ...fileFingerprint(inputs),
  };
}

/** What check saw in the file, so that neither a file that was exchanged since nor other material that the token kept of this name gets to AWS. */
function fileFingerprint({ material, materialIdentity }: KeyInputs): Pick<ImportRequest, "expectedFingerprint"> {
  // Where the token was not known yet, check could only digest the file as it stands.
  const isKnown = "file" in material && materialIdentity?.startsWith("file:") === false;
  return isKnown ? { expectedFingerprint: materialIdentity } : {};
}

function importMaterial(
  context: LifecycleContext,
  inputs: KeyInputs,
  observed: ObservedKey,
  wrapping: Wrapping,
  step: Extract<KeyStep, { kind: "import" }> & { readonly sameAs?: string | undefined },
  versions: readonly KeyVersion[],
): Promise<ImportReceipt> {
  const request = importRequest(context, inputs, observed, wrapping);
  const expiry = step.validTo === undefined ? {} : { validTo: step.validTo };
  const { material } = step;
  const which =
    material === undefined
      ? {}
      : {
          version: requireCopied({ ...inputs, version: material.version }).version,
          expectedKeyMaterialId: material.keyMaterialId,
        };
  const before = step.existing
    ? versions.find((version) => version.version === (material?.version ?? inputs.version))
    : undefined;
  const fingerprint = before?.fingerprint ?? step.sameAs;
  const same = fingerprint === undefined ? {} : { expectedFingerprint: fingerprint };
  return context
    .custodian(requireCopied(inputs).group.token)
    .importInto({ ...request, ...expiry, ...which, ...same, existing: step.existing });
}

/** An adopted asymmetric or HMAC key is proved by asking it; a symmetric one could only be proved by importing into it. */
async function proveAdopted(
  context: LifecycleContext,
  inputs: KeyInputs,
  observed: ObservedKey,
  wrapping: Wrapping,
): Promise<PlainRecord> {
  if (observed.facts.state !== "Enabled") {
    context.log.warn(
      "it is not proven that this key holds the source's material: AWS answers for an enabled key only.",
    );
    return {};
  }
  if (inputs.spec === "AES_256") {
    context.log.warn(
      "it is not proven that this key holds the source's material: of a symmetric key that only an import can tell, and its material is left as it is.",
    );
    return {};
  }
  const request = importRequest(context, inputs, observed, wrapping);
  const receipt = await context.custodian(requireCopied(inputs).group.token).prove({ ...request, existing: true });
  return toldBy(receipt, inputs, wrapping);
}

async function perform(
  kms: KmsPort,
  { lineage, keyId, inputs }: Pick<KeyUnderWork, "lineage" | "keyId" | "inputs">,
  step: Exclude<KeyStep, { kind: "import" }>,
  formerKeyIds: ReadonlySet<string>,
): Promise<void> {
  switch (step.kind) {
    case "tag":
      return kms.tag(keyId, step.tags);
    case "untag":
      return kms.untag(keyId, step.keys);
    case "policy":
      return kms.putPolicy(keyId, step.policy);
    case "description":
      return kms.setDescription(keyId, step.description);
    case "delete-material":
      return kms.deleteMaterial(keyId, step.keyMaterialId);
    case "enable":
      return kms.enable(keyId);
    case "disable":
      return kms.disable(keyId);
    case "create-alias": {
      const target = await kms.aliasTarget(step.alias);
      if (target === keyId) return;
      if (target !== undefined && formerKeyIds.has(target)) return kms.updateAlias(step.alias, keyId);
      if (target !== undefined) {
        const index = (inputs.aliases ?? []).indexOf(step.alias);
        throw await aliasTaken(kms, { alias: step.alias, index, keyId: target }, lineage);
      }
      return kms.createAlias(step.alias, keyId);
    }
    case "delete-alias":
      return kms.deleteAlias(step.alias);
  }
}
