import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { AzureConnection } from "../../provider/model/azure-connection";
import { startLocalAzure, type LocalAzure, type LocalAzureOptions, type LocalVaultTier } from "../../provider/local";

/** A local Azure, and connections to its vaults as a group would make them. */
export interface AzureBench {
  readonly azure: LocalAzure;
  readonly folder: string;
  readonly caFile: string;
  connection(tier: LocalVaultTier): AzureConnection;
  dispose(): Promise<void>;
}

/** In memory; the client's secret comes from the variable TEST_AZURE_SECRET. */
export async function azureBench(options: LocalAzureOptions = {}): Promise<AzureBench> {
  const azure = await startLocalAzure({ exposeMaterial: true, ...options });
  const folder = mkdtempSync(path.join(os.tmpdir(), "byok-azure-"));
  const caFile = path.join(folder, "ca.pem");
  writeFileSync(caFile, azure.caPem);
  const [tenant] = azure.tenants;
  const [client] = tenant?.clients ?? [];
  return {
    azure,
    folder,
    caFile,
    connection: (tier) => ({
      cloud: "public",
      tenantId: tenant?.id ?? "",
      vaultUrl: azure.vaults.find((vault) => vault.tier === tier)?.url ?? "",
      tier,
      endpoint: { authority: azure.authority, resourceManager: azure.resourceManager },
      credentials: { clientId: client?.id ?? "", clientSecret: "env:TEST_AZURE_SECRET" },
      tls: { caFile },
    }),
    dispose: async () => {
      await azure.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What `env:TEST_AZURE_SECRET` stands for. */
export const secretOf = ({ azure }: AzureBench): string => azure.tenants[0]?.clients[0]?.secret ?? "";
