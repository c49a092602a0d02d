import { LocalCloudError } from "../options";
import { type Directory, requireGuid } from "./entra/directory";
import type { KnownSubscription, LocalAzureOptions, LocalSubscription, LocalVault, LocalVaultOptions } from "./options";

const defaultVaults: readonly LocalVaultOptions[] = [
  { name: "local-standard", tier: "standard" },
  { name: "local-premium", tier: "premium" },
  { name: "local-hsm", tier: "managed-hsm" },
];

export function planSubscriptions(
  { subscriptions }: LocalAzureOptions,
  ownId: string,
  directory: Directory,
): KnownSubscription[] {
  const firstTenant = directory.tenants[0]?.id ?? "";
  const asked: readonly LocalSubscription[] = subscriptions ?? [{ id: ownId }];
  return asked.map(({ id, tenantId: askedTenant, name: askedName }) => {
    const tenantId = askedTenant ?? firstTenant;
    const name = askedName ?? "Local subscription";
    requireGuid("subscription id", id);
    if (directory.tenant(tenantId) === undefined)
      throw new LocalCloudError(
        `The subscription ${id} names a tenant that is not there.`,
        "Give a tenant of tenants.",
      );
    return { id, tenantId, name };
  });
}

/** A vault before its port is known. */
export type PlannedVault = Omit<LocalVault, "url">;

export function planVaults(
  { vaults = defaultVaults }: LocalAzureOptions,
  subscriptions: readonly KnownSubscription[],
): PlannedVault[] {
  const planned = vaults.map((vault) => planVault(vault, subscriptions));
  const names = planned.map(({ name }) => name.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new LocalCloudError(`Two vaults have the name ${twice}.`, "Give each its own.");
  return planned;
}

function planVault(options: LocalVaultOptions, subscriptions: readonly KnownSubscription[]): PlannedVault {
  const { name, tier, retentionDays = 90, purgeProtection = false } = options;
  if (!/^[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$/.test(name))
    throw new LocalCloudError(
      `"${name}" is no name of a vault.`,
      "Use 3 to 24 letters, digits and hyphens, beginning with a letter.",
    );
  if (!Number.isInteger(retentionDays) || retentionDays < 7 || retentionDays > 90)
    throw new LocalCloudError(
      `The vault ${name} cannot retain for ${String(retentionDays)} days.`,
      "Give 7 to 90 days.",
    );
  const wanted = options.subscriptionId?.toLowerCase() ?? subscriptions[0]?.id.toLowerCase();
  const subscription = subscriptions.find(({ id }) => id.toLowerCase() === wanted);
  if (subscription === undefined)
    throw new LocalCloudError(`The vault ${name} has no subscription.`, "Name one of subscriptions.");
  return {
    name,
    tier,
    retentionDays,
    purgeProtection,
    tenantId: subscription.tenantId,
    subscriptionId: subscription.id,
    resourceGroup: options.resourceGroup ?? "local",
    location: options.location ?? "westeurope",
  };
}
