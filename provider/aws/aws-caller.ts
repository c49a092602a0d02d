import type { AwsConnection } from "../model/aws-connection";
import { ByokError } from "../model/errors";
import type { CallerIdentity } from "../model/ports/kms";
import { iamAction, serviceOf, type AwsApi, type InputOf, type OutputOf } from "./aws-calls";
import type { Surroundings } from "../network/cloud-deps";
import { planSession, type AwsSession, type SessionPlan } from "./aws-session";
import type { AwsShared, RegionMemory } from "./aws-shared";
import { failureFacts, type FailureKind } from "./failure-kind";
import { mapAwsError } from "./map-error";
import { quotaOf } from "./quotas";
import { nextWait } from "./retry-plan";

/** How one call is to be made. */
export interface CallOptions<Api extends AwsApi> {
  /** False where doing it twice is not the same as doing it once. A lost answer is then reported, not repeated. */
  readonly repeatable?: boolean;
  /** True while NotFoundException may be wrong, because what is named was created a moment ago. */
  readonly isNew?: () => boolean;
  /** True: a failed request is told at once, whatever its kind, because the answer is not worth waiting for. */
  readonly once?: boolean;
  /** Milliseconds for which NotFoundException is excused whatever the names. */
  readonly waitForExistence?: number;
  /** Asked when a repetition is refused after a lost answer: what the lost one did, or undefined if nothing. */
  readonly settle?: (error: ByokError) => Promise<OutputOf<Api> | undefined>;
}

/** Waits while something new does not exist yet for every reader. */
const APPEARS = { first: 200, longest: 3_000, attempts: 20 };

/** Makes the calls of one connection: at their turn, as the right account, repeated where that is safe, with mapped errors. */
export class AwsCaller {
  private opened: Promise<{ readonly session: AwsSession; readonly key: string }> | undefined;
  private account: string | undefined;

  constructor(
    readonly connection: AwsConnection,
    readonly surroundings: Surroundings,
    private readonly shared: AwsShared,
    private readonly plan: (
      connection: AwsConnection,
      surroundings: Surroundings,
    ) => Promise<SessionPlan> = planSession,
  ) {}

  /** Who the credentials belong to; asked once for each set of credentials. */
  async callerIdentity(): Promise<CallerIdentity> {
    const { session } = await this.open();
    const known = this.shared.identities.get(session) ?? new Map<number, Promise<CallerIdentity>>();
    this.shared.identities.set(session, known);
    const generation = session.credentialGeneration();
    const identity = known.get(generation) ?? this.askIdentity();
    known.set(generation, identity);
    try {
      const { account } = await identity;
      this.account = account;
    } catch (error) {
      if (known.get(generation) === identity) known.delete(generation);
      throw error;
    }
    return identity;
  }

  /** Refuses credentials of another account than the connection names. */
  async checkedIdentity(): Promise<CallerIdentity> {
    const identity = await this.callerIdentity();
    const { account } = this.connection;
    if (account === undefined || account === identity.account) return identity;
    throw new ByokError(
      "BYOK_AWS_WRONG_ACCOUNT",
      `The credentials belong to AWS account ${identity.account}, and the connection is to account ${account}.`,
      { hint: "Use credentials of that account, or correct the account of the group.", property: "credentials" },
    );
  }

  /** What this process knows of the account and Region. */
  async memory(): Promise<RegionMemory> {
    const { session } = await this.open();
    const account = this.connection.account ?? (await this.callerIdentity()).account;
    return this.shared.regionMemory(`${session.kmsHost} ${account} ${this.connection.region}`);
  }

  async hasTagging(): Promise<boolean> {
    return (await this.open()).session.hasTagging;
  }

  async hasIam(): Promise<boolean> {
    return (await this.open()).session.hasIam;
  }

