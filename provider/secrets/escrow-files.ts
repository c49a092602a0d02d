import { randomBytes } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { ByokError } from "../model/errors";
import type { EscrowFiles } from "../model/ports/escrow-files";
import { systemErrorCode } from "./system-error-code";

/** Backups in the file system. */
export const escrowFiles: EscrowFiles = {
  async read(file) {
    try {
      return await readFile(file);
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") return undefined;
      throw unusable(file, "read", error);
    }
  },

  async replace(file, content) {
    // A neighbour first: rename is atomic within a folder (POSIX).
    const neighbour = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString("hex")}.tmp`);
    try {
      const handle = await open(neighbour, "wx", 0o600);
      try {
        await handle.writeFile(content);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(neighbour, file);
    } catch (error) {
      await rm(neighbour, { force: true }).catch(() => undefined);
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
