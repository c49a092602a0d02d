import { azureTargetFacts, refuseAzureTarget } from "../model/azure-trust";
import { ByokError } from "../model/errors";
import { isLabOwner } from "../model/owner";
import type { AzureTarget } from "../model/ports/azure-import";
import type { AzureCaller, KeyVaultImportPort } from "../model/ports/key-vault";
import type { SourceRules } from "../model/source-rules";
import type { OperationContext } from "./operation-context";

/** A vault whose connection the custodian opened itself, and whose caller belongs to the tenant that the connection names. */
export interface VerifiedVault {
  readonly target: AzureTarget;
  readonly vault: KeyVaultImportPort;
  readonly caller: AzureCaller;
}

/**
 * Opens the connection to a vault. The rules decide before the first byte goes there; the digests of the CA file that they saw bind the connection.
 *
 * @throws ByokError BYOK_TARGET_NOT_TRUSTED, BYOK_AZURE_WRONG_TENANT, BYOK_AZURE_*
 */
export async function openVault(
  context: OperationContext,
  target: AzureTarget,
  rules: SourceRules,
  owner: string,
): Promise<VerifiedVault> {
  const caSha256 = await decideVaultTrust(context, target, rules, owner);
  const vault = await context.openKeyVaultImport(target.connection, {
    configValues: target.configValues,
    env: { ...process.env, ...context.environment },
    caSha256,
    signal: context.signal,
  });
  const caller = await vault.caller();
  if (caller.tenantId.toLowerCase() !== target.connection.tenantId.toLowerCase())
    throw new ByokError(
      "BYOK_AZURE_WRONG_TENANT",
      `The credentials belong to tenant ${caller.tenantId}, and the group is for tenant ${target.connection.tenantId}.`,
      { hint: "Use credentials of the group's tenant." },
    );
  return { target, vault, caller };
}

/**
 * Decides the source group's rules about where its keys may go, and answers the digests that it saw in the connection's CA file.
 *
 * @throws ByokError BYOK_KEY_COMPROMISED, BYOK_TARGET_NOT_TRUSTED with the line to add as hint
 */
export async function decideVaultTrust(
  context: Pick<OperationContext, "caDigests">,
  { connection }: AzureTarget,
  rules: SourceRules,
  owner: string,
): Promise<readonly string[]> {
  if (rules.compromisedSince !== undefined)
    throw new ByokError(
      "BYOK_KEY_COMPROMISED",
      `No material goes to this target: others may have the key since ${rules.compromisedSince}.`,
      { hint: "Give the copy other material; compromised stands on the source key." },
    );
  if (isLabOwner(owner) !== rules.lab) {
    const [made, group] = rules.lab ? ["without lab", "has lab: true"] : ["with lab: true", "is no lab"];
    throw new ByokError(
      "BYOK_TARGET_NOT_TRUSTED",
      `No material goes to this target: the key was made in a source group ${made}, and this one ${group}.`,
      { hint: "Generate another key in this source group." },
    );
  }
  const caFile = connection.tls?.caFile;
  const digests = caFile === undefined ? [] : await context.caDigests(caFile);
  const refusal = refuseAzureTarget(azureTargetFacts(connection, digests), rules);
  if (refusal !== undefined)
    throw new ByokError("BYOK_TARGET_NOT_TRUSTED", `No material goes to this target: ${refusal.refused}`, {
      hint: refusal.hint,
    });
  return digests;
}
