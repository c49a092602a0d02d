import { link, rename } from "node:fs/promises";
import { ByokError } from "../model/errors";
import { systemErrorCode } from "./system-error-code";
import { writeBeside } from "./write-beside";

/**
 * Writes a file for its owner alone (0600), as a whole or not at all.
 *
 * @param overwrite - false: a file that is there stays as it is
 * @throws ByokError BYOK_INPUT_INVALID
 */
export async function writeOwnFile(
  file: string,
  content: Buffer,
  { overwrite }: { readonly overwrite: boolean },
): Promise<void> {
  try {
    await writeBeside(file, content, (neighbour) => (overwrite ? rename(neighbour, file) : link(neighbour, file)));
  } catch (error) {
    throw unwritten(file, error);
  }
}

function unwritten(file: string, error: unknown): ByokError {
  const code = systemErrorCode(error) ?? "unknown error";
  if (code === "EEXIST")
    return new ByokError("BYOK_INPUT_INVALID", `${file} exists already, so it is left alone.`, {
      hint: "Name another file with --out, or write over it with --force.",
    });
  return new ByokError("BYOK_INPUT_INVALID", `${file} cannot be written (${code}).`, {
    hint: "Name a file in a folder that exists, and that you may write.",
  });
}
