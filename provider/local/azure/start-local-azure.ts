import type { ServerOptions } from "node:https";
import path from "node:path";
import { LocalClock } from "../clock";
import { caFileIn, loadAuthority } from "../http/authority-files";
import { makeServerCertificate } from "../http/certificates";
import { ControlApi } from "../http/control-api";
import { type AzureFault, Faults, azureFaultSchema } from "../http/faults";
import { type Handler, type Listener, listen } from "../http/listener";
import { QuotaKeeper } from "../http/quotas";
import { RequestLog } from "../http/request-log";
import { RecordFolder } from "../store/folder";
import { lockFolder } from "../store/folder-lock";
import type { AzureRequestLogEntry } from "./admin";
import { ArmApi } from "./arm/arm-api";
import { AzureAdmin, azureActions } from "./azure-admin";
import { AzureApi } from "./azure-api";
import { AzureFile } from "./azure-file";
import { armEndpoint, entraEndpoint, identityEndpoint, vaultEndpoint } from "./endpoints";
import { AccessTokens } from "./entra/access-tokens";
import { Directory } from "./entra/directory";
import { EntraApi } from "./entra/entra-api";
import { ManagedIdentityApi } from "./entra/managed-identity";
import { KeyStore } from "./key-store";
import type { LocalAzure, LocalAzureOptions, LocalVault } from "./options";
import { azureRecords } from "./records";
import { limitsOf, throttlingWindowSeconds } from "./throttling";
import type { Vaults } from "./vault/call";
import { VaultApi } from "./vault/vault-api";
import { type PlannedVault, planSubscriptions, planVaults } from "./vault-plan";

/**
 * Starts a local Azure on 127.0.0.1 that unmodified Azure SDKs talk to: Key Vault and Managed HSM, each vault on a port of its own,
 * the token endpoint of Microsoft Entra ID, managed identity, and Resource Manager's lists of vaults.
 *
 * @example
 * const azure = await startLocalAzure({ vaults: [{ name: "payments", tier: "premium" }] });
 * const [vault] = azure.vaults;
 *
 * @throws LocalCloudError when the folder is in use, or an option cannot be met
 */
export async function startLocalAzure(options: LocalAzureOptions = {}): Promise<LocalAzure> {
  const folder = options.dataDir === undefined ? undefined : path.join(options.dataDir, "azure");
  const unlock = folder === undefined ? () => undefined : lockFolder(folder);
  const listeners: Listener[] = [];
  const end = async (): Promise<void> => {
    await Promise.all(listeners.map((listener) => listener.close()));
    unlock();
  };
  try {
    return await start(options, folder, listeners, end);
  } catch (error) {
    await end();
    throw error;
  }
}

async function start(
  options: LocalAzureOptions,
  folder: string | undefined,
  listeners: Listener[],
  end: () => Promise<void>,
): Promise<LocalAzure> {
  const file = new AzureFile(folder);
  const { tenantId, clientId, clientSecret, subscriptionId, controlToken } = file.content;
  const directory = new Directory(
    options.tenants ?? [{ id: tenantId, clients: [{ id: clientId, secret: clientSecret }] }],
  );
  const subscriptions = planSubscriptions(options, subscriptionId, directory);
  const planned = planVaults(options, subscriptions);
  const clock = new LocalClock(options.clock ?? Date.now, file.content.clockAheadBy);
  const store = new KeyStore(folder === undefined ? undefined : new RecordFolder(folder, azureRecords));
  const faults = new Faults<AzureFault>((fault) => azureFaultSchema.parse(fault));
  const log = new RequestLog<AzureRequestLogEntry>();
  const azure = new AzureApi({ clock, faults, log, realNow: Date.now });
  const tokens = new AccessTokens(await file.tokenKey(), directory, Date.now);
  const vaults: Vaults = {
    store,
    clock,
    sealingKey: Buffer.from(file.content.sealingKey, "base64"),
    settings: {
      strictDer: options.strictDer ?? false,
      eventualConsistencyMs: options.eventualConsistencyMs ?? 0,
      exchangeKeyDays: options.exchangeKeyDays,
    },
  };
  const authority = await loadAuthority(options.dataDir, Date.now());
  const server = await makeServerCertificate(authority, Date.now());
  const tls: ServerOptions = {
    key: server.key,
    cert: server.certificate + authority.certificate,
    minVersion: "TLSv1.2",
  };
  const urls = { authority: "", resourceManager: "", managedIdentity: "" };
  const served: LocalVault[] = [];

  const open = async (name: string, handler: Handler, secure = true): Promise<string> => {
    const preferredPort = file.content.ports[name] ?? 0;
    const listener = await listen({ port: 0, preferredPort, handler, ...(secure ? { tls } : {}) });
    listeners.push(listener);
    file.update({ ports: { ...file.content.ports, [name]: listener.port } });
    return `${secure ? "https" : "http"}://127.0.0.1:${String(listener.port)}`;
  };

  const admin = new AzureAdmin({
    clock,
    store,
    faults,
    log,
    vaults: () => served,
    exposeMaterial: options.exposeMaterial ?? false,
    saveClock: (clockAheadBy) => {
      file.update({ clockAheadBy });
    },
  });
  const entra = new EntraApi({ directory, tokens, urls: () => urls, realNow: Date.now });
  const arm = new ArmApi({ vaults: () => served, subscriptions, url: () => urls.resourceManager });
  const identity = new ManagedIdentityApi({ directory, tokens, resourceManager: () => urls.resourceManager });
  urls.authority = await open("authority", entraEndpoint(entra, azure));
  urls.resourceManager = await open(
    "resourceManager",
    armEndpoint(arm, tokens, () => urls.resourceManager, azure),
  );
  const control = new ControlApi(azureActions(admin), controlToken);
  urls.managedIdentity = await open("managedIdentity", identityEndpoint(identity, control, azure), false);
  const throttle = new QuotaKeeper(limitsOf(options.throttling), () => performance.now(), throttlingWindowSeconds);
  for (const plan of planned) {
    const vault: PlannedVault & { url: string } = { ...plan, url: "" };
    const api = new VaultApi({ vaults, vault: () => vault, authority: () => urls.authority, tokens, throttle });
    vault.url = await open(`vault ${plan.name}`, vaultEndpoint(plan.name, api, azure));
    served.push(vault);
  }
  return {
    ...urls,
    vaults: served,
    tenants: directory.tenants,
    subscriptions,
    caPem: authority.certificate,
    caFile: options.dataDir === undefined ? undefined : caFileIn(options.dataDir),
    admin,
    controlToken,
    close: end,
  };
}
