import type { LocalClock } from "../clock";
import type { AzureFault, FaultEffect, Faults } from "../http/faults";
import type { HttpAnswer, Outcome } from "../http/outcome";
import { BodyTooLarge } from "../http/request";
import type { RequestLog } from "../http/request-log";
import type { AzureRequestLogEntry } from "./admin";
import { AzureError } from "./azure-error";
import { EntraError } from "./entra/entra-error";

/** A request as faults and the log know it. */
export interface Subject {
  readonly service: AzureRequestLogEntry["service"];
  readonly operation: string;
  readonly vault: string | null;
  readonly key: string | null;
  readonly client: string | null;
}

interface Parts {
  readonly clock: LocalClock;
  readonly faults: Faults<AzureFault>;
  readonly log: RequestLog<AzureRequestLogEntry>;
  readonly realNow: () => number;
}

/** An answer, and the client where only the body told it. */
export interface Told {
  readonly answer: HttpAnswer;
  readonly client?: string | null;
}

/** What all endpoints have in common: faults around the answer, errors as answers, and the log. */
export class AzureApi {
  constructor(private readonly parts: Parts) {}

  async serve(subject: Subject, answer: () => Told | Promise<Told>): Promise<Outcome> {
    const { clock, faults, log, realNow } = this.parts;
    const time = new Date(clock.now()).toISOString();
    let outcome: Outcome;
    let client = subject.client;
    let error: string | null = null;
    try {
      const effect = faults.take({ operation: subject.operation, vault: subject.vault, key: subject.key });
      const told = await withEffect(effect, answer);
      outcome = typeof told === "string" ? told : told.answer;
      if (typeof told !== "string") client ??= told.client ?? null;
    } catch (failure) {
      error = codeOf(failure);
      outcome = failureAnswer(failure, realNow());
    }
    const { service, operation, vault, key } = subject;
    log.add({
      time,
      service,
      operation,
      vault,
      key,
      client,
      status: typeof outcome === "string" ? null : outcome.status,
      error,
    });
    return outcome;
  }
}

async function withEffect(
  effect: FaultEffect | undefined,
  answer: () => Told | Promise<Told>,
): Promise<Told | "drop" | "hang"> {
  switch (effect?.kind) {
    case undefined:
      return answer();
    case "error": {
      const headers = effect.retryAfter === undefined ? {} : { "retry-after": String(effect.retryAfter) };
      throw new AzureError(effect.status, effect.code, effect.message, { headers });
    }
    case "status":
      return { answer: { status: effect.status, headers: { "content-type": "text/plain" }, body: "" } };
    case "slow":
      await new Promise((resolve) => setTimeout(resolve, effect.milliseconds));
      return answer();
    case "drop":
    case "hang":
      // The operation happens, or fails, as if nobody had cut the line: its answer is what gets lost.
      if (effect.when === "after") await Promise.resolve(answer()).catch(() => undefined);
      return effect.kind;
  }
}

function codeOf(failure: unknown): string {
  if (failure instanceof AzureError) return failure.code;
  return failure instanceof EntraError ? failure.error : "InternalServerError";
}

/** An error as its answer; what is none of ours is a fault of this cloud, and shown as a warning. */
export function failureAnswer(failure: unknown, now: number): HttpAnswer {
  if (failure instanceof AzureError) return failure.toAnswer();
  if (failure instanceof EntraError) return failure.toAnswer(now);
  if (failure instanceof BodyTooLarge) return new AzureError(413, "RequestEntityTooLarge", failure.message).toAnswer();
  process.emitWarning(failure instanceof Error ? failure : String(failure));
  return new AzureError(500, "InternalServerError", "The local cloud failed.").toAnswer();
}