  /** @throws ByokError BYOK_AWS_* */
  async call<Api extends AwsApi>(
    api: Api,
    input: InputOf<Api>,
    options: CallOptions<Api> = {},
  ): Promise<OutputOf<Api>> {
    const { session, key } = await this.open();
    if (serviceOf(api) !== "sts" && this.connection.account !== undefined) await this.checkedIdentity();
    const place = `${session.kmsHost} ${this.connection.account ?? this.account ?? key} ${this.connection.region}`;
    const { signal, sleep } = this.surroundings;
    const abort = signal === undefined ? {} : { abortSignal: signal };
    const waiting = signal === undefined ? { sleep } : { sleep, signal };
    let made = 0;
    let spent = 0;
    let answerLost = false;
    let renewed = false;
    for (;;) {
      const answered = await this.unlessStopped(api, () =>
        this.shared.pacer.turn(`${place} ${api}`, quotaOf(api, this.connection.quotas), waiting),
      );
      const generation = session.credentialGeneration();
      const began = performance.now();
      made += 1;
      try {
        const answer = await session.calls[api](input, abort);
        answered();
        return answer;
      } catch (thrown) {
        if (signal?.aborted === true) throw this.stopped(api);
        if (thrown instanceof ByokError) throw thrown;
        const { kind } = failureFacts(thrown);
        const error = mapAwsError(thrown, session.describe(api));
        if (kind === "refused" && answerLost && options.settle !== undefined) {
          const done = await options.settle(error);
          if (done !== undefined) return done;
        }
        if (kind === "unclear") answerLost = true;
        if (kind === "unclear" && options.repeatable === false) throw this.lostAnswer(error);
        if (kind === "stale" && !renewed && (await session.renewCredentials(generation))) {
          renewed = true;
          continue;
        }
        spent += performance.now() - began;
        const wait = options.once === true ? undefined : this.waitAfter(kind, error, options, { made, spent });
        if (wait === undefined) throw error;
        if (kind === "throttled") this.shared.pacer.holdBack(`${place} ${api}`, wait);
        await this.unlessStopped(api, () => sleep(wait, signal));
        spent += wait;
      }
    }
  }

  private waitAfter<Api extends AwsApi>(
    kind: FailureKind,
    error: ByokError,
    options: CallOptions<Api>,
    tries: { readonly made: number; readonly spent: number },
  ): number | undefined {
    if (error.code !== "BYOK_AWS_NOT_FOUND") return nextWait(kind, tries, this.surroundings.fraction);
    const excused = tries.spent < (options.waitForExistence ?? 0) || (options.isNew?.() ?? false);
    if (!excused || tries.made >= APPEARS.attempts) return undefined;
    return Math.min(APPEARS.longest, APPEARS.first * 2 ** (tries.made - 1));
  }

  private open(): Promise<{ readonly session: AwsSession; readonly key: string }> {
    this.opened ??= this.connect().catch((error: unknown) => {
      this.opened = undefined;
      throw error;
    });
    return this.opened;
  }

  private async connect(): Promise<{ readonly session: AwsSession; readonly key: string }> {
    const { key, open } = await this.plan(this.connection, this.surroundings);
    const session = this.shared.sessions.get(key) ?? open();
    this.shared.sessions.set(key, session);
    return { session, key };
  }

  private async askIdentity(): Promise<CallerIdentity> {
    const { Account: account, Arn: arn } = await this.call("GetCallerIdentity", {});
    if (account !== undefined && arn !== undefined) return { account, arn };
    throw new ByokError("BYOK_AWS_FAILED", "sts:GetCallerIdentity answered without account and ARN.", {
      hint: "Check that the STS endpoint is one.",
    });
  }

  private async unlessStopped<T>(api: AwsApi, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw this.surroundings.signal?.aborted === true ? this.stopped(api) : error;
    }
  }

  private stopped(api: AwsApi): ByokError {
    const reason: unknown = this.surroundings.signal?.reason;
    if (reason instanceof ByokError) return reason;
    return new ByokError("BYOK_AWS_FAILED", `${iamAction(api)} was stopped before it ended.`, {
      hint: "Try again.",
      retryable: true,
    });
  }

  private lostAnswer(error: ByokError): ByokError {
    return new ByokError(error.code, `${error.message} It may have been done all the same.`, {
      hint: "Try again: what was done is looked for first.",
      retryable: true,
    });
  }
}
