import { type HttpAnswer, plainJson } from "../../http/outcome";
import type { ReceivedRequest } from "../../http/request";
import type { LocalAzureClient } from "../options";
import type { AccessTokens } from "./access-tokens";
import { knownAudience } from "./audiences";
import { sameText } from "./client-proof";
import { type Directory, callerOf } from "./directory";

const appServicePath = "/msi/token";
const metadataPath = "/metadata/identity/oauth2/token";

export const isManagedIdentityPath = (path: string): boolean => path === appServicePath || path === metadataPath;

interface Parts {
  readonly directory: Directory;
  readonly tokens: AccessTokens;
  readonly resourceManager: () => string;
}

interface Identity {
  readonly tenantId: string;
  readonly client: LocalAzureClient;
}

/** The endpoints where a workload asks for a token without a secret of its own: App Service's and the instance metadata service's. */
export class ManagedIdentityApi {
  constructor(private readonly parts: Parts) {}

  handle({ method, path, query, headers }: ReceivedRequest): HttpAnswer & { readonly client?: string } {
    const form = new URLSearchParams(query);
    const refuse = (status: number, text: string): HttpAnswer =>
      plainJson({ error: status === 401 ? "unauthorized" : "invalid_request", error_description: text }, status);
    if (method !== "GET") return refuse(405, "Only GET is allowed.");
    if (path === metadataPath && headers.get("metadata") !== "true")
      return refuse(400, "Required metadata header not specified");
    const clientId = form.get("client_id")?.toLowerCase();
    const identity = this.parts.directory
      .managedIdentities()
      .find(({ client }) => clientId === undefined || client.id.toLowerCase() === clientId);
    if (identity === undefined) return refuse(400, "Identity not found");
    const secret = identity.client.managedIdentity?.headerSecret ?? "";
    if (path === appServicePath && !sameText(headers.get("x-identity-header") ?? "", secret))
      return refuse(401, "The X-IDENTITY-HEADER is missing or wrong.");
    const resource = form.get("resource") ?? "";
    const audience = knownAudience(resource, this.parts.resourceManager());
    if (audience === undefined) return refuse(400, `The resource '${resource}' is not known.`);
    return { ...plainJson(this.token(identity, audience, path)), client: identity.client.id };
  }

  private token({ tenantId, client }: Identity, audience: string, path: string): object {
    const { token, expiresIn, expiresOn } = this.parts.tokens.issue(callerOf(tenantId, client), audience);
    const fields = {
      access_token: token,
      client_id: client.id,
      expires_on: String(expiresOn),
      resource: audience,
      token_type: "Bearer",
    };
    return path === appServicePath
      ? fields
      : {
          ...fields,
          expires_in: String(expiresIn),
          ext_expires_in: String(expiresIn),
          not_before: String(expiresOn - expiresIn),
        };
  }
}
