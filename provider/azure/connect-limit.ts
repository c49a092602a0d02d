import type { Agent } from "node:http";
import type { Duplex } from "node:stream";

/** As long as connections to AWS have. */
const CONNECT_MS = 10_000;

/** The code of the error; what fails so was never sent. */
export const NOT_CONNECTED = "ECONNECTTIMEOUT";

/**
 * Gives up connections that do not come about: to a vault behind a private endpoint packets just vanish, and the system would wait for minutes. What comes through
 * a proxy is connected already when the agent hands it out.
 */
export function limitConnecting<T extends Agent>(agent: T, connectMs = CONNECT_MS): T {
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = create(options, callback);
    if (isConnecting(socket)) {
      const timer = setTimeout(() => socket.destroy(notConnected(connectMs)), connectMs);
      const settled = (): void => clearTimeout(timer);
      socket.once("connect", settled).once("close", settled);
    }
    return socket;
  };
  return agent;
}

const isConnecting = (socket: Duplex | null | undefined): socket is Duplex =>
  socket !== null && socket !== undefined && Reflect.get(socket, "connecting") === true;

const notConnected = (connectMs: number): Error =>
  Object.assign(new Error(`no connection within ${String(connectMs)} ms (${NOT_CONNECTED})`), { code: NOT_CONNECTED });
