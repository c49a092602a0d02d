import { AsyncLocalStorage } from "node:async_hooks";

/** What ends a request before its answer does. */
export interface RequestLimits {
  /** Of whoever asks; a process that has to stop waits for no answer. */
  readonly signal: AbortSignal | undefined;
  /** How long a request may stay without its answer, in milliseconds. */
  readonly answerMs: number;
}

/** As long as requests to AWS have. */
export const ANSWER_MS = 60_000;

/** Clients and their connections are shared by all who ask, and limits are each asker's own: they follow the call, through the SDK, to its requests. */
const present = new AsyncLocalStorage<RequestLimits>();

/** Whatever the work requests is ended by the limits. */
export const within = <T>(limits: RequestLimits, work: () => T): T => present.run(limits, work);

/** The limits of the work that goes on. */
export const presentLimits = (): RequestLimits => present.getStore() ?? { signal: undefined, answerMs: ANSWER_MS };

/** A request of the SDKs' pipeline, narrowed. */
export interface LimitedRequest {
  abortSignal?: AbortSignal;
}

/**
 * Sends a request of the SDKs, which the present limits end, besides what the SDK itself ends it by. A time limit of the SDK's own would keep its timer running after
 * a failure, and a command would stay for that time.
 */
export async function withinLimits<T>(request: LimitedRequest, send: () => Promise<T>): Promise<T> {
  const { signal, answerMs } = presentLimits();
  const former = request.abortSignal;
  const signals = [signal, former].filter((each) => each !== undefined);
  const ended = new AbortController();
  const end = (): void => ended.abort();
  const timer = setTimeout(end, answerMs);
  for (const each of signals) each.addEventListener("abort", end, { once: true });
  if (signals.some(({ aborted }) => aborted)) end();
  request.abortSignal = ended.signal;
  try {
    return await send();
  } finally {
    clearTimeout(timer);
    for (const each of signals) each.removeEventListener("abort", end);
    // The SDK may send the same request once more.
    if (former === undefined) delete request.abortSignal;
    else request.abortSignal = former;
  }
}
