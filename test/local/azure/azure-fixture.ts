import { ClientSecretCredential, type TokenCredential } from "@azure/identity";
import { CryptographyClient, KeyClient } from "@azure/keyvault-keys";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  type LocalAzure,
  type LocalAzureOptions,
  type LocalVault,
  type LocalVaultTier,
  startLocalAzure,
} from "../../../provider/local";

// RSA keys take seconds to make on a busy machine.
jest.setTimeout(60_000);

const running: LocalAzure[] = [];
const folders: string[] = [];

/** A cloud in memory unless the options say otherwise; `endAzure` ends it. */
export async function startAzure(options: LocalAzureOptions = {}): Promise<LocalAzure> {
  const azure = await startLocalAzure(options);
  running.push(azure);
  return azure;
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "byok-azure-"));
  folders.push(folder);
  return folder;
}

/** For `afterEach` or `afterAll`. */
export async function endAzure(): Promise<void> {
  await Promise.all(running.splice(0).map((azure) => azure.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export function vaultOf(azure: LocalAzure, tier: LocalVaultTier): LocalVault {
  const vault = azure.vaults.find((each) => each.tier === tier);
  if (vault === undefined) throw new Error(`there is no ${tier} vault`);
  return vault;
}

/** The first client of the first tenant. */
export function defaultClient(azure: LocalAzure): { tenantId: string; clientId: string; secret: string } {
  const [tenant] = azure.tenants;
  const [client] = tenant?.clients ?? [];
  return { tenantId: tenant?.id ?? "", clientId: client?.id ?? "", secret: client?.secret ?? "" };
}

/** What every client of Azure's takes to speak to this cloud: its CA, and no retries that hide an error. */
export function clientOptions(azure: LocalAzure): object {
  return { tlsOptions: { ca: azure.caPem }, retryOptions: { maxRetries: 0 } };
}

export function secretCredential(azure: LocalAzure, client = defaultClient(azure)): TokenCredential {
  return new ClientSecretCredential(client.tenantId, client.clientId, client.secret, {
    authorityHost: azure.authority,
    disableInstanceDiscovery: true,
    ...clientOptions(azure),
  });
}

export function keyClient(azure: LocalAzure, vault: LocalVault, credential = secretCredential(azure)): KeyClient {
  return new KeyClient(vault.url, credential, { disableChallengeResourceVerification: true, ...clientOptions(azure) });
}

export function cryptographyClient(azure: LocalAzure, keyId: string): CryptographyClient {
  return new CryptographyClient(keyId, secretCredential(azure), {
    disableChallengeResourceVerification: true,
    ...clientOptions(azure),
  });
}
