import { type ControlApi, controlPrefix } from "../http/control-api";
import type { Handler } from "../http/listener";
import type { AzureApi, Subject } from "./azure-api";
import { failureAnswer } from "./azure-api";
import { type ArmApi, armRoute } from "./arm/arm-api";
import { AzureError } from "./azure-error";
import type { AccessTokens } from "./entra/access-tokens";
import { audiencesOfResourceManager } from "./entra/audiences";
import { type EntraApi, entraOperation } from "./entra/entra-api";
import { type ManagedIdentityApi, isManagedIdentityPath } from "./entra/managed-identity";
import { findRoute } from "./vault/routes";
import type { VaultApi } from "./vault/vault-api";

const failure = (error: unknown): ReturnType<Handler["failure"]> => failureAnswer(error, Date.now());

/** The data plane of one vault: challenged before the body is read. */
export function vaultEndpoint(vaultName: string, api: VaultApi, azure: AzureApi): Handler {
  const subject = (head: Parameters<typeof findRoute>[0]): Subject => {
    const route = findRoute(head);
    const key = route === undefined || route.name === "" ? null : route.name;
    return { service: "keyvault", operation: route?.operation ?? "Unknown", vault: vaultName, key, client: null };
  };
  return {
    failure,
    early: async (head) => {
      const caller = api.authenticate(head);
      if (!(caller instanceof AzureError)) return undefined;
      return azure.serve({ ...subject(head), operation: "Challenge" }, () => Promise.reject(caller));
    },
    handle: (request) => {
      const caller = api.authenticate(request);
      if (caller instanceof AzureError) return Promise.resolve(caller.toAnswer());
      return azure.serve({ ...subject(request), client: caller.clientId }, async () => ({
        answer: await api.answer(request, findRoute(request), caller),
      }));
    },
  };
}

export function entraEndpoint(api: EntraApi, azure: AzureApi): Handler {
  return {
    failure,
    handle: (request) => {
      const operation = entraOperation(request);
      const subject: Subject = { service: "entra", operation, vault: null, key: null, client: null };
      return azure.serve(subject, () => api.handle(request, operation));
    },
  };
}

export function armEndpoint(api: ArmApi, tokens: AccessTokens, url: () => string, azure: AzureApi): Handler {
  return {
    failure,
    handle: (request) => {
      const route = armRoute(request);
      const token = /^Bearer (.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
      const caller = tokens.check(token, audiencesOfResourceManager(url()));
      const client = typeof caller === "string" ? null : caller.clientId;
      const subject: Subject = {
        service: "arm",
        operation: route.operation,
        vault: route.name ?? null,
        key: null,
        client,
      };
      return azure.serve(subject, () => {
        if (typeof caller === "string") {
          throw new AzureError(401, "InvalidAuthenticationToken", `The access token is invalid. ${caller}`, {
            headers: { "www-authenticate": 'Bearer error="invalid_token"' },
          });
        }
        return { answer: api.handle(request, route, caller) };
      });
    },
  };
}

/** Plain HTTP, as in a workload: managed identity endpoints, and beside them the control API. */
export function identityEndpoint(api: ManagedIdentityApi, control: ControlApi, azure: AzureApi): Handler {
  return {
    failure,
    handle: (request) => {
      if (request.path.startsWith(controlPrefix)) return control.handle(request);
      const isIdentity = isManagedIdentityPath(request.path);
      const operation = isIdentity ? "ManagedIdentityToken" : "Unknown";
      return azure.serve({ service: "entra", operation, vault: null, key: null, client: null }, () => {
        if (!isIdentity) throw new AzureError(404, "NotFound", "There is no such path.");
        const { client, ...answer } = api.handle(request);
        return { answer, client: client ?? null };
      });
    },
  };
}
