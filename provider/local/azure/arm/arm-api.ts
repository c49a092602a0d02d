import { type HttpAnswer, plainJson } from "../../http/outcome";
import type { ReceivedRequest } from "../../http/request";
import { AzureError } from "../azure-error";
import type { Caller } from "../entra/directory";
import type { KnownSubscription, LocalVault } from "../options";
import { vaultResource } from "./vault-resource";

interface Parts {
  readonly vaults: () => readonly LocalVault[];
  readonly subscriptions: readonly KnownSubscription[];
  readonly url: () => string;
}

type Kind = "vaults" | "managedHSMs";

interface ArmRoute {
  readonly operation: string;
  readonly subscription?: string;
  readonly resourceGroup?: string;
  readonly kind?: Kind;
  readonly name?: string;
}

const pageSize = 100;

/** Which operation of Resource Manager a path names. Paths are read without regard to case. */
export function armRoute({ method, path }: ReceivedRequest): ArmRoute {
  if (method !== "GET") return { operation: "Unknown" };
  if (/^\/subscriptions\/?$/i.test(path)) return { operation: "ListSubscriptions" };
  const all = /^\/subscriptions\/([^/]+)\/resources$/i.exec(path);
  if (all?.[1] !== undefined) return { operation: "ListResources", subscription: all[1] };
  const one = /^\/subscriptions\/([^/]+)$/i.exec(path);
  if (one?.[1] !== undefined) return { operation: "GetSubscription", subscription: one[1] };
  const found =
    /^\/subscriptions\/([^/]+)(?:\/resourceGroups\/([^/]+))?\/providers\/Microsoft\.KeyVault\/(vaults|managedHSMs)(?:\/([^/]+))?$/i.exec(
      path,
    );
  const [, subscription, resourceGroup, kindText, name] = found ?? [];
  if (subscription === undefined || kindText === undefined) return { operation: "Unknown" };
  const kind: Kind = kindText.toLowerCase() === "vaults" ? "vaults" : "managedHSMs";
  const verb = name === undefined ? "List" : "Get";
  const noun = kind === "vaults" ? "Vault" : "ManagedHsm";
  return {
    operation: `${verb}${noun}${name === undefined ? "s" : ""}`,
    subscription,
    kind,
    ...(resourceGroup === undefined ? {} : { resourceGroup }),
    ...(name === undefined ? {} : { name }),
  };
}

/** Azure Resource Manager as far as it lists and reads vaults and managed HSMs. */
export class ArmApi {
  constructor(private readonly parts: Parts) {}

  handle(request: ReceivedRequest, route: ArmRoute, caller: Caller): HttpAnswer {
    const query = new URLSearchParams(request.query);
    if (!query.has("api-version"))
      throw new AzureError(
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
      );
    const subscriptions = this.parts.subscriptions.filter(({ tenantId }) => same(tenantId, caller.tenantId));
    if (route.operation === "ListSubscriptions") {
      const seen = caller.seesResources ? subscriptions : [];
      return plainJson({ value: seen.map(subscriptionResource), count: { type: "Total", value: seen.length } });
    }
    if (route.subscription === undefined)
      throw new AzureError(404, "InvalidResourceType", "The resource type could not be found here.");
    const wanted = route.subscription;
    const subscription = subscriptions.find(({ id }) => same(id, wanted));
    if (subscription === undefined)
      throw new AzureError(404, "SubscriptionNotFound", `The subscription '${wanted}' could not be found.`);
    if (!caller.seesResources) {
      throw new AzureError(
        403,
        "AuthorizationFailed",
        `The client '${caller.clientId}' with object id '${caller.objectId}' does not have authorization to perform action over scope '${request.path}' or the scope is invalid.`,
      );
    }
    if (route.operation === "GetSubscription") return plainJson(subscriptionResource(subscription));
    return this.answerVaults(request, route, query, subscription.id);
  }

  private answerVaults(
    request: ReceivedRequest,
    route: ArmRoute,
    query: URLSearchParams,
    subscription: string,
  ): HttpAnswer {
    const kind = route.kind ?? kindOfFilter(query.get("$filter"));
    const found = this.parts
      .vaults()
      .filter((vault) => same(vault.subscriptionId, subscription))
      .filter((vault) => (vault.tier === "managed-hsm" ? "managedHSMs" : "vaults") === kind)
      .filter((vault) => route.resourceGroup === undefined || same(vault.resourceGroup, route.resourceGroup));
    const { name } = route;
    if (name === undefined) return this.page(request, query, found);
    const vault = route.resourceGroup === undefined ? undefined : found.find((each) => same(each.name, name));
    if (vault === undefined) {
      throw new AzureError(
        404,
        "ResourceNotFound",
        `The Resource 'Microsoft.KeyVault/${kind}/${name}' under resource group '${route.resourceGroup ?? ""}' was not found.`,
      );
    }
    return plainJson(vaultResource(vault));
  }

  private page(request: ReceivedRequest, query: URLSearchParams, vaults: readonly LocalVault[]): HttpAnswer {
    const top = Number(query.get("$top") ?? pageSize);
    if (!Number.isInteger(top) || top < 1)
      throw new AzureError(400, "InvalidQueryParameter", "$top must be a positive number.");
    const start = Number(query.get("$skiptoken") ?? 0);
    const shown = vaults.slice(start, start + top).map(vaultResource);
    if (start + top >= vaults.length) return plainJson({ value: shown });
    query.set("$skiptoken", String(start + top));
    return plainJson({ value: shown, nextLink: `${this.parts.url()}${request.path}?${query.toString()}` });
  }
}

/** `resources` lists one type only here: that of its filter. */
function kindOfFilter(filter: string | null): Kind {
  const type = /^resourceType eq '([^']+)'$/i.exec(filter ?? "")?.[1]?.toLowerCase();
  if (type === "microsoft.keyvault/vaults") return "vaults";
  if (type === "microsoft.keyvault/managedhsms") return "managedHSMs";
  throw new AzureError(
    400,
    "InvalidFilterInQueryString",
    "Here resources are listed by resourceType eq 'Microsoft.KeyVault/vaults' or 'Microsoft.KeyVault/managedHSMs'.",
  );
}

function subscriptionResource({ id, name, tenantId }: KnownSubscription): object {
  return { id: `/subscriptions/${id}`, subscriptionId: id, displayName: name, tenantId, state: "Enabled" };
}

function same(a: string | undefined, b: string | undefined): boolean {
  return a?.toLowerCase() === b?.toLowerCase();
}
