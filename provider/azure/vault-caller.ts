import { azureCloudFacts } from "../model/azure-clouds";
import type { AzureConnection } from "../model/azure-connection";
import { ByokError } from "../model/errors";
import { surroundingsOf, type CloudDeps, type Surroundings } from "../network/cloud-deps";
import { azureSession, type AzureSession } from "./azure-session";
import { azureFailure, type AzureFailureKind } from "./failure-kind";
import { mapAzureError } from "./map-azure-error";
import { ANSWER_MS, within, type RequestLimits } from "./request-limits";

/** How one call is to be made. */
export interface VaultCallOptions {
  /** In words, such as `importing a key`. */
  readonly doing: string;
  /** False where doing it twice is not the same as doing it once. A lost answer is then reported, not repeated. */
  readonly repeatable?: boolean;
  /** True: the call goes to Entra ID or Resource Manager, and the vault need not be there. */
  readonly outsideVault?: boolean;
  /** True: nothing that Azure echoes of the request is ever shown. */
  readonly secret?: boolean;
}

/** What the calls of a connection need from their surroundings. */
export interface VaultDeps extends CloudDeps {
  /** How long one request may stay without its answer, in milliseconds. Default: a minute. */
  readonly answerMs?: number | undefined;
}

interface Patience {
  readonly budget: number;
  readonly attempts: number;
  readonly first: number;
  readonly longest: number;
}

/** How patiently each kind of failure is met. What is not listed is not repeated. */
const patience: Readonly<Partial<Record<AzureFailureKind, Patience>>> = {
  throttled: { budget: 300_000, attempts: 40, first: 1_000, longest: 20_000 },
  unclear: { budget: 90_000, attempts: 8, first: 200, longest: 8_000 },
  unsent: { budget: 15_000, attempts: 4, first: 200, longest: 2_000 },
};

/** Makes the calls of one connection: repeated where that is safe, with mapped errors. Nothing is loaded or connected before the first. */
export class VaultCaller {
  readonly surroundings: Surroundings;
  private readonly limits: RequestLimits;
  private opened: Promise<AzureSession> | undefined;

  constructor(
    readonly connection: AzureConnection,
    { answerMs = ANSWER_MS, ...deps }: VaultDeps,
  ) {
    this.surroundings = surroundingsOf(deps);
    this.limits = { signal: deps.signal, answerMs };
  }

  /** @throws ByokError BYOK_AZURE_* */
  async call<T>(options: VaultCallOptions, act: (session: AzureSession) => Promise<T>): Promise<T> {
    const { signal, sleep, fraction } = this.surroundings;
    const host = options.outsideVault === true ? this.authorityHost() : new URL(this.connection.vaultUrl).host;
    let spent = 0;
    for (let made = 1; ; made += 1) {
      const began = performance.now();
      try {
        const session = await this.session();
        if (options.outsideVault !== true) await this.warm(session);
        return await this.ended(() => act(session));
      } catch (thrown) {
        if (signal?.aborted === true) throw this.stopped(options);
        const { kind, retryAfter } = azureFailure(thrown);
        const error = mapAzureError(thrown, { ...options, host });
        if (thrown instanceof ByokError) throw thrown;
        spent += performance.now() - began;
        if (kind === "unclear" && options.repeatable === false) throw lostAnswer(error);
        const rule = patience[kind];
        if (rule === undefined || made >= rule.attempts || spent >= rule.budget) throw error;
        // Full jitter, and never sooner than Azure asks for.
        const wait = (retryAfter ?? 0) + fraction() * Math.min(rule.longest, rule.first * 2 ** (made - 1));
        await sleep(wait, signal).catch(() => {
          throw this.stopped(options);
        });
        spent += wait;
      }
    }
  }

  /** The answer, or undefined where the thing certainly does not exist. */
  async find<T>(options: VaultCallOptions, act: (session: AzureSession) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.call(options, act);
    } catch (error) {
      if (error instanceof ByokError && error.code === "BYOK_AZURE_NOT_FOUND") return undefined;
      throw error;
    }
  }

  /**
   * The next page of a listing, which the SDK repeats by itself.
   *
   * @throws ByokError BYOK_AZURE_*
   */
  async nextPage<T>(doing: string, pages: AsyncIterator<T>): Promise<IteratorResult<T>> {
    try {
      return await this.ended(() => pages.next());
    } catch (thrown) {
      if (this.limits.signal?.aborted === true) throw this.stopped({ doing });
      throw mapAzureError(thrown, { doing, host: new URL(this.connection.vaultUrl).host });
    }
  }

  /** Others wait for the same first answer, so only time ends its request. */
  private warm(session: AzureSession): Promise<void> {
    const { signal, answerMs } = this.limits;
    return unlessAborted(
      within({ signal: undefined, answerMs }, () => session.warm()),
      signal,
    );
  }

  /** What the work asks for ends with the limits, and so does the waiting for it. */
  private ended<T>(work: () => Promise<T>): Promise<T> {
    return unlessAborted(within(this.limits, work), this.limits.signal);
  }

  private authorityHost(): string {
    const { cloud, endpoint } = this.connection;
    return endpoint?.authority === undefined ? azureCloudFacts[cloud].authority : new URL(endpoint.authority).host;
  }

  private session(): Promise<AzureSession> {
    this.opened ??= azureSession(this.connection, this.surroundings).catch((error: unknown) => {
      this.opened = undefined;
      throw error;
    });
    return this.opened;
  }

  private stopped({ doing }: VaultCallOptions): ByokError {
    const reason: unknown = this.surroundings.signal?.reason;
    if (reason instanceof ByokError) return reason;
    return new ByokError("BYOK_AZURE_FAILED", `${doing} was stopped before it ended.`, {
      hint: "Try again.",
      retryable: true,
    });
  }
}

/** A process that has to stop waits for no answer: a vault that never gives one would keep it alive. What was done all the same, the next run finds. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error("stopped"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

const lostAnswer = (error: ByokError): ByokError =>
  new ByokError(error.code, `${error.message} It may have been done all the same.`, {
    hint: "Run pulumi up again: what was done is looked for first.",
    retryable: true,
  });
