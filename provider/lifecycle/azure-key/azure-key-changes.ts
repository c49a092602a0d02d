import { azureTargetFacts, refuseAzureTarget } from "../../model/azure-trust";
import type { DueRotation } from "../../model/due-rotation";
import { failureOf } from "../answers";
import { compromiseOf, groupOf, nameOf, propertyOf, specOf } from "../aws-kms-key/key-material";
import { azureConnectionOf } from "../azure-connection-of";
import type { CheckFailure, LifecycleContext, PlainRecord } from "../contract";
import type { AzureKeyInputs } from "../inputs/azure-key-inputs";
import { sameJson } from "../same-json";

/** What cannot change of a key that exists. */
export function changeFailures(
  inputs: AzureKeyInputs,
  before: PlainRecord,
  due: DueRotation,
  isGone: boolean,
): readonly CheckFailure[] {
  if (before["owner"] === undefined) return [];
  const failures: CheckFailure[] = [];
  const spec = specOf(inputs.material);
  if (before["spec"] !== spec)
    failures.push({
      property: propertyOf(inputs.material),
      reason: `is ${spec} now, and the key is ${String(before["spec"])}: callers that name no version would meet another type. Make another key.`,
    });
  if (before["protection"] !== inputs.protection)
    failures.push({
      property: "protection",
      reason: `cannot change (it is ${String(before["protection"])}). Make another key under another name.`,
    });
  for (const name of ["notBefore", "expiresOn"] as const) {
    if (inputs[name] !== undefined || typeof before[name] !== "string" || due.reason !== "none") continue;
    if (before["adopted"] === true || (name === "expiresOn" && before["expiryByPolicy"] === true)) continue;
    failures.push({
      property: name,
      reason: `cannot be taken away: the version has ${before[name]}, and Azure keeps a date that it was given. Move it, or rotate the key: the next version has none.`,
    });
  }
  if (isGone && due.reason === "trigger")
    failures.push({
      property: propertyOf(inputs.material),
      reason: `there is no such file, and the rotation that is asked for imports it once more.`,
    });
  if (inputs.adopt !== undefined && !sameJson(before["adopt"], inputs.adopt))
    failures.push({
      property: "adopt",
      reason:
        before["adopted"] === true
          ? "may be removed, not changed."
          : "cannot be added to a key that exists: this resource has its key already.",
    });
  return failures;
}

/** What others may have is copied nowhere any more. */
export function compromiseFailures(
  { material }: AzureKeyInputs,
  reason: DueRotation["reason"],
): readonly CheckFailure[] {
  const since = compromiseOf(material);
  if (since === undefined || reason === "none") return [];
  return [
    {
      property: propertyOf(material),
      reason: `${nameOf(material)} is compromised since ${since}, so nothing is imported from it. Use another key.`,
    },
  ];
}

/** Whether the rules of the source group let its keys go there. */
export async function trustFailures(
  context: LifecycleContext,
  inputs: AzureKeyInputs,
): Promise<readonly CheckFailure[]> {
  const source = groupOf(inputs.material);
  if (source === undefined) return [];
  const connection = azureConnectionOf(inputs.group);
  try {
    const digests = connection.tls?.caFile === undefined ? [] : await context.caDigests(connection.tls.caFile);
    const refusal = refuseAzureTarget(azureTargetFacts(connection, digests), source);
    return refusal === undefined ? [] : [{ property: "group", reason: `${refusal.refused} ${refusal.hint}` }];
  } catch (error) {
    return [failureOf(error, "group.tls.caFile", "Reading the certificate authorities")];
  }
}
