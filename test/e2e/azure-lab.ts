import { writeFile } from "node:fs/promises";
import path from "node:path";
import { openKeyVault } from "../../provider/azure/open-key-vault";
import type { KeyVaultPort } from "../../provider/model/ports/key-vault";
import { startLocalAzure, type LocalAzure, type LocalAzureOptions, type LocalVaultTier } from "../../provider/local";
import { createSoftHsmToken, type SoftHsmToken } from "../tokens/softhsm-token";
import { StackProject } from "./stack-project";

// The real CLI takes seconds for each command.
jest.setTimeout(600_000);

const tenantId = "0f0e0d0c-1111-2222-3333-444455556666";
const clientId = "0a0b0c0d-1111-2222-3333-444455556666";
const clientSecret = "secret~of.the-lab_client-0123456789";

/** A token, a local Azure, and a project that uses both. */
export interface AzureLab {
  readonly token: SoftHsmToken;
  readonly azure: LocalAzure;
  readonly project: StackProject;
  /** Strings that must be found nowhere. */
  readonly secrets: readonly string[];
  /** The program text of the source group `hsm`. */
  hsm(): string;
  /** The program text of a group in the vault of a tier. */
  vault(name: string, tier: LocalVaultTier, more?: string): string;
  /** The same as settings of an example, whose files are in a folder that is named relative to it. */
  settings(tier: LocalVaultTier, folder: string): Readonly<Record<string, string>>;
  /** The vault of a tier, as somebody else sees it who has the same credentials. */
  port(tier: LocalVaultTier): KeyVaultPort;
  /** What lives in the vault of a tier: whether each version of each key is enabled, by the key's name. */
  living(tier: LocalVaultTier): Promise<Readonly<Record<string, readonly boolean[]>>>;
  dispose(): Promise<void>;
}

/** Sets a lab up; everything in it is its own, so that test files can run side by side. */
export async function createAzureLab(
  options: Partial<LocalAzureOptions> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<AzureLab> {
  const token = await createSoftHsmToken({ label: "payments", pin: "pin-of-the-azure-lab-57" });
  const azure = await startLocalAzure({
    tenants: [{ id: tenantId, clients: [{ id: clientId, secret: clientSecret }] }],
    vaults: [
      { name: "lab-standard", tier: "standard" },
      { name: "lab-premium", tier: "premium", retentionDays: 30 },
      { name: "lab-hsm", tier: "managed-hsm" },
    ],
    exposeMaterial: true,
    ...options,
  });
  const project = await StackProject.create({ env });
  await writeFile(path.join(project.folder, "azure-ca.pem"), azure.caPem);
  await writeFile(path.join(project.folder, "azure-secret"), clientSecret, { mode: 0o600 });
  const port = (tier: LocalVaultTier): KeyVaultPort =>
    openKeyVault(
      {
        cloud: "public",
        tenantId,
        tier,
        vaultUrl: azure.vaults.find((vault) => vault.tier === tier)?.url ?? "",
        endpoint: { authority: azure.authority, resourceManager: azure.resourceManager },
        credentials: { clientId, clientSecret: "env:SECRET" },
        tls: { caFile: path.join(project.folder, "azure-ca.pem") },
      },
      { configValues: {}, env: { SECRET: clientSecret } },
    );
  return {
    token,
    azure,
    project,
    port,
    living: async (tier) => {
      const vault = port(tier);
      const found: Record<string, readonly boolean[]> = {};
      for await (const { name } of vault.listKeys())
        found[name] = (await vault.listVersions(name)).map(({ enabled }) => enabled);
      return found;
    },
    secrets: [token.pin, clientSecret],
    hsm: () => `const hsm = new byok.SourceGroup("hsm", {
  token: ${JSON.stringify(token.connection)}, minOaepHash: "sha1", lab: true,
});`,
    vault: (name, tier, more = "") => `const ${name} = new byok.AzureKeyVaultGroup("${name}", {
  tenantId: "${tenantId}", vault: "${azure.vaults.find((vault) => vault.tier === tier)?.name ?? ""}", tier: "${tier}",
  endpoint: { authority: "${azure.authority}", resourceManager: "${azure.resourceManager}" },
  tls: { caFile: "azure-ca.pem" }, requirePurgeProtection: false,
  credentials: { clientId: "${clientId}", clientSecret: "file:azure-secret" }, ${more}
});`,
    settings: (tier, folder) => ({
      ...{ tenant: tenantId, vault: azure.vaults.find((vault) => vault.tier === tier)?.url ?? "" },
      ...{ authority: azure.authority, resourceManager: azure.resourceManager, azureCaFile: `${folder}/azure-ca.pem` },
      ...{ clientId, clientSecret: `file:${folder}/azure-secret` },
    }),
    dispose: async () => {
      await project.dispose();
      await azure.close();
      await token.dispose();
    },
  };
}
