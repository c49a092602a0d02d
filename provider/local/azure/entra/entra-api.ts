import { type HttpAnswer, plainJson } from "../../http/outcome";
import type { ReceivedRequest } from "../../http/request";
import type { AccessTokens } from "./access-tokens";
import { knownAudience } from "./audiences";
import { requireProof } from "./client-proof";
import { type Directory, callerOf } from "./directory";
import { EntraError } from "./entra-error";

interface Parts {
  readonly directory: Directory;
  readonly tokens: AccessTokens;
  /** URLs that are known once the listeners are open. */
  readonly urls: () => { readonly authority: string; readonly resourceManager: string };
  readonly realNow: () => number;
}

interface EntraAnswer {
  readonly answer: HttpAnswer;
  readonly client: string | null;
}

/** Which operation of Entra ID a request is for. */
export function entraOperation({ method, path }: ReceivedRequest): string {
  if (method === "POST" && /\/oauth2\/(v2\.0\/)?token$/.test(path)) return "Token";
  if (path.endsWith("/.well-known/openid-configuration")) return "OpenIdConfiguration";
  if (path.endsWith("/discovery/instance")) return "InstanceDiscovery";
  return /\/discovery\/(v2\.0\/)?keys$/.test(path) ? "Keys" : "Unknown";
}

/** Microsoft Entra ID as far as an application needs it: tokens by client credentials, and the metadata around them. */
export class EntraApi {
  constructor(private readonly parts: Parts) {}

  handle(request: ReceivedRequest, operation: string): EntraAnswer {
    const [, tenantId = ""] = request.path.split("/");
    switch (operation) {
      case "Token":
        return this.token(request, tenantId);
      case "OpenIdConfiguration":
        return { answer: plainJson(this.metadata(tenantId)), client: null };
      case "InstanceDiscovery":
        return { answer: plainJson(this.instance(request)), client: null };
      case "Keys":
        return { answer: plainJson(this.parts.tokens.keySet()), client: null };
      default:
        return { answer: plainJson({ error: "not_found" }, 404), client: null };
    }
  }

  private token(request: ReceivedRequest, tenantId: string): EntraAnswer {
    const { directory, tokens, urls, realNow } = this.parts;
    const form = new URLSearchParams(request.body.toString("utf8"));
    this.requireTenant(tenantId);
    if (form.get("grant_type") !== "client_credentials") {
      throw new EntraError("unsupported_grant_type", 70003, "The app requested an unsupported grant type.");
    }
    const clientId = form.get("client_id") ?? "";
    const client = directory.client(tenantId, clientId);
    if (client === undefined) {
      throw new EntraError(
        "unauthorized_client",
        700016,
        `Application with identifier '${clientId}' was not found in the directory '${tenantId}'.`,
      );
    }
    const { authority, resourceManager } = urls();
    const endpoint = `${authority}/${tenantId}`;
    const audiences = [`${endpoint}/v2.0`, `${endpoint}/oauth2/v2.0/token`, `${endpoint}/oauth2/token`];
    requireProof({ client, form, audiences, now: realNow() });
    const audience = this.audience(form, resourceManager);
    const { token, expiresIn } = tokens.issue(callerOf(tenantId, client), audience);
    const answer = { token_type: "Bearer", expires_in: expiresIn, ext_expires_in: expiresIn, access_token: token };
    return { answer: plainJson(answer), client: client.id };
  }

  private audience(form: URLSearchParams, resourceManager: string): string {
    const scopes = (form.get("scope") ?? "").split(" ").filter((scope) => scope.endsWith("/.default"));
    const resource = form.get("resource") ?? scopes[0]?.slice(0, -"/.default".length) ?? "";
    const audience = knownAudience(resource, resourceManager);
    if (scopes.length > 1 || (resource === "" && audience === undefined))
      throw new EntraError("invalid_scope", 1002012, "The provided value for scope is not valid.");
    if (audience === undefined)
      throw new EntraError("invalid_resource", 500011, `The resource principal named ${resource} was not found.`);
    return audience;
  }

  private requireTenant(tenantId: string): void {
    if (this.parts.directory.tenant(tenantId) === undefined)
      throw new EntraError("invalid_request", 90002, `Tenant '${tenantId}' not found.`);
  }

  private metadata(tenantId: string): object {
    this.requireTenant(tenantId);
    const base = `${this.parts.urls().authority}/${tenantId}`;
    return {
      token_endpoint: `${base}/oauth2/v2.0/token`,
      token_endpoint_auth_methods_supported: ["client_secret_post", "private_key_jwt"],
      jwks_uri: `${base}/discovery/v2.0/keys`,
      response_modes_supported: ["query", "fragment", "form_post"],
      subject_types_supported: ["pairwise"],
      id_token_signing_alg_values_supported: ["RS256"],
      response_types_supported: ["code"],
      scopes_supported: ["openid"],
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      end_session_endpoint: `${base}/oauth2/v2.0/logout`,
      tenant_region_scope: "EU",
      cloud_instance_name: new URL(base).host,
    };
  }

  /** Asked by clients that do not know this authority, to learn that it is one. */
  private instance({ query }: ReceivedRequest): object {
    const asked = new URLSearchParams(query).get("authorization_endpoint") ?? "";
    const tenantId = URL.canParse(asked) ? (new URL(asked).pathname.split("/")[1] ?? "") : "";
    this.requireTenant(tenantId);
    const { authority } = this.parts.urls();
    const { host } = new URL(authority);
    return {
      tenant_discovery_endpoint: `${authority}/${tenantId}/v2.0/.well-known/openid-configuration`,
      "api-version": "1.1",
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    };
  }
}
