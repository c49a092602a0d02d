import { Client, connectivityState, credentials } from "@grpc/grpc-js";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** A line for the engine to show. */
export interface EngineLine {
  readonly severity: "info" | "warning";
  /** The resource whose row shows it; empty: the stack's. */
  readonly urn: string;
  readonly message: string;
  /** True: shown as progress and replaced by the next line. */
  readonly ephemeral: boolean;
}

/** The way back to the engine that started this process. */
export interface EngineLink {
  log(line: EngineLine): void;
  /** Resolves when all lines were taken over, at the latest after a second. */
  flush(): Promise<void>;
  /** False as soon as the engine cannot be reached: nothing that is changed now would get into the state. */
  readonly reachable: boolean;
  /** Calls once when the engine stayed away. */
  onLost(listener: () => void): void;
  close(): void;
}

/** Where nobody listens: lines are dropped, nothing is ever lost. */
export const noEngine: EngineLink = {
  log: () => undefined,
  flush: () => Promise.resolve(),
  reachable: true,
  onLost: () => undefined,
  close: () => undefined,
};

/** How long the engine may stay away, in milliseconds. */
const LOST_AFTER = 3_000;
/** A first connection may take long on a busy machine; an engine that is gone refuses it at once. */
const FIRST_CONNECTION = 30_000;
const LOG_DEADLINE = 5_000;
const FLUSH_LIMIT = 1_000;

const SEVERITY = { info: LogSeverity.INFO, warning: LogSeverity.WARNING } as const;

/**
 * Connects to the engine's address, the argument with which the CLI starts the provider. After a `kill -9` of the CLI its
 * providers live on and would go on creating outside the state; the lost connection is the only sign.
 */
export function openEngineLink(address: string): EngineLink {
  const client = new Client(address, credentials.createInsecure(), {
    // A proxy from the environment is for the cloud, never for this loopback address.
    "grpc.enable_http_proxy": 0,
    // An idle channel disconnects, which would look like a lost engine.
    "grpc.client_idle_timeout_ms": 2 ** 31 - 1,
  });
  const channel = client.getChannel();
  const listeners: (() => void)[] = [];
  let closed = false;
  let away: NodeJS.Timeout | undefined;
  let patience = FIRST_CONNECTION;
  let lines: Promise<void> = Promise.resolve();
  let underway = 0;

  const watch = (): void => {
    if (closed) return;
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.READY) {
      clearTimeout(away);
      away = undefined;
      patience = LOST_AFTER;
    } else if (state === connectivityState.TRANSIENT_FAILURE && patience > LOST_AFTER) {
      clearTimeout(away);
      patience = LOST_AFTER;
      away = setTimeout(lose, patience);
    } else {
      away ??= setTimeout(lose, patience);
    }
    channel.watchConnectivityState(state, Infinity, watch);
  };
  const lose = (): void => {
    for (const listener of listeners.splice(0)) listener();
  };
  const send = (line: EngineLine): Promise<void> =>
    new Promise((resolve) => {
      const request = new LogRequest();
      request.setSeverity(SEVERITY[line.severity]);
      request.setUrn(line.urn);
      request.setMessage(line.message);
      request.setEphemeral(line.ephemeral);
      client.makeUnaryRequest(
        "/pulumirpc.Engine/Log",
        (message: LogRequest) => Buffer.from(message.serializeBinary()),
        // The answer is empty.
        () => undefined,
        request,
        { deadline: Date.now() + LOG_DEADLINE },
        // A line that cannot be delivered is lost with the engine that would show it.
        () => resolve(),
      );
    });

  watch();
  return {
    // One after the other, so that they arrive in order.
    log: (line) => {
      underway += 1;
      lines = lines.then(() => (closed ? undefined : send(line))).then(() => void (underway -= 1));
    },
    flush: async () => {
      if (underway === 0) return;
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, FLUSH_LIMIT)));
      await Promise.race([lines, limit]);
      clearTimeout(timer);
    },
    get reachable() {
      if (closed) return false;
      const state = channel.getConnectivityState(false);
      return state !== connectivityState.TRANSIENT_FAILURE && state !== connectivityState.SHUTDOWN;
    },
    onLost: (listener) => listeners.push(listener),
    close: () => {
      closed = true;
      clearTimeout(away);
      client.close();
    },
  };
}
