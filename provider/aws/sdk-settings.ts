import type { NodeHttpHandler } from "@smithy/node-http-handler";
import { failureFacts } from "./failure-kind";
import type { HttpAgents } from "../network/http-agents";
import { loadHttpHandler } from "./load-sdk";

const CONNECT_MS = 10_000;
const ANSWER_MS = 60_000;

/** The SDK writes remarks to the console unless it is given a logger. */
export const silentLogger = {
  trace: (): void => undefined,
  debug: (): void => undefined,
  info: (): void => undefined,
  warn: (): void => undefined,
  error: (): void => undefined,
};

/**
 * Settings of every client. Each is named so that neither the environment nor the profile's configuration file decides it: an
 * endpoint URL, FIPS or dual-stack there would change the host, "auto" defaults would ask the instance metadata service.
 */
export const sdkSettings = {
  ignoreConfiguredEndpointUrls: true,
  useFipsEndpoint: false,
  useDualstackEndpoint: false,
  defaultsMode: "standard",
  retryMode: "standard",
  userAgentAppId: "pulumi-byok",
  logger: silentLogger,
} as const;

/** The transport of a client. */
export type RequestHandler = NodeHttpHandler;

/** A transport over the given agents, with limits on how long a connection and an answer may take. */
export function requestHandler(agents: HttpAgents): RequestHandler {
  const { NodeHttpHandler: Handler } = loadHttpHandler();
  const handler = new Handler({
    httpAgent: agents.httpAgent,
    httpsAgent: agents.httpsAgent,
    connectionTimeout: CONNECT_MS,
    requestTimeout: ANSWER_MS,
    throwOnRequestTimeout: true,
    logger: silentLogger,
  });
  const handle = handler.handle.bind(handler);
  handler.handle = async (request, options) => {
    try {
      return await handle(request, options);
    } catch (error) {
      throw ownError(error);
    }
  };
  return handler;
}

/**
 * The SDK keeps the code of an error only where it is an Error of its own realm, and sockets throw those of the realm that
 * Node itself runs in: in a vm context a certificate that is not trusted would look like a lost answer.
 */
function ownError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  const { name, message, code } = failureFacts(thrown);
  return Object.assign(new Error(message), { name }, code === undefined ? {} : { code });
}
