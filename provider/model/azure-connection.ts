import type { AzureCloud } from "./azure-clouds";
import type { TlsSettings } from "./aws-connection";

/** What a vault can hold: software keys; these and HSM-protected keys; HSM-protected keys only. */
export const azureTiers = ["standard", "premium", "managed-hsm"] as const;
export type AzureTier = (typeof azureTiers)[number];

/** Where the credentials of an Azure connection come from; a secret is always a reference. */
export type AzureCredentialSource =
  | { readonly clientId: string; readonly clientSecret: string }
  /** PEM file with certificate and private key. */
  | { readonly clientId: string; readonly clientCertificateFile: string }
  /** The federated token stands in a file; absent: AZURE_FEDERATED_TOKEN_FILE and AZURE_CLIENT_ID. */
  | { readonly workloadIdentity: { readonly clientId?: string | undefined; readonly tokenFile?: string | undefined } }
  /** Without a client id: the system-assigned identity. */
  | { readonly managedIdentity: { readonly clientId?: string | undefined } };

/** URLs instead of the cloud's published hosts; the vault's own stands in `vaultUrl`. */
export interface AzureEndpoints {
  readonly authority?: string | undefined;
  readonly resourceManager?: string | undefined;
}

/** How to reach one Key Vault or Managed HSM. */
export interface AzureConnection {
  readonly cloud: AzureCloud;
  readonly tenantId: string;
  /** Limits what is looked for in Azure Resource Manager. */
  readonly subscriptionId?: string | undefined;
  /** `https://HOST` or `https://HOST:PORT`, lower case, without a slash at its end. Ids of keys begin with it. */
  readonly vaultUrl: string;
  readonly tier: AzureTier;
  readonly endpoint?: AzureEndpoints | undefined;
  /** Absent: the default chain of `@azure/identity`. */
  readonly credentials?: AzureCredentialSource | undefined;
  readonly tls?: TlsSettings | undefined;
}
