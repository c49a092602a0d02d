/** The clouds of Microsoft that are reached; each has its own tenants, hosts and tokens. */
export const azureClouds = ["public", "usgovernment", "china"] as const;
export type AzureCloud = (typeof azureClouds)[number];

/** What is fixed for a cloud. */
export interface AzureCloudFacts {
  /** Host of Microsoft Entra ID. */
  readonly authority: string;
  /** Hosts of vaults end in it. */
  readonly vaultSuffix: string;
  /** Hosts of managed HSMs end in it; absent: the cloud has none. */
  readonly managedHsmSuffix?: string;
  readonly resourceManager: string;
}

/** Source: the environments that `az cloud list` shows (activeDirectory, suffixes.keyvaultDns, suffixes.mhsmDns, resourceManager). */
export const azureCloudFacts: Readonly<Record<AzureCloud, AzureCloudFacts>> = {
  public: {
    authority: "login.microsoftonline.com",
    vaultSuffix: ".vault.azure.net",
    managedHsmSuffix: ".managedhsm.azure.net",
    resourceManager: "management.azure.com",
  },
  usgovernment: {
    authority: "login.microsoftonline.us",
    vaultSuffix: ".vault.usgovcloudapi.net",
    managedHsmSuffix: ".managedhsm.usgovcloudapi.net",
    resourceManager: "management.usgovcloudapi.net",
  },
  china: {
    authority: "login.chinacloudapi.cn",
    vaultSuffix: ".vault.azure.cn",
    managedHsmSuffix: ".managedhsm.azure.cn",
    resourceManager: "management.chinacloudapi.cn",
  },
};
