import type { LocalVault } from "../options";

/** A vault or managed HSM as Resource Manager shows it (Microsoft.KeyVault/vaults, Microsoft.KeyVault/managedHSMs). */
export function vaultResource(vault: LocalVault): object {
  const { name, url, tier, tenantId, subscriptionId, resourceGroup, location, retentionDays, purgeProtection } = vault;
  const isHsm = tier === "managed-hsm";
  const type = isHsm ? "Microsoft.KeyVault/managedHSMs" : "Microsoft.KeyVault/vaults";
  const common = {
    tenantId,
    enableSoftDelete: true,
    softDeleteRetentionInDays: retentionDays,
    // Resource Manager leaves the member out, or sends null, where protection is off.
    ...(purgeProtection ? { enablePurgeProtection: true } : {}),
    provisioningState: "Succeeded",
    publicNetworkAccess: "Enabled",
  };
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${type}/${name}`;
  if (isHsm) {
    const sku = { family: "B", name: "Standard_B1" };
    return { id, name, type, location, tags: {}, sku, properties: { ...common, hsmUri: `${url}/` } };
  }
  const sku = { family: "A", name: tier };
  const properties = { ...common, sku, accessPolicies: [], enableRbacAuthorization: true, vaultUri: `${url}/` };
  return { id, name, type, location, tags: {}, properties };
}
