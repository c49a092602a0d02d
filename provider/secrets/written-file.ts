import { randomBytes } from "node:crypto";
import { link, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { ByokError } from "../model/errors";
import { systemErrorCode } from "./system-error-code";

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
  const neighbour = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const handle = await open(neighbour, "wx", 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // Unlike rename, link refuses a name that is taken (POSIX).
    await (overwrite ? rename(neighbour, file) : link(neighbour, file));
  } catch (error) {
    throw unwritten(file, error);
  } finally {
    await rm(neighbour, { force: true }).catch(() => undefined);
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
