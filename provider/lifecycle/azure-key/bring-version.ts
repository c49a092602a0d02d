import { momentOf } from "../../model/moment";
import { azureKeyTypeOf } from "../../model/azure-key-type";
import { azureOwnership, type DesiredAzureKey, type OwnVersion } from "../../model/azure-key-steps";
import { periodAfter } from "../../model/azure-rotation";
import { ByokError } from "../../model/errors";
import { keySpecFacts } from "../../model/key-spec";
import type {
  AzureClearImportReceipt,
  AzureClearImportRequest,
  AzureProof,
  AzureProveRequest,
} from "../../model/ports/azure-import";
import type { CreateVaultKeyRequest, KeyVaultPort, NewVersionSettings } from "../../model/ports/key-vault";
import { compromiseOf, requireCopied } from "../aws-kms-key/key-material";
import { azureConnectionOf } from "../azure-connection-of";
import type { LifecycleContext, PlainRecord } from "../contract";
import type { AzureKeyGoal } from "./azure-key-inputs";
import { partsOfId } from "./adopt-version";
import { travelsInClear } from "./check-clear-import";
import { requireRemoved } from "./import-wrapping-key";
import { bringByokFile } from "./import-byok-file";
import { fingerprintText, type Told } from "./record-azure-key";
import { withVersion } from "./told-version";
import { tellOfOther, wrappingKeyFor } from "./wrapping-key-asked";

/** Makes the version that is asked for: Azure makes a native one, the custodian imports all other material. */
export async function bringVersion(
  context: LifecycleContext,
  port: KeyVaultPort,
  inputs: AzureKeyGoal,
  desired: DesiredAzureKey,
  told: Told,
): Promise<Told> {
  const settings = newSettings(inputs, desired, context.clock());
  context.mayProceed();
  if ("native" in inputs.material) {
    context.log.progress("Azure makes the key");
    const made = await port.createKey({ ...nativeRequest(inputs), ...settings });
    return withVersion(told, inputs, desired.version, made.version, {});
  }
  if ("byok" in inputs.material) return bringByokFile(context, port, inputs, settings, told);
  context.log.progress("importing key material");
  const custodian = context.custodian(requireCopied(inputs).group.token);
  const request: AzureClearImportRequest = {
    ...askedOf(context, inputs),
    operations: settings.operations,
    enabled: settings.enabled,
    ...(settings.notBefore === undefined ? {} : { notBefore: settings.notBefore.toISOString() }),
    ...(settings.expiresOn === undefined ? {} : { expiresOn: settings.expiresOn.toISOString() }),
    tags: settings.tags,
    ...expectedOf(inputs, told),
    copyName: context.name,
  };
  if (travelsInClear(inputs))
    return withReceipt(told, inputs, desired.version, await custodian.importInClear(request), inClear);
  const receipt = await custodian.importIntoAzure({ ...request, wrappingKey: wrappingKeyFor(context, inputs) });
  const { wrappingKey } = receipt;
  await requireRemoved(context, port, inputs, wrappingKey);
  tellOfOther(context, inputs, wrappingKey);
  const wrapping = { algorithm: "CKM_RSA_AES_KEY_WRAP", wrappingKey, attestation: "not verified" };
  return withReceipt(told, inputs, desired.version, receipt, wrapping);
}

/** Shows that the version that is there holds the material; an import whose answer was lost, or an adopted version, has no receipt. */
export async function proveVersion(
  context: LifecycleContext,
  inputs: AzureKeyGoal,
  { number, facts }: OwnVersion,
  told: Told,
): Promise<Told> {
  const { owner, version, group, name } = requireCopied(inputs);
  context.log.progress("proving the copy");
  const proof = await context.custodian(group.token).proveInAzure({ ...askedOf(context, inputs), keyId: facts.id });
  const receipts = {
    ...told.receipts,
    proof: proofOutput(proof, facts.id, version),
    link: { source: name, sourceOwner: owner, sourceVersion: version, at: proof.provedAt, group: inputs.group.name },
  };
  return withVersion({ ...told, receipts }, inputs, number, facts.version, {
    fingerprint: fingerprintText(proof.fingerprint),
    provedAt: proof.provedAt,
  });
}

