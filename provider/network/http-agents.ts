import { createHash } from "node:crypto";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import { HttpProxyAgent } from "http-proxy-agent";
import { ByokError } from "../model/errors";
import type { TlsFiles } from "./tls-files";
import { StrictTunnelAgent, type StrictTls } from "./proxy-agent";
import { proxyFor } from "./proxy-for";

/** The agents for one endpoint; connections are kept and shared by all calls to it. */
export interface HttpAgents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

/** Calls in flight to one endpoint; more wait for a free connection. */
const pool = { keepAlive: true, maxSockets: 64 };

/**
 * Agents that hold to the connection's certificate authorities whatever the process was started with. Node takes extra
 * authorities from NODE_EXTRA_CA_CERTS and skips the check for NODE_TLS_REJECT_UNAUTHORIZED=0; both would let somebody in
 * between hand out a wrapping key of their own, so roots and check are always named. Who needs a company's authority says so
 * with `tls.caFile`, and the trust rules then know.
 */
export function httpAgents(endpoint: string, files: TlsFiles, env: NodeJS.ProcessEnv): HttpAgents {
  const tls = strictTls(files.ca ?? rootCertificates, files);
  const proxy = proxyFor(endpoint, env);
  if (proxy === undefined) return { httpAgent: new HttpAgent(pool), httpsAgent: new HttpsAgent({ ...pool, ...tls }) };
  return {
    httpAgent: new HttpProxyAgent(proxy.href, pool),
    // Node asks of an agent for https only that it takes requests; this one makes the TLS itself.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
    httpsAgent: new StrictTunnelAgent(proxy, tls, pool),
  };
}

/**
 * Agents for the sign-in services of AWS (single sign-on, `aws login`), which are always AWS's own: public roots count there,
 * and the connection's authorities too, for a proxy that inspects TLS.
 */
export function signInAgents(files: TlsFiles, env: NodeJS.ProcessEnv): HttpAgents {
  const ca = files.ca === undefined ? undefined : [...rootCertificates, ...files.ca];
  return httpAgents("https://sign-in.amazonaws.com", ca === undefined ? {} : { ca }, env);
}

/** Reading the public roots takes about as long as a request, so equal settings share what was made of them. */
const contexts = new Map<string, SecureContext>();

function strictTls(ca: readonly string[], files: TlsFiles): StrictTls {
  const { clientCert, clientKey } = files;
  const name = createHash("sha256")
    .update(JSON.stringify([ca, clientCert, clientKey]))
    .digest("hex");
  const secureContext = contexts.get(name) ?? newContext(ca, files);
  contexts.set(name, secureContext);
  const custom = files.ca !== undefined && files.anyHostname === true;
  return {
    secureContext,
    rejectUnauthorized: true,
    ...(custom ? { checkServerIdentity: () => undefined } : {}),
  };
}

function newContext(ca: readonly string[], { clientCert, clientKey }: TlsFiles): SecureContext {
  try {
    return createSecureContext({
      ca: [...ca],
      minVersion: "TLSv1.2",
      ...(clientCert === undefined ? {} : { cert: clientCert }),
      ...(clientKey === undefined ? {} : { key: clientKey }),
    });
  } catch {
    // OpenSSL's own words may quote what it read, and it reads a private key here.
    throw new ByokError("BYOK_INPUT_INVALID", "The TLS files of the connection cannot be used.", {
      hint: "clientCertFile and clientKeyFile must be a PEM certificate and its unencrypted PEM key.",
      property: "tls",
    });
  }
}
