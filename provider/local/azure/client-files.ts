import path from "node:path";
import { writeFileAtomically } from "../store/atomic-file";
import type { LocalAzure } from "./options";

/** Where a client finds what it needs to reach a local Azure. */
export interface AzureClientFiles {
  readonly endpointFile: string;
  /** Absent where the first client has no secret. */
  readonly clientSecretFile?: string;
}

/** What `azure.json` and the announcement tell: no secret. */
export function describeAzure(azure: LocalAzure): Readonly<Record<string, unknown>> {
  const [tenant] = azure.tenants;
  return {
    authority: azure.authority,
    resourceManager: azure.resourceManager,
    managedIdentity: azure.managedIdentity,
    caFile: azure.caFile,
    tenantId: tenant?.id,
    clientId: tenant?.clients[0]?.id,
    subscriptionId: azure.subscriptions[0]?.id,
    vaults: azure.vaults.map(({ name, tier, url }) => ({ name, tier, url })),
  };
}

/** Writes `azure.json` (with the control token, so for the owner only) and, beside it, the first client's secret. */
export function writeAzureClientFiles(azure: LocalAzure, dataDir: string): AzureClientFiles {
  const endpointFile = path.join(dataDir, "azure.json");
  const content = { ...describeAzure(azure), controlToken: azure.controlToken };
  writeFileAtomically(endpointFile, `${JSON.stringify(content, null, 2)}\n`, 0o600);
  const secret = azure.tenants[0]?.clients[0]?.secret;
  if (secret === undefined) return { endpointFile };
  const clientSecretFile = path.join(dataDir, "azure-client-secret");
  writeFileAtomically(clientSecretFile, secret, 0o600);
  return { endpointFile, clientSecretFile };
}

/** The lines that tell people where the local Azure is. */
export function azureForPeople(azure: LocalAzure, { endpointFile, clientSecretFile }: AzureClientFiles): string {
  const [tenant] = azure.tenants;
  const lines = [
    "Local Azure is ready in the same process.",
    `  authority    ${azure.authority}`,
    `  resources    ${azure.resourceManager}`,
    ...azure.vaults.map(({ tier, url, name }) => `  ${tier.padEnd(12)} ${url} (${name})`),
    `  tenant       ${tenant?.id ?? ""}`,
    `  client       ${tenant?.clients[0]?.id ?? ""}`,
    ...(clientSecretFile === undefined ? [] : [`  secret       ${clientSecretFile}`]),
    `  control      ${endpointFile}`,
  ];
  return `${lines.join("\n")}\n`;
}
