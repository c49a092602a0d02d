import { fork } from "node:child_process";
import path from "node:path";
import { ByokError, type ByokErrorRecord } from "../../provider/model/errors";
import type { TokenPort } from "../../provider/model/ports/token";
import type { RawActs } from "./raw-acts";
import type { TestToken } from "./test-token";

/** A token that is open in a process of its own, because a module reads the environment, and may crash, process-wide. */
export interface TokenProcess {
  readonly port: TokenPort;
  /** Acts on the token behind the adapter's back, in the same process and login. */
  readonly raw: RawActs;
  /** Ends the process in good order, unless it has ended, and tells its exit code or signal. */
  end(): Promise<number | NodeJS.Signals | null>;
}

/** What the process is asked. */
export type TokenProcessRequest =
  | { readonly kind: "open"; readonly id: number; readonly connection: TestToken["connection"]; readonly pin: string }
  | { readonly kind: "port" | "raw"; readonly id: number; readonly method: string; readonly args: readonly unknown[] };

/** What it answers. */
export interface TokenProcessReply {
  readonly id: number;
  readonly result?: unknown;
  readonly byokError?: ByokErrorRecord;
  readonly error?: string;
}

type Call = { readonly resolve: (value: unknown) => void; readonly reject: (reason: Error) => void };

/** Starts a process and opens the token in it. */
export async function startTokenProcess(token: Pick<TestToken, "connection" | "pin">): Promise<TokenProcess> {
  const child = fork(path.join(__dirname, "token-process-main.js"), [], {
    serialization: "advanced",
    env: { PATH: process.env.PATH },
    execArgv: [],
  });
  const calls = new Map<number, Call>();
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once("exit", (code, signal) => {
      for (const { reject } of calls.values()) reject(new Error(`The token process ended with ${code ?? signal}.`));
      calls.clear();
      resolve(code ?? signal);
    });
  });
  child.on("message", (reply: TokenProcessReply) => {
    const call = calls.get(reply.id);
    calls.delete(reply.id);
    if (reply.byokError !== undefined) call?.reject(ByokError.fromRecord(reply.byokError));
    else if (reply.error !== undefined) call?.reject(new Error(reply.error));
    else call?.resolve(withBuffers(reply.result));
  });
  let last = 0;
  const ask = (request: DistributiveOmit<TokenProcessRequest, "id">): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (!child.connected) {
        reject(new Error("The token process has ended."));
        return;
      }
      const id = ++last;
      calls.set(id, { resolve, reject });
      child.send({ ...request, id });
    });
  const end = async (): Promise<number | NodeJS.Signals | null> => {
    if (child.connected) child.disconnect();
    return ended;
  };
  try {
    await ask({ kind: "open", connection: token.connection, pin: token.pin });
  } catch (thrown) {
    await end();
    throw thrown;
  }
  return { port: remote("port", ask) as TokenPort, raw: remote("raw", ask) as RawActs, end };
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Every method of the interface, asked over the channel. */
const remote = (
  kind: "port" | "raw",
  ask: (request: DistributiveOmit<TokenProcessRequest, "id">) => Promise<unknown>,
): object =>
  new Proxy(
    {},
    {
      get: (_, method) =>
        typeof method === "string" && method !== "then"
          ? (...args: unknown[]) => ask({ kind, method, args })
          : undefined,
    },
  );

/** Buffers cross the channel as Uint8Array. */
export function withBuffers(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (Array.isArray(value)) return value.map(withBuffers);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withBuffers(inner)]));
  }
  return value;
}
