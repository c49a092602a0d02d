import { type HttpAnswer, plainJson } from "../../http/outcome";
import type { QuotaKeeper } from "../../http/quotas";
import type { ReceivedRequest, RequestHead } from "../../http/request";
import { AzureError, badParameter, forbidden } from "../azure-error";
import type { AccessTokens } from "../entra/access-tokens";
import { audienceOf } from "../entra/audiences";
import type { Caller } from "../entra/directory";
import type { LocalVault } from "../options";
import type { Vaults } from "./call";
import { settle } from "./rotate";
import type { FoundRoute } from "./routes";

const apiVersions: readonly string[] = ["7.4", "7.5", "7.6", "2025-07-01"];

interface Parts {
  readonly vaults: Vaults;
  readonly vault: () => LocalVault;
  readonly authority: () => string;
  readonly tokens: AccessTokens;
  readonly throttle: QuotaKeeper;
}

/** The data plane of one vault or managed HSM. */
export class VaultApi {
  constructor(private readonly parts: Parts) {}

  /** The caller, or the challenge that tells a client where to get its token (RFC 6750 section 3). */
  authenticate({ headers }: RequestHead): Caller | AzureError {
    const { vault, authority, tokens } = this.parts;
    const { tenantId, tier } = vault();
    const resource = audienceOf(tier);
    const refuse = (message: string): AzureError =>
      new AzureError(401, "Unauthorized", message, {
        headers: { "www-authenticate": `Bearer authorization="${authority()}/${tenantId}", resource="${resource}"` },
      });
    const token = /^Bearer (.+)$/i.exec(headers.get("authorization") ?? "")?.[1];
    if (token === undefined) return refuse("AKV10000: Request is missing a Bearer or PoP token.");
    const caller = tokens.check(token, [resource]);
    if (typeof caller === "string") return refuse(`Error validating token: ${caller}`);
    return caller.tenantId.toLowerCase() === tenantId.toLowerCase()
      ? caller
      : refuse("AKV10032: Invalid issuer. The token is of another tenant than the vault's.");
  }

  async answer(request: ReceivedRequest, route: FoundRoute | undefined, caller: Caller): Promise<HttpAnswer> {
    if (route === undefined) throw new AzureError(404, "NotFound", "There is no such operation.");
    const { vaults, vault } = this.parts;
    const query = new URLSearchParams(request.query);
    const apiVersion = requireApiVersion(query);
    this.requirePermission(route, caller);
    if (!this.parts.throttle.take(vault().name, route.operation)) {
      throw new AzureError(
        429,
        "Throttled",
        "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached",
        { headers: { "retry-after": "1" } },
      );
    }
    await settle(vaults.store, vaults.clock.now());
    const answered = await route.run({
      vaults,
      vault: vault(),
      caller,
      apiVersion,
      name: route.name,
      version: route.version,
      query,
      body: readJson(request.body),
      now: vaults.clock.now(),
    });
    const headers = { "x-ms-keyvault-region": vault().location, "x-ms-keyvault-service-version": "local" };
    return answered === undefined ? { status: 204, headers, body: "" } : plainJson(answered, 200, headers);
  }

  private requirePermission({ permission }: FoundRoute, caller: Caller): void {
    if (permission === undefined || caller.permissions.has(permission)) return;
    const { name, location } = this.parts.vault();
    throw forbidden(
      `The user, group or application 'appid=${caller.clientId};oid=${caller.objectId};iss=https://sts.windows.net/${caller.tenantId}/' does not have keys ${permission} permission on key vault '${name};location=${location}'.`,
      "AccessDenied",
    );
  }
}

function requireApiVersion(query: URLSearchParams): string {
  const version = query.get("api-version");
  if (version === null) throw new AzureError(400, "BadParameter", "api-version must be specified.");
  if (!apiVersions.includes(version))
    throw badParameter(
      `The specified version (${version}) is not recognized. Consider using the latest supported version (2025-07-01).`,
    );
  return version;
}

function readJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw badParameter("The request body is not JSON.");
  }
}
