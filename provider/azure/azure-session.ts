import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { request } from "node:https";
import type { KeyClient } from "@azure/keyvault-keys";
import type { KeyVaultManagementClient } from "@azure/arm-keyvault";
import { azureCloudFacts } from "../model/azure-clouds";
import type { AzureConnection, AzureCredentialSource } from "../model/azure-connection";
import { ByokError } from "../model/errors";
import type { AzureCaller } from "../model/ports/key-vault";
import { isLoopback } from "../model/trust";
import type { Surroundings } from "../network/cloud-deps";
import { httpAgents } from "../network/http-agents";
import { readTlsFiles, type TlsFiles } from "../network/tls-files";
import { resolveReference } from "../secrets/resolve-reference";
import { limitConnecting } from "./connect-limit";
import { loadArm, loadIdentity, loadKeys } from "./load-azure";
import { presentLimits, withinLimits, type LimitedRequest } from "./request-limits";

/** What the SDKs take for credentials, narrowed to what is used of it. */
export interface TokenSource {
  getToken(
    scopes: string | string[],
    options?: object,
  ): Promise<{ readonly token: string; readonly expiresOnTimestamp: number } | null>;
}

/** Clients of one connection; connections are kept and shared by all calls. */
export interface AzureSession {
  readonly keys: KeyClient;
  /** Has to be waited for before the vault is asked for anything; see {@link warmUp}. */
  readonly warm: () => Promise<void>;
  /** The same for listings: their pages are not told apart by the SDK, so it repeats what fails of them itself. */
  readonly lists: KeyClient;
  /** A client that speaks to Resource Manager about one subscription. */
  readonly arm: (subscriptionId: string) => KeyVaultManagementClient;
  /** GET of Resource Manager; the answer as JSON, or undefined where it is none that can be used. */
  readonly armGet: (path: string) => Promise<unknown>;
  readonly cryptography: (keyId: string) => import("@azure/keyvault-keys").CryptographyClient;
  /** Claims of a token for the vault. */
  readonly caller: () => Promise<AzureCaller>;
  readonly host: string;
}

const sessions = new Map<string, Promise<AzureSession>>();

/** The session of a connection: one for each set of credentials, settings and authorities in a process. */
export async function azureSession(connection: AzureConnection, around: Surroundings): Promise<AzureSession> {
  const files = await readTlsFiles(connection.tls, around.caSha256);
  const secret = await secretOf(connection.credentials, around);
  const key = createHash("sha256")
    .update(JSON.stringify([connection, files, secret ?? null]))
    .digest("hex");
  const known = sessions.get(key) ?? openSession(connection, around, files, secret);
  sessions.set(key, known);
  known.catch(() => sessions.delete(key));
  return known;
}

async function secretOf(
  credentials: AzureCredentialSource | undefined,
  around: Surroundings,
): Promise<string | undefined> {
  if (credentials === undefined || !("clientSecret" in credentials)) return undefined;
  const secret = await resolveReference(credentials.clientSecret, around);
  around.onSecret(secret);
  return secret;
}

/** A policy of the SDKs' pipeline, narrowed. It stands behind theirs, so that no proxy of theirs replaces our agent. */
const strictConnections = (files: TlsFiles, env: NodeJS.ProcessEnv): object => ({
  additionalPolicies: [
    {
      position: "perRetry",
      policy: {
        name: "byokStrictConnections",
        sendRequest: (
          request: LimitedRequest & { url: string; agent?: unknown; proxySettings?: unknown },
          next: (request: unknown) => Promise<unknown>,
        ) => {
          const { httpAgent, httpsAgent } = agentsFor(new URL(request.url).origin, files, env);
          request.agent = request.url.startsWith("https:") ? httpsAgent : httpAgent;
          request.proxySettings = undefined;
          return withinLimits(request, () => next(request));
        },
      },
    },
  ],
});

const agents = new WeakMap<TlsFiles, Map<string, ReturnType<typeof httpAgents>>>();

function agentsFor(origin: string, files: TlsFiles, env: NodeJS.ProcessEnv): ReturnType<typeof httpAgents> {
  const known = agents.get(files) ?? new Map<string, ReturnType<typeof httpAgents>>();
  agents.set(files, known);
  const found = known.get(origin);
  if (found !== undefined) return found;
  const { httpAgent, httpsAgent } = httpAgents(origin, files, env);
  const limited = { httpAgent: limitConnecting(httpAgent), httpsAgent: limitConnecting(httpsAgent) };
  known.set(origin, limited);
  return limited;
}

/** Repeating is ours to decide: a second import would be a second version. */
const quiet = { retryOptions: { maxRetries: 0 } };

async function openSession(
  connection: AzureConnection,
  around: Surroundings,
  files: TlsFiles,
  secret: string | undefined,
): Promise<AzureSession> {
  const vault = new URL(connection.vaultUrl);
  const client = { ...quiet, ...strictConnections(files, around.env) };
  const credential = await credentialOf(connection, secret, client);
  const { KeyClient: Client, CryptographyClient: Cryptography } = loadKeys();
  // Only a vault on this machine may ask for a token of another place than its own host.
  const vaultOptions = isLoopback(vault.hostname) ? { ...client, disableChallengeResourceVerification: true } : client;
  const keys = new Client(connection.vaultUrl, credential, vaultOptions);
  let warm: Promise<void> | undefined;
  const resourceManager =
    connection.endpoint?.resourceManager ?? `https://${azureCloudFacts[connection.cloud].resourceManager}`;
  return {
    keys,
    warm: () => {
      warm ??= warmUp(keys).catch((error: unknown) => {
        warm = undefined;
        throw error;
      });
      return warm;
    },
    lists: new Client(connection.vaultUrl, credential, { ...vaultOptions, retryOptions: { maxRetries: 8 } }),
    host: vault.host,
    arm: (subscriptionId) =>
      new (loadArm().KeyVaultManagementClient)(credential, subscriptionId, {
        ...client,
        endpoint: resourceManager,
        credentials: { scopes: [armScope(connection)] },
      }),
    armGet: async (path) => {
      const token = await credential.getToken(armScope(connection));
      if (token === null) return undefined;
      return getJson(`${resourceManager.replace(/\/$/, "")}${path}`, token.token, files, around);
    },
    cryptography: (keyId) => new Cryptography(keyId, credential, vaultOptions),
    caller: async () => callerIn(await credential.getToken(vaultScope(connection))),
  };
}

