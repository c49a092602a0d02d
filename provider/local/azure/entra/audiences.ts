import type { LocalVaultTier } from "../options";

export const vaultAudience = "https://vault.azure.net";
export const managedHsmAudience = "https://managedhsm.azure.net";
const resourceManagerAudiences = ["https://management.azure.com", "https://management.core.windows.net"];

export const audienceOf = (tier: LocalVaultTier): string =>
  tier === "managed-hsm" ? managedHsmAudience : vaultAudience;

/** What a token for Resource Manager may be made out to: a client with an endpoint of its own asks for that. */
export const audiencesOfResourceManager = (url: string): readonly string[] => [...resourceManagerAudiences, url];

/** The audience that a scope or resource stands for, or undefined where nothing here has that name. */
export function knownAudience(resource: string, resourceManager: string): string | undefined {
  const wanted = resource.replace(/\/+$/, "");
  return [vaultAudience, managedHsmAudience, ...audiencesOfResourceManager(resourceManager)].find(
    (audience) => audience === wanted,
  );
}
