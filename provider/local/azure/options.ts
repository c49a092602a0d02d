import type { JsonWebKey } from "node:crypto";
import type { Now } from "../clock";
import type { Quotas } from "../http/quotas";
import type { LocalAzureAdmin } from "./admin";

/** Data actions of keys as an access policy names them. */
export const localVaultPermissions = [
  ...(["get", "list", "update", "create", "import", "delete", "recover", "backup", "restore", "purge"] as const),
  ...(["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"] as const),
  ...(["rotate", "getrotationpolicy", "setrotationpolicy"] as const),
] as const;
export type LocalVaultPermission = (typeof localVaultPermissions)[number];

/** Which outside tokens a client may show instead of a secret. */
export type LocalFederatedCredential =
  | {
      readonly issuer: string;
      readonly subject: string;
      /** Default `api://AzureADTokenExchange`. */
      readonly audience?: string | undefined;
      /** Public key of the issuer. */
      readonly jwk: JsonWebKey;
    }
  /** The token must be what stands in this file when it is shown. */
  | { readonly tokenFile: string };

/** An application of a tenant: how it proves itself, and what it may do. */
export interface LocalAzureClient {
  /** Application (client) id. */
  readonly id: string;
  /** Object id of its service principal; default: derived from `id`. */
  readonly objectId?: string | undefined;
  readonly secret?: string | undefined;
  /** Public certificate (PEM) whose key signs its client assertions. */
  readonly certificatePem?: string | undefined;
  readonly federated?: readonly LocalFederatedCredential[] | undefined;
  /** It is a managed identity; the App Service endpoint asks for this secret in X-IDENTITY-HEADER, the metadata service for none. */
  readonly managedIdentity?: { readonly headerSecret: string } | undefined;
  /** Key permissions in all vaults of its tenant; default all. */
  readonly permissions?: readonly LocalVaultPermission[] | undefined;
  /** Whether Resource Manager shows it anything; default true. */
  readonly resourceManager?: boolean | undefined;
}

export interface LocalTenant {
  readonly id: string;
  readonly clients: readonly LocalAzureClient[];
}

export interface LocalSubscription {
  readonly id: string;
  /** Default: the first tenant. */
  readonly tenantId?: string | undefined;
  readonly name?: string | undefined;
}

/** A subscription with its defaults filled in. */
export interface KnownSubscription {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
}

export type LocalVaultTier = "standard" | "premium" | "managed-hsm";

export interface LocalVaultOptions {
  /** 3 to 24 letters, digits and hyphens. */
  readonly name: string;
  readonly tier: LocalVaultTier;
  /** Days for which a deleted key can be recovered: 7 to 90, default 90. */
  readonly retentionDays?: number | undefined;
  /** Nobody can purge before the retention ends. Default false. */
  readonly purgeProtection?: boolean | undefined;
  /** Default: the first subscription. */
  readonly subscriptionId?: string | undefined;
  /** Default `local`. */
  readonly resourceGroup?: string | undefined;
  /** Default `westeurope`. Backups can be restored within one location only. */
  readonly location?: string | undefined;
}

export interface LocalAzureOptions {
  /** Folder that keeps everything over restarts, also over `kill -9`; in memory when unset. The local AWS may use the same. */
  readonly dataDir?: string | undefined;
  /** Default: one tenant with one client that has a secret, all generated and kept in `dataDir`. */
  readonly tenants?: readonly LocalTenant[] | undefined;
  /** Default: one, generated and kept in `dataDir`. */
  readonly subscriptions?: readonly LocalSubscription[] | undefined;
  /** Default: `local-standard`, `local-premium` and `local-hsm`. */
  readonly vaults?: readonly LocalVaultOptions[] | undefined;
  /** Source of time; default the system's. Tokens, certificates and throttling always use real time. */
  readonly clock?: Now | undefined;
  /** Refuse bytes after the PKCS#8 structure instead of reporting them. Default false. */
  readonly strictDer?: boolean | undefined;
  /** `azure`: the published limits of vaults; or calls in ten seconds by operation, for each vault. Default `off`. */
  readonly throttling?: "off" | "azure" | Quotas | undefined;
  /** Milliseconds of the cloud's clock until a deletion, recovery or purge shows. Default 0. */
  readonly eventualConsistencyMs?: number | undefined;
  /** Days after which a key exchange key that was made without an expiry expires; Azure was seen to set two. Default: never. */
  readonly exchangeKeyDays?: number | undefined;
  /** Let `admin.materialOf` return key material, for tests. Default false. */
  readonly exposeMaterial?: boolean | undefined;
}

/** A running vault or managed HSM. */
export interface LocalVault {
  readonly name: string;
  /** `https://127.0.0.1:PORT`; ids of its keys begin with it. */
  readonly url: string;
  readonly tier: LocalVaultTier;
  readonly retentionDays: number;
  readonly purgeProtection: boolean;
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly location: string;
}

/** A running local Azure. */
export interface LocalAzure {
  /** Microsoft Entra ID: `https://127.0.0.1:PORT`, the tenant follows in the path. */
  readonly authority: string;
  /** Azure Resource Manager: `https://127.0.0.1:PORT`. */
  readonly resourceManager: string;
  /** `http://127.0.0.1:PORT`: managed identity endpoints (`/msi/token`, `/metadata/identity/oauth2/token`) and the control API. */
  readonly managedIdentity: string;
  readonly vaults: readonly LocalVault[];
  readonly tenants: readonly LocalTenant[];
  readonly subscriptions: readonly KnownSubscription[];
  /** The CA behind all HTTPS endpoints. */
  readonly caPem: string;
  /** The same as a file, if there is a `dataDir`. */
  readonly caFile: string | undefined;
  readonly admin: LocalAzureAdmin;
  /** What the control API under `/_local/` of {@link managedIdentity} asks for as bearer token. */
  readonly controlToken: string;
  /** Ends the listeners and all connections. Everything is on disk already. */
  close(): Promise<void>;
}
