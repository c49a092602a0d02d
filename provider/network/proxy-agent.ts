import type { ClientRequest } from "node:http";
import type { Duplex } from "node:stream";
import type { SecureContext } from "node:tls";
import { HttpsProxyAgent } from "https-proxy-agent";
import { systemErrorCode } from "../secrets/system-error-code";

type ConnectOptions = Parameters<HttpsProxyAgent<string>["connect"]>[1];

/** How TLS to a target is made, whether or not a proxy stands between. */
export interface StrictTls {
  readonly secureContext: SecureContext;
  readonly rejectUnauthorized: true;
  /** Only where the connection says that the host name does not count; the chain is verified all the same. */
  readonly checkServerIdentity?: () => undefined;
}

/** The proxy could not be reached, or refused to make the tunnel. */
export class ProxyFailure extends Error {
  override readonly name = "ProxyFailure";

  constructor(
    /** Host and port; never the login that the proxy's URL may hold. */
    readonly proxy: string,
    /** What the proxy answered, or the system's error code. */
    readonly reason: string,
  ) {
    super(`The proxy ${proxy} failed: ${reason}`);
  }
}

/**
 * Tunnels TLS through a proxy. The base class applies the settings of its constructor to the proxy alone, so the target's are
 * added here; without them a custom CA would not count and NODE_TLS_REJECT_UNAUTHORIZED would.
 */
export class StrictTunnelAgent extends HttpsProxyAgent<string> {
  constructor(
    private readonly proxyUrl: URL,
    private readonly target: StrictTls,
    options: { readonly keepAlive: boolean; readonly maxSockets: number },
  ) {
    // The proxy itself, when it speaks TLS, is held to the same authorities, and always to its name.
    const { checkServerIdentity: _targetOnly, ...ofProxy } = target;
    super(proxyUrl.href, { ...options, ...ofProxy });
  }

  override async connect(
    request: ClientRequest,
    options: ConnectOptions,
  ): ReturnType<HttpsProxyAgent<string>["connect"]> {
    let status = 200;
    request.once("proxyConnect", (answer: { readonly statusCode: number }) => (status = answer.statusCode));
    const strict: ConnectOptions = { ...options, ...this.target };
    const socket = await super.connect(request, strict).catch((error: unknown) => {
      throw new ProxyFailure(this.proxyUrl.host, systemErrorCode(error) ?? "no connection");
    });
    if (status === 200) return socket;
    // Otherwise the base class would replay the proxy's answer as if AWS had given it.
    (socket satisfies Duplex).destroy();
    throw new ProxyFailure(this.proxyUrl.host, `status ${String(status)}`);
  }
}
