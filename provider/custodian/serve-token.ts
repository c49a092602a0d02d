import { writeFileSync } from "node:fs";
import { ByokError } from "../model/errors";
import type { TokenConnection } from "../model/token";
import { operations, withoutToken } from "./dispatch";
import { guardAgainstHanging } from "./hang-guard";
import { interruption } from "./interruption";
import type { Ambience, CloudAdapters, FileAdapters, FileWriter } from "./operation-context";
import { oneShotOperations, toChild, type FromChild, type ToChild } from "./protocol";
import { serialiser } from "./serialise";
import { tokenSession, type TokenAdapters, type TokenSession } from "./token-session";

/** Everything that the process reaches besides its channel. */
export type CustodianAdapters = TokenAdapters & CloudAdapters & FileAdapters & FileWriter & Ambience;

/** How long things may take when the provider is gone. */
export interface EndLimits {
  /** A step in flight, in milliseconds. */
  readonly drainMs: number;
  /** Everything; then the process is killed, even when a call into the module never returns. */
  readonly killMs: number;
}

const endLimits: EndLimits = { drainMs: 120_000, killMs: 150_000 };

type Request = Extract<ToChild, { kind: "request" }>;

/**
 * Serves the operations of one token over the channel of this process, until the channel closes: then every operation stops before its next step, the
 * token is logged out of, and the process ends. Must be called once, in the process's entry.
 */
export function serveToken(adapters: CustodianAdapters, { drainMs, killMs }: EndLimits = endLimits): void {
  process.title = "byok-custodian";
  leaveNothingInDumps();
  guardAgainstHanging(killMs);
  // A terminal sends Ctrl-C to every process of the group. The provider decides when to end; a step is never cut by it.
  process.on("SIGINT", () => undefined);
  process.on("SIGHUP", () => undefined);

  const running = new Map<Promise<void>, () => void>();
  const perOwner = serialiser();
  let session: TokenSession | undefined;
  let oneShot = false;

  const answer = async (request: Request, stop: ReturnType<typeof interruption>): Promise<void> => {
    try {
      const tokenless = withoutToken[request.operation];
      if (tokenless !== undefined) {
        post({ kind: "result", id: request.id, value: await tokenless(adapters, request.parameters) });
        return;
      }
      if (session === undefined) throw new ByokError("BYOK_INTERNAL", "The custodian was told no token.");
      if (oneShotOperations.includes(request.operation) !== oneShot)
        throw new ByokError("BYOK_INTERNAL", `"${request.operation}" is for another kind of process.`);
      const opened = await session.opened();
      const value = await operations[request.operation](
        { ...adapters, ...stop, ...opened, perOwner, environment: request.environment },
        request.parameters,
      );
      post({ kind: "result", id: request.id, value });
    } catch (thrown) {
      const error = ByokError.from(thrown, `The custodian's operation "${request.operation}"`);
      session?.noteFailure(error);
      post({ kind: "failure", id: request.id, error: error.toRecord() });
    }
  };

  const hold = (token: TokenConnection): void => {
    session ??= tokenSession(token, adapters);
  };

  process.on("message", (raw) => {
    // A message that cannot be read has no id to answer to; the provider is another version, and ending tells it.
    const parsed = toChild.safeParse(raw);
    if (!parsed.success) process.exit(1);
    if (parsed.data.kind === "hold") {
      oneShot = parsed.data.oneShot === true;
      hold(parsed.data.token);
      return;
    }
    const stop = interruption();
    const act = answer(parsed.data, stop);
    running.set(act, stop.interrupt);
    void act.finally(() => running.delete(act));
  });

  const end = async (): Promise<void> => {
    setTimeout(() => process.exit(0), drainMs).unref();
    for (const interrupt of running.values()) interrupt();
    await Promise.allSettled(running.keys());
    await session?.shutdown().catch(() => undefined);
    process.exit(0);
  };
  process.once("disconnect", () => void end());
  process.once("SIGTERM", () => void end());

  post({ kind: "ready" });
}

function post(message: FromChild): void {
  // Without a provider there is nobody to tell; `disconnect` ends the process.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
}

/**
 * Linux passes a dump to a collector in spite of RLIMIT_CORE; with an empty coredump_filter (core(5)) it holds no memory of ours.
 */
function leaveNothingInDumps(): void {
  if (process.platform !== "linux") return;
  try {
    writeFileSync("/proc/self/coredump_filter", "0");
  } catch {
    // A kernel without core dumps has no filter either.
  }
}
