import { spawn } from "node:child_process";
import { ByokError } from "../model/errors";
import { systemErrorCode } from "./system-error-code";
import { withoutLastNewline } from "./without-last-newline";

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 64 * 1024;

/**
 * Runs a command without a shell and returns its standard output minus one newline. Its standard error is thrown away:
 * secret managers quote tokens there.
 *
 * @throws ByokError BYOK_REFERENCE_UNRESOLVED
 */
export function runSecretCommand(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  timeoutMs: number = TIMEOUT_MS,
): Promise<string> {
  const [program = "", ...words] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { env, shell: false, stdio: ["ignore", "pipe", "ignore"], windowsHide: true });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let stopped: ByokError | undefined;
    const stop = (message: string, hint: string): void => {
      stopped ??= unresolved(message, hint);
      // Even when a grandchild keeps the pipe open, the answer must come now.
      child.stdout.destroy();
      child.kill("SIGKILL");
    };
    const timer = setTimeout(() => {
      stop(
        `The command ${program} gave no secret within ${String(timeoutMs / 1000)} seconds.`,
        "Run it by hand: it must answer without asking anything.",
      );
    }, timeoutMs);
    child.stdout.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BYTES)
        stop(`The command ${program} prints too much for a secret.`, "It must print the secret only.");
      else chunks.push(chunk);
    });
    child.once("error", (error) => {
      clearTimeout(timer);
      const code = systemErrorCode(error);
      reject(
        stopped ??
          unresolved(
            `The command ${program} cannot be started${code === undefined ? "" : ` (${code})`}.`,
            "Check its path; no shell is used.",
          ),
      );
    });
    child.once("close", (status, signal) => {
      clearTimeout(timer);
      const output = Buffer.concat(chunks);
      for (const chunk of chunks) chunk.fill(0);
      const text = output.toString("utf8");
      output.fill(0);
      if (stopped !== undefined) reject(stopped);
      else if (status === 0) resolve(withoutLastNewline(text));
      else {
        reject(
          unresolved(
            `The command ${program} ended with ${status === null ? `signal ${String(signal)}` : `exit code ${String(status)}`}.`,
            "Run it by hand to see why; what it wrote to standard error is not repeated here.",
          ),
        );
      }
    });
  });
}

function unresolved(message: string, hint: string): ByokError {
  return new ByokError("BYOK_REFERENCE_UNRESOLVED", message, { hint });
}
