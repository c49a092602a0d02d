import { azureKeyNameFault, sameKeyName } from "../../model/azure-key-name";
import { azureKeyTypeOf } from "../../model/azure-key-type";
import { ownerHash } from "../../model/owner";
import { accepted, failureOf, refused } from "../answers";
import { inspectMaterial } from "../aws-kms-key/check-material";
import { compromiseOf, specOf } from "../aws-kms-key/key-material";
import type { CheckFailure, CheckResult, LifecycleContext, PlainRecord } from "../contract";
import { azureKeyInputs, type AzureKeyInputs } from "../inputs/azure-key-inputs";
import { pinnedWrappingKeySchema } from "../inputs/azure-shapes";
import { validate } from "../validate";
import { findAdoptedVersion } from "./adopt-version";
import { asFound } from "./as-found";
import { changeFailures, compromiseFailures, trustFailures } from "./azure-key-changes";
import { materialFailures, ruleFailures } from "./azure-key-rules";
import { byokImportFailures, inspectByok, type InspectedByok } from "./byok-material";
import { clearImportWarning, travelsInClear } from "./check-clear-import";
import { fromVaultTemplate } from "./from-vault-template";
import { planAzureVersion } from "./plan-azure-version";
import { fromBackup } from "./plan-restore";

/** Validates and derives. It calls no cloud, but to read a key that is to be adopted. */
export async function checkAzureKey(
  context: LifecycleContext,
  olds: PlainRecord,
  program: PlainRecord,
): Promise<CheckResult> {
  // The group's wrapping key is an output of the group, and nothing that is derived here depends on it.
  const { wrappingKey, ...written } = program;
  const carried = wrappingKey === undefined ? {} : { wrappingKey };
  const news = olds["adopted"] === true ? written : fromVaultTemplate(context.name, written);
  const validated = validate(azureKeyInputs, news);
  if (validated.kind === "wrong") return refused(program, validated.failures);
  if (validated.kind === "unknown") return accepted({ ...news, ...carried });
  const inputs = validated.value;
  const { vaultUrl, tenantId } = inputs.group;
  const name = inputs.name ?? context.name;
  const nameFault = azureKeyNameFault(name);
  if (nameFault !== undefined)
    return refused(program, [
      { property: "name", reason: inputs.name === undefined ? `${nameFault} Name the key with name.` : nameFault },
    ]);
  const samePlace =
    olds["vaultUrl"] === vaultUrl && typeof olds["name"] === "string" && sameKeyName(olds["name"], name);
  const before = samePlace ? olds : {};
  const unfit = materialFailures(inputs, written);
  if (unfit.length > 0) return refused(program, unfit);
  const inspected = await inspect(context, inputs, before);
  if (inspected.failures.length > 0) return refused(program, inspected.failures);
  const { digest, identity, isGone = false, publicKeySha256 } = inspected;
  const due = await fromBackup(context, inputs, before, planAzureVersion(context, inputs, before, identity));
  const brings = before["owner"] === undefined ? inputs.adopt === undefined : due.reason !== "none";
  const failures = [
    ...ruleFailures(inputs, before, context.clock()),
    ...changeFailures(inputs, before, due, isGone),
    ...(await trustFailures(context, inputs)),
    ...compromiseFailures(inputs, due.reason),
    ...(brings ? fileFailures(inputs, inspected, wrappingKey) : []),
  ];
  if (failures.length > 0) return refused(program, failures);
  if (brings && travelsInClear(inputs)) context.log.warn(clearImportWarning);
  const spec = specOf(inputs.material);
  const byPolicy = before["expiryByPolicy"] === true || inputs.rotation?.expiresAfter !== undefined;
  const derived = {
    ...inputs,
    ...carried,
    name,
    vaultUrl,
    tenantId,
    spec,
    version: due.version,
    versionOffset: due.offset === 0 ? undefined : due.offset,
    materialDigest: digest,
    materialIdentity: identity,
    expectedPublicKeySha256: publicKeySha256,
    expiryByPolicy: byPolicy ? true : undefined,
    enabled: compromiseOf(inputs.material) === undefined ? inputs.enabled : false,
    owner:
      typeof before["owner"] === "string"
        ? before["owner"]
        : ownerHash({
            organization: inputs.organization ?? "organization",
            urn: inputs.self ?? "",
            place: `${vaultUrl}/keys/${name.toLowerCase()}`,
          }),
  };
  if (before["adopted"] === true) return accepted(asFound({ ...derived, adopted: true }, before));
  if (inputs.adopt !== undefined) {
    try {
      return accepted({ ...(await findAdoptedVersion(context, inputs, derived)), adopted: true });
    } catch (error) {
      return refused(program, [failureOf(error, "adopt.id", "Reading the key to adopt")]);
    }
  }
  return accepted({
    ...derived,
    operations: inputs.operations ?? azureKeyTypeOf(spec)?.operations ?? [],
    tags: inputs.tags ?? {},
    enabled: derived.enabled ?? true,
  });
}

/** Looks at the file of the material, where it is one. */
const inspect = (
  context: LifecycleContext,
  { material }: AzureKeyInputs,
  before: PlainRecord,
): Promise<InspectedByok> =>
  "byok" in material ? inspectByok(context, material, before) : inspectMaterial(context, { material }, before);

/** Whether the file that is to be imported was wrapped for the group's wrapping key; a backup may bring back what was imported under another one. */
const fileFailures = (
  inputs: AzureKeyInputs,
  { header }: InspectedByok,
  wrappingKey: unknown,
): readonly CheckFailure[] =>
  "byok" in inputs.material && inputs.backup === undefined
    ? byokImportFailures(inputs, inputs.material, header, pinnedWrappingKeySchema.safeParse(wrappingKey).data)
    : [];
