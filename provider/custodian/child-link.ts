import { fork, type ChildProcess } from "node:child_process";
import { ByokError } from "../model/errors";
import type { TokenConnection } from "../model/token";
import { lostCustodian } from "./lost-custodian";
import { fromChild, type FromChild, type OperationName, type ToChild } from "./protocol";

/** How to start the process that holds a token. */
export interface ChildSettings {
  readonly token: TokenConnection;
  /** Path of the compiled entry. */
  readonly entry: string;
  readonly environment: Readonly<Record<string, string>>;
  /** True: for one operation, with which the process ends. */
  readonly oneShot?: boolean;
  /** How long the process may take until it listens. */
  readonly startTimeoutMs: number;
  /** How long a step in flight may go on after {@link ChildLink.end}. */
  readonly endTimeoutMs: number;
}

/** A running process that holds a token, seen from the provider. */
export interface ChildLink {
  readonly alive: boolean;
  readonly pid: number | undefined;
  /** @throws ByokError what the operation raised, or BYOK_CUSTODIAN_FAILED when the process is gone before it answered. */
  request(
    operation: OperationName,
    parameters: unknown,
    environment: Readonly<Record<string, string>>,
  ): Promise<unknown>;
  /** Closes the channel and waits until the process ended, which it does after the step in flight. */
  end(): Promise<void>;
}

interface Pending {
  readonly operation: OperationName;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: ByokError) => void;
}

/**
 * Lowers RLIMIT_CORE to 0 and becomes node: a core dump of this process would hold the PIN and wrapped material in transit. Node has
 * no setrlimit of its own. The text is fixed; what to run comes as arguments.
 */
const withoutCoreDump = 'ulimit -c 0 && exec "$@"';

/** Messages can still be in the channel when the process is gone; `close` comes after the last one, unless a descendant keeps it open. */
const channelDrainMs = 1_000;

/** Starts a process that holds a token. The link never keeps the calling process alive but while an operation is pending. */
export function startChild(settings: ChildSettings): ChildLink {
  const child = fork(settings.entry, [], {
    execPath: "/bin/sh",
    execArgv: ["-c", withoutCoreDump, "sh", process.execPath],
    env: settings.environment,
    // A module that prints must not reach the engine, which parses what the provider writes.
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    serialization: "advanced",
  });
  return new RunningChild(child, settings);
}

class RunningChild implements ChildLink {
  readonly #child: ChildProcess;
  readonly #settings: ChildSettings;
  readonly #pending = new Map<number, Pending>();
  readonly #ready: Promise<void>;
  readonly #gone: Promise<void>;
  #settleReady: { readonly resolve: () => void; readonly reject: (error: ByokError) => void } | undefined;
  #nextId = 1;
  #alive = true;
  #ending = false;

  constructor(child: ChildProcess, settings: ChildSettings) {
    this.#child = child;
    this.#settings = settings;
    this.#ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    // Whoever waits for it sees the failure; without anybody waiting it is none.
    this.#ready.catch(() => undefined);
    const startTimer = setTimeout(() => this.#tooSlow(), settings.startTimeoutMs);
    startTimer.unref();
    this.#ready.then(
      () => clearTimeout(startTimer),
      () => clearTimeout(startTimer),
    );
    this.#gone = new Promise((resolve) => {
      let drain: NodeJS.Timeout | undefined;
      const gone = (code: number | null, signal: NodeJS.Signals | null): void => {
        clearTimeout(drain);
        this.#lost(howItEnded(code, signal));
        resolve();
      };
      child.once("close", gone);
      child.once("exit", (code, signal) => {
        drain = setTimeout(() => gone(code, signal), channelDrainMs);
      });
      child.once("error", () => {
        this.#lost("could not be started");
        resolve();
      });
    });
    child.on("message", (message) => this.#receive(message));
    this.#post({ kind: "hold", token: settings.token, ...(settings.oneShot === true ? { oneShot: true } : {}) });
    this.#hold();
  }

  get alive(): boolean {
    return this.#alive && !this.#ending && this.#child.connected;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async request(
    operation: OperationName,
    parameters: unknown,
    environment: Readonly<Record<string, string>>,
  ): Promise<unknown> {
    const id = this.#nextId;
    this.#nextId += 1;
    const answer = new Promise<unknown>((resolve, reject) => {
      if (!this.alive) {
        reject(this.#failure(operation, "ended"));
        return;
      }
      this.#pending.set(id, { operation, resolve, reject });
      this.#hold();
    });
    // The answer can fail while the start is still awaited.
    answer.catch(() => undefined);
    try {
      await this.#ready;
      this.#post({ kind: "request", id, operation, parameters, environment });
      return await answer;
    } catch (thrown) {
      this.#pending.delete(id);
      throw thrown;
    } finally {
      this.#hold();
    }
  }

  async end(): Promise<void> {
    if (this.#ending || !this.#alive) return this.#gone;
    this.#ending = true;
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), this.#settings.endTimeoutMs);
    this.#child.ref();
    try {
      await this.#gone;
    } finally {
      clearTimeout(timer);
    }
  }

  /** While something is pending the caller waits for it; else nothing here may keep a process alive. */
  #hold(): void {
    if (this.#pending.size > 0) {
      this.#child.ref();
      this.#child.channel?.ref();
    } else {
      this.#child.unref();
      this.#child.channel?.unref();
    }
  }

  #post(message: ToChild): void {
    if (!this.#child.connected) return;
    // A channel that breaks meanwhile is told by `close`, which fails what is pending.
    this.#child.send(message, () => undefined);
  }

  #receive(raw: unknown): void {
    const parsed = fromChild.safeParse(raw);
    if (!parsed.success) {
      this.#child.kill("SIGKILL");
      this.#lost("answered something unreadable");
      return;
    }
    this.#take(parsed.data);
  }

  #take(message: FromChild): void {
    if (message.kind === "ready") {
      this.#settleReady?.resolve();
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.kind === "result") pending?.resolve(message.value);
    else pending?.reject(ByokError.fromRecord(message.error));
  }

  #tooSlow(): void {
    this.#child.kill("SIGKILL");
    this.#lost(`did not start within ${this.#settings.startTimeoutMs / 1000} s`);
  }

  #lost(how: string): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#settleReady?.reject(this.#failure("connect", how));
    for (const { operation, reject } of this.#pending.values()) reject(this.#failure(operation, how));
    this.#pending.clear();
    this.#hold();
  }

  #failure(operation: OperationName, how: string): ByokError {
    return lostCustodian(this.#settings.token, operation, this.#ending ? "was told to end" : how);
  }
}

function howItEnded(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `was ended by ${signal}`;
  return code === 0 ? "ended" : `ended with exit code ${String(code)}`;
}
