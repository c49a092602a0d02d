import type { WireRecord } from "./wire-values";

/** What exists although the operation failed; the engine keeps it in state. */
export interface KeptState {
  readonly id: string;
  readonly properties: WireRecord;
}

/** An error in the form that the dynamic-provider server understands (`grpcResponseFromError`). */
export type EngineFailure = Error & Partial<KeptState> & { readonly reasons?: readonly string[] };

/**
 * An error that shows one sentence on the resource's row and nothing else. For check, diff, read and delete the server also
 * prints `${error}: ${error.stack}` to stderr, which lands on the stack's row: the stack is empty, and that one line is held back.
 */
export function engineFailure(message: string, kept?: KeptState): EngineFailure {
  const failure: EngineFailure =
    kept === undefined ? new Error(message) : Object.assign(new Error(message), kept, { reasons: [message] });
  failure.name = "";
  Object.defineProperty(failure, "stack", {
    configurable: true,
    get: () => {
      holdBack(`${message}: \n`);
      return "";
    },
  });
  return failure;
}

let heldBack: string | undefined;

/**
 * Keeps one exact line from stderr until the present call stack is left. The server reads the stack and prints within one
 * expression, so nothing else can be caught; where it does not print, the microtask ends the wait.
 */
function holdBack(line: string): void {
  const waiting = heldBack !== undefined;
  heldBack = line;
  if (waiting) return;
  const write = Object.getOwnPropertyDescriptor(process.stderr, "write");
  const original = process.stderr.write.bind(process.stderr);
  const filter = (...written: Parameters<typeof original>): boolean =>
    written[0] === heldBack ? true : original(...written);
  Object.defineProperty(process.stderr, "write", { value: filter, configurable: true, writable: true });
  queueMicrotask(() => {
    heldBack = undefined;
    if (write === undefined) Reflect.deleteProperty(process.stderr, "write");
    else Object.defineProperty(process.stderr, "write", write);
  });
}
