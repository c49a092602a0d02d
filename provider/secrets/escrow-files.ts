import { constants } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { ByokError } from "../model/errors";
import type { EscrowFiles } from "../model/ports/escrow-files";
import { systemErrorCode } from "./system-error-code";
import { writeBeside } from "./write-beside";

/** Backups in the file system. */
export const escrowFiles: EscrowFiles = {
  async read(file, atMost) {
    try {
      return atMost === undefined ? await readFile(file) : await readUpTo(file, atMost + 1);
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") return undefined;
      throw unusable(file, "read", error);
    }
  },

  async replace(file, content) {
    try {
      await writeBeside(file, content, (neighbour) => rename(neighbour, file));
    } catch (error) {
      throw unusable(file, "written", error);
    }
  },

  async remove(file) {
    try {
      await rm(file, { force: true });
    } catch (error) {
      throw unusable(file, "removed", error);
    }
  },
};

/** A device or a pipe has no end, so nothing is read to its end to tell its length. */
async function readUpTo(file: string, length: number): Promise<Buffer> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const content = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await handle.read(content, filled, length - filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return content.subarray(0, filled);
  } finally {
    await handle.close();
  }
}

function unusable(file: string, act: "read" | "written" | "removed", error: unknown): ByokError {
  const code = systemErrorCode(error) ?? "unknown error";
  const hint =
    act === "written" && code === "ENOENT"
      ? `The folder ${path.dirname(file)} must exist: mkdir -p -m 700 ${path.dirname(file)}`
      : "Paths are relative to the project folder. Check the path, and who may use it.";
  return new ByokError("BYOK_INPUT_INVALID", `The file ${file} cannot be ${act} (${code}).`, {
    hint,
    property: "file",
  });
}
