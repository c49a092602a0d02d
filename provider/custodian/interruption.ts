import { ByokError } from "../model/errors";

/**
 * Ends an operation whose caller is gone: at once where it only waits or reads, after the step where it is changing something. A
 * step that nobody would record is not begun.
 */
export interface Interruption {
  /** Aborts waiting and reading. */
  readonly signal: AbortSignal;
  /**
   * Runs a step that changes the token or the cloud, undisturbed.
   *
   * @throws ByokError BYOK_ENGINE_LOST when the caller is gone already.
   */
  change<T>(step: () => Promise<T>): Promise<T>;
}

/** An {@link Interruption}, and what brings it about. */
export function interruption(): Interruption & { readonly interrupt: () => void } {
  const controller = new AbortController();
  let interrupted = false;
  let changing = 0;
  const settle = (): void => {
    if (interrupted && changing === 0) controller.abort(callerGone());
  };
  return {
    signal: controller.signal,
    interrupt: () => {
      interrupted = true;
      settle();
    },
    change: async (step) => {
      if (interrupted) throw callerGone();
      changing += 1;
      try {
        return await step();
      } finally {
        changing -= 1;
        settle();
      }
    },
  };
}

const callerGone = (): ByokError =>
  new ByokError("BYOK_ENGINE_LOST", "The provider is gone, so the operation stopped before its next step.", {
    hint: "Run again; what was done already is found and kept.",
    retryable: true,
  });
