import { createHash } from "node:crypto";
import { LocalCloudError } from "../../options";
import { type LocalAzureClient, type LocalTenant, localVaultPermissions } from "../options";

/** Who sent a request. */
export interface Caller {
  readonly tenantId: string;
  readonly clientId: string;
  readonly objectId: string;
  readonly permissions: ReadonlySet<string>;
  readonly seesResources: boolean;
}

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function requireGuid(what: string, text: string): void {
  if (!guid.test(text)) {
    throw new LocalCloudError(`The ${what} "${text}" is no GUID.`, "Write it as 01234567-89ab-cdef-0123-456789abcdef.");
  }
}

/** The tenants and their applications. */
export class Directory {
  constructor(readonly tenants: readonly LocalTenant[]) {
    if (tenants.length === 0) throw new LocalCloudError("There is no tenant.", "Give one, or leave tenants out.");
    for (const tenant of tenants) {
      requireGuid("tenant id", tenant.id);
      for (const client of tenant.clients) requireGuid("client id", client.id);
    }
  }

  tenant(id: string): LocalTenant | undefined {
    return this.tenants.find((tenant) => tenant.id.toLowerCase() === id.toLowerCase());
  }

  client(tenantId: string, clientId: string): LocalAzureClient | undefined {
    const wanted = clientId.toLowerCase();
    return this.tenant(tenantId)?.clients.find((client) => client.id.toLowerCase() === wanted);
  }

  caller(tenantId: string, clientId: string): Caller | undefined {
    const client = this.client(tenantId, clientId);
    return client === undefined ? undefined : callerOf(tenantId, client);
  }

  /** The managed identities, with their tenants. */
  managedIdentities(): { readonly tenantId: string; readonly client: LocalAzureClient }[] {
    return this.tenants.flatMap(({ id, clients }) =>
      clients
        .filter(({ managedIdentity }) => managedIdentity !== undefined)
        .map((client) => ({ tenantId: id, client })),
    );
  }
}

export function callerOf(tenantId: string, client: LocalAzureClient): Caller {
  return {
    tenantId,
    clientId: client.id,
    objectId: client.objectId ?? objectIdOf(client.id),
    permissions: new Set(client.permissions ?? localVaultPermissions),
    seesResources: client.resourceManager ?? true,
  };
}

/** Always the same for one application. */
function objectIdOf(clientId: string): string {
  const hex = createHash("sha256").update(`service principal ${clientId.toLowerCase()}`).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
