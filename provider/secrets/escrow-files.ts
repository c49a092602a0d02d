import { readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { ByokError } from "../model/errors";
import type { EscrowFiles } from "../model/ports/escrow-files";
import { systemErrorCode } from "./system-error-code";
import { writeBeside } from "./write-beside";

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