/**
 * The SDK sends the first request of a client without a body, to be told what token is wanted; where several start at once, one may stay without its body. So the first
 * one is a read, whose answer does not matter.
 */
async function warmUp(keys: KeyClient): Promise<void> {
  try {
    await keys.getKey("byok-warm-up");
  } catch (thrown) {
    const status: unknown =
      typeof thrown === "object" && thrown !== null ? Reflect.get(thrown, "statusCode") : undefined;
    if (status !== 404 && status !== 403) throw thrown;
  }
}

/** The audience of tokens: the same for all vaults of a cloud. */
function vaultScope({ cloud, tier }: AzureConnection): string {
  const { vaultSuffix, managedHsmSuffix } = azureCloudFacts[cloud];
  const suffix = tier === "managed-hsm" ? (managedHsmSuffix ?? vaultSuffix) : vaultSuffix;
  return `https://${suffix.slice(1)}/.default`;
}

const armScope = ({ cloud }: AzureConnection): string => `https://${azureCloudFacts[cloud].resourceManager}/.default`;

async function credentialOf(
  connection: AzureConnection,
  secret: string | undefined,
  client: object,
): Promise<TokenSource> {
  const { tenantId, credentials, endpoint, cloud } = connection;
  const identity = loadIdentity();
  const options = {
    ...client,
    authorityHost: endpoint?.authority ?? `https://${azureCloudFacts[cloud].authority}`,
    // Nobody but Microsoft's own authority knows of other authorities.
    ...(endpoint?.authority === undefined ? {} : { disableInstanceDiscovery: true }),
  };
  if (credentials === undefined) return new identity.DefaultAzureCredential({ ...options, tenantId });
  if ("clientSecret" in credentials)
    return new identity.ClientSecretCredential(tenantId, credentials.clientId, secret ?? "", options);
  if ("clientCertificateFile" in credentials) {
    const path = credentials.clientCertificateFile;
    const certificate = await readFile(path, "utf8").catch(() => undefined);
    if (certificate === undefined)
      throw new ByokError("BYOK_REFERENCE_UNRESOLVED", `The file ${path} cannot be read.`, {
        property: "credentials.clientCertificateFile",
        hint: "It holds certificate and private key in PEM, readable by its owner alone.",
      });
    return new identity.ClientCertificateCredential(tenantId, credentials.clientId, { certificate }, options);
  }
  if ("workloadIdentity" in credentials) {
    const { clientId, tokenFile } = credentials.workloadIdentity;
    return new identity.WorkloadIdentityCredential({
      ...options,
      tenantId,
      ...(clientId === undefined ? {} : { clientId }),
      ...(tokenFile === undefined ? {} : { tokenFilePath: tokenFile }),
    });
  }
  const { clientId } = credentials.managedIdentity;
  return clientId === undefined
    ? new identity.ManagedIdentityCredential(options)
    : new identity.ManagedIdentityCredential({ ...options, clientId });
}

/** Claims of a token are read and not verified: the vault verifies them, and here they only name who is asking. */
function callerIn(token: { readonly token: string } | null): AzureCaller {
  const claims: unknown = JSON.parse(
    Buffer.from(token?.token.split(".")[1] ?? "", "base64url").toString("utf8") || "{}",
  );
  const claim = (name: string): string | undefined => {
    const value: unknown = typeof claims === "object" && claims !== null ? Reflect.get(claims, name) : undefined;
    return typeof value === "string" ? value : undefined;
  };
  const [tenantId, objectId, clientId] = [claim("tid"), claim("oid"), claim("appid") ?? claim("azp")];
  if (tenantId === undefined || objectId === undefined)
    throw new ByokError("BYOK_AZURE_CREDENTIALS", "The token of these credentials names no tenant and object.", {
      hint: "Use credentials of a service principal, a managed identity or a user of the tenant.",
    });
  return { tenantId, objectId, ...(clientId === undefined ? {} : { clientId }) };
}

/** One GET that is not among those of the SDK. */
function getJson(url: string, token: string, files: TlsFiles, { env }: Surroundings): Promise<unknown> {
  const { httpsAgent } = agentsFor(new URL(url).origin, files, env);
  const { signal, answerMs } = presentLimits();
  const stop = signal === undefined ? {} : { signal };
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
    const sent = request(url, { agent: httpsAgent, headers, timeout: answerMs, ...stop }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.once("error", reject);
      answer.once("end", () => {
        try {
          resolve(answer.statusCode === 200 ? JSON.parse(Buffer.concat(chunks).toString("utf8")) : undefined);
        } catch {
          resolve(undefined);
        }
      });
    });
    sent.once("timeout", () => sent.destroy(new Error("no answer in time")));
    sent.once("error", reject);
    sent.end();
  });
}
