import { type IncomingMessage, type RequestListener, type Server, type ServerResponse, createServer } from "node:http";
import { type ServerOptions, createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { HttpAnswer, Outcome } from "./outcome";
import { type ReceivedRequest, type RequestHead, headOf, readBody } from "./request";

export interface Handler {
  /** An answer that needs no body, given before the body is read. */
  early?(head: RequestHead): Promise<Outcome | undefined>;
  handle(request: ReceivedRequest): Promise<Outcome>;
  /** What a client is told when the body could not be read, or nothing else fits. */
  failure(error: unknown): HttpAnswer;
}

/** A server on 127.0.0.1. */
export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

interface ListenerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** A port to take if it is free and `port` is 0. */
  readonly preferredPort: number;
  readonly tls?: ServerOptions;
  readonly handler: Handler;
}

/**
 * Node's default of five seconds closes a connection that its client is about to use again whenever either side was busy for so long; clients
 * then see a reset. Load balancers keep connections for a minute or more.
 */
const keepAliveMs = 75_000;

export async function listen({ port, preferredPort, tls, handler }: ListenerOptions): Promise<Listener> {
  const onRequest: RequestListener = (message, response) => {
    void answer(message, response, tls !== undefined, handler);
  };
  const server: Server = tls === undefined ? createServer(onRequest) : createSecureServer(tls, onRequest);
  server.keepAliveTimeout = keepAliveMs;
  if (port !== 0 || preferredPort === 0) await bind(server, port);
  else await bind(server, preferredPort).catch(() => bind(server, 0));
  return { port: addressOf(server).port, close: () => end(server) };
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  secure: boolean,
  handler: Handler,
): Promise<void> {
  let outcome: Outcome;
  try {
    const head = headOf(message, secure);
    const early = await handler.early?.(head);
    if (early === undefined) outcome = await handler.handle({ ...head, body: await readBody(message) });
    else {
      outcome = early;
      message.resume();
    }
  } catch (error) {
    if (message.destroyed && !message.complete) return;
    outcome = handler.failure(error);
  }
  if (outcome === "hang") return;
  if (outcome === "drop") {
    message.socket.destroy();
    return;
  }
  response.writeHead(outcome.status, { ...outcome.headers, "content-length": Buffer.byteLength(outcome.body) });
  response.end(outcome.body);
}

function bind(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host: "127.0.0.1" }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server does not listen");
  return address;
}

function end(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