/** The output `wrapping` of material that was not wrapped. */
const inClear: PlainRecord = { algorithm: "none", inClear: true };

function withReceipt(
  told: Told,
  inputs: AzureKeyGoal,
  number: number,
  receipt: AzureClearImportReceipt,
  wrapping: PlainRecord,
): Told {
  const { name, owner, version } = requireCopied(inputs);
  const provedAt = receipt.importedAt;
  const receipts = {
    proof: proofOutput({ ...receipt, provedAt }, receipt.keyId, version),
    link: {
      source: name,
      sourceOwner: owner,
      sourceVersion: version,
      at: receipt.importedAt,
      by: receipt.importedBy,
      group: inputs.group.name,
    },
    wrapping,
  };
  const { keyVersion } = partsOfId(receipt.keyId);
  return withVersion({ ...told, receipts }, inputs, number, keyVersion, {
    fingerprint: fingerprintText(receipt.fingerprint),
    provedAt,
  });
}

const proofOutput = (
  { proof, fingerprint, checkValue, provedAt }: AzureProof,
  keyId: string,
  sourceVersion: number,
): PlainRecord => ({
  method: proof,
  fingerprint: fingerprintText(fingerprint),
  checkValue,
  versionId: keyId,
  sourceVersion,
  provedAt,
});

function newSettings(inputs: AzureKeyGoal, desired: DesiredAzureKey, now: Date): NewVersionSettings {
  const [notBefore, fixed] = [inputs.notBefore, inputs.expiresOn].map((text) =>
    text === undefined ? undefined : momentOf(text),
  );
  // A version that Azure makes by its policy is valid as long, and so is one that is made by hand.
  const expiresOn = fixed ?? periodAfter(inputs.rotation?.expiresAfter ?? "", now);
  return {
    enabled: desired.enabled,
    operations: desired.operations,
    tags: { ...desired.tags, ...azureOwnership(desired, desired.version) },
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(expiresOn === undefined ? {} : { expiresOn }),
  };
}

function nativeRequest({
  name,
  spec,
  protection,
}: AzureKeyGoal): Pick<CreateVaultKeyRequest, "name" | "kty" | "curve" | "bits"> {
  const facts = azureKeyTypeOf(spec);
  if (facts === undefined) throw new ByokError("BYOK_INTERNAL", `Azure has no ${spec} keys.`);
  const { kty, curve } = facts;
  return {
    name,
    kty: kty === "oct" ? "oct-HSM" : protection === "hsm" ? `${kty}-HSM` : kty,
    ...(curve === undefined ? { bits: keySpecFacts[spec].bits } : { curve }),
  };
}

/** What every request about the material says of it and of its target. */
function askedOf(
  context: LifecycleContext,
  inputs: AzureKeyGoal,
): Pick<AzureProveRequest, "owner" | "version" | "spec" | "file" | "rules" | "target"> {
  const { owner, version, spec, group, file, inToken } = requireCopied(inputs);
  const compromisedSince = compromiseOf(inputs.material);
  const connection = azureConnectionOf(inputs.group);
  return {
    owner,
    version,
    spec,
    ...(file === undefined ? {} : { file: inToken ? { ...file, keptAs: context.name } : file }),
    rules: {
      allowedTargets: group.allowedTargets,
      lab: group.lab,
      minOaepHash: group.minOaepHash,
      ...(compromisedSince === undefined ? {} : { compromisedSince }),
    },
    target: { connection, keyName: inputs.name, configValues: context.azureConfigValues(connection) },
  };
}

/** A version that is imported once more is the same key as before, or none; a file is what check saw. */
function expectedOf(
  { version, material, materialIdentity }: AzureKeyGoal,
  told: Told,
): { readonly expectedFingerprint?: string } {
  const known = told.versions.find((each) => each.version === version)?.fingerprint;
  // Where the token was not known yet, check could only digest the file as it stands.
  const seen = "file" in material && materialIdentity?.startsWith("file:") === false ? materialIdentity : undefined;
  const expected = known ?? seen;
  return expected === undefined ? {} : { expectedFingerprint: expected };
}
