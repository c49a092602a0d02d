import { ByokError } from "../model/errors";

/** Where a command writes: results to standard output, which may be slow, and what goes on to standard error, line by line. */
export interface Terminal {
  readonly out: (text: string) => Promise<void>;
  readonly err: (line: string) => void;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  // A reader that went away is told by the write that fails.
  process.stdout.on("error", () => undefined);
  return {
    out: (text) =>
      new Promise((resolve, reject) => {
        process.stdout.write(text, (error) => {
          if (error === undefined || error === null) resolve();
          else reject(new ByokError("BYOK_INPUT_INVALID", "Standard output was closed before everything was written."));
        });
      }),
    err: (line) => {
      process.stderr.write(`${line}\n`);
    },
  };
}
