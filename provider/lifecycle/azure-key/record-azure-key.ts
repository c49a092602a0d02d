import { sameAzureDate } from "../../model/azure-dates";
import { azureKeyId } from "../../model/azure-key-name";
import {
  describeAzureStep,
  disabledByIn,
  dueAzureSteps,
  type DesiredAzureKey,
  type KnownVersion,
  type ObservedAzureKey,
  type OwnVersion,
} from "../../model/azure-key-steps";
import { rotationOf } from "../../model/azure-rotation";
import { azureUserTags } from "../../model/azure-tags";
import type { AzureKeyVersion, AzureMaterialOrigin } from "../../model/azure-key-versions";
import { spkiPem } from "../../model/spki-pem";
import type { Fingerprint } from "../../model/ports/custodian";
import type { VaultKeyFacts } from "../../model/ports/key-vault";
import { ownershipTags } from "../../model/owner";
import { copiedMaterial, materialMark, originOf } from "../aws-kms-key/key-material";
import type { PlainRecord } from "../contract";
import { isRecord } from "../is-record";
import { sameJson } from "../same-json";
import { azureKeyInputsKept, operationsOf, type AzureKeyGoal } from "./azure-key-inputs";

/** What a run learns beside what the vault shows: receipts, and what disabled a version. */
export interface Told {
  /** Outputs `proof`, `link` and `wrapping`. */
  readonly receipts: PlainRecord;
  readonly versions: readonly AzureKeyVersion[];
}

/** By Azure's name of each version. */
export const knownOf = ({ versions }: Told): ReadonlyMap<string, KnownVersion> =>
  new Map(
    versions.map(({ keyVersion, provedAt, disabledBy }) => [
      keyVersion,
      { proved: provedAt !== undefined, disabledBy },
    ]),
  );

/** Outputs of a key: what was observed under the names of the inputs, and what only Azure or the custodian knows. */
export function recordAzureKey(
  inputs: AzureKeyGoal,
  observed: ObservedAzureKey,
  told: Told,
  desired: DesiredAzureKey,
): PlainRecord {
  const { current } = observed;
  const keyId = azureKeyId(inputs.vaultUrl, inputs.name);
  const common = {
    ...azureKeyInputsKept(inputs),
    ...receiptsOf(inputs, current, told),
    keyId,
    versions: versionsNow(inputs, observed, told),
    pending: dueAzureSteps(desired, observed, knownOf(told)).map(describeAzureStep),
  };
  const rotation = observed.policy === undefined ? inputs.rotation : rotationOf(observed.policy, inputs.rotation);
  if (current === undefined) return { ...common, rotation, keyState: "Missing" };
  const tags = azureUserTags(current.tags);
  const operations = [...operationsOf(inputs)].sort().join() === [...current.operations].sort().join();
  return {
    ...common,
    rotation,
    operations: operations ? operationsOf(inputs) : current.operations,
    tags: sameJson(inputs.tags, tags) ? inputs.tags : tags,
    enabled: current.enabled,
    notBefore: observedDate(inputs.notBefore, current.notBefore),
    // A date that Azure gave a version by itself is nothing that the program asked for; \`versions\` tells it.
    expiresOn:
      inputs.expiryByPolicy === true && inputs.expiresOn === undefined
        ? undefined
        : observedDate(inputs.expiresOn, current.expiresOn),
    versionId: current.id,
    keyState: current.enabled ? "Enabled" : "Disabled",
    kty: current.kty,
    createdOn: current.createdOn.toISOString(),
    recoveryLevel: current.recoveryLevel,
    ...(current.publicKey === undefined ? {} : { publicKey: spkiPem(current.publicKey) }),
  };
}

/** Receipts of the present material; those of a former one, which a run may have left that was cut off, say nothing of it. */
function receiptsOf({ material }: AzureKeyGoal, current: VaultKeyFacts | undefined, { receipts }: Told): PlainRecord {
  if ("native" in material) return {};
  if (!("byok" in material)) return receipts;
  const { proof, wrapping } = receipts;
  const isProven = current === undefined || (isRecord(proof) && proof["versionId"] === current.id);
  return {
    proof: isProven ? proof : { method: "not compared", versionId: current.id },
    ...(isRecord(wrapping) && wrapping["wrappedElsewhere"] === true ? { wrapping } : {}),
  };
}

const observedDate = (wanted: string | undefined, found: Date | undefined): string | undefined =>
  sameAzureDate(wanted, found?.toISOString()) ? wanted : found?.toISOString();

function versionsNow(inputs: AzureKeyGoal, { own }: ObservedAzureKey, told: Told): readonly AzureKeyVersion[] {
  return own.map((version) => {
    const known = told.versions.find(({ keyVersion }) => keyVersion === version.facts.version);
    const disabledBy = known?.disabledBy ?? disabledByIn(version.facts);
    return { ...(known ?? originFound(inputs, version)), ...shown(version, disabledBy) };
  });
}

/** Of a version that other material has taken, nothing is known but that it is not this. */
const originFound = (
  inputs: AzureKeyGoal,
  version: OwnVersion,
): Pick<AzureKeyVersion, "origin" | "source" | "sourceOwner" | "sourceVersion"> => {
  const mark = version.facts.tags[ownershipTags.material];
  if (mark === undefined || mark === materialMark(inputs)) return originNow(inputs, version);
  const native = materialMark({ material: { native: true, spec: inputs.spec } });
  return { origin: mark === native ? "AZURE" : "EXTERNAL" };
};

/** What the vault shows of a version. */
function shown(
  { number, facts }: OwnVersion,
  disabledBy: AzureKeyVersion["disabledBy"],
): Omit<AzureKeyVersion, "origin"> {
  return {
    version: number,
    keyVersion: facts.version,
    id: facts.id,
    enabled: facts.enabled,
    disabledBy: facts.enabled && disabledBy === "key" ? undefined : disabledBy,
    createdOn: facts.createdOn.toISOString(),
    notBefore: facts.notBefore?.toISOString(),
    expiresOn: facts.expiresOn?.toISOString(),
  };
}

/** Where the material of a version comes from that the state does not know yet. */
export function originNow(
  inputs: AzureKeyGoal,
  { number }: Pick<OwnVersion, "number">,
): Pick<AzureKeyVersion, "origin" | "source" | "sourceOwner" | "sourceVersion"> {
  const { material } = inputs;
  const origin = azureOrigin(inputs);
  if ("byok" in material) return { origin, source: material.byok };
  const copied = copiedMaterial({ ...inputs, version: number });
  if (copied === undefined) return { origin };
  return {
    origin,
    source: copied.name,
    ...(copied.inToken ? { sourceOwner: copied.owner, sourceVersion: copied.version } : {}),
  };
}

/** The same three origins as on the other cloud, under this one's name. */
export const azureOrigin = ({ material }: Pick<AzureKeyGoal, "material">): AzureMaterialOrigin => {
  const origin = originOf(material);
  return origin === "AWS_KMS" ? "AZURE" : origin;
};

/** As state and proof tell it: method, colon, digest. */
export const fingerprintText = ({ method, value }: Fingerprint): string => `${method}:${value}`;
