import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { ByokError } from "../model/errors";
import { systemErrorCode } from "./system-error-code";
import { withoutLastNewline } from "./without-last-newline";

/** Larger files are certainly no PIN, key or CSV of credentials. */
const MAX_BYTES = 64 * 1024;

const GROUP_AND_OTHERS = 0o077;

/**
 * Reads a secret from a file that belongs to the user or to root and that nobody else may touch. Owner and mode are asked of
 * the open file, so that it cannot be exchanged between the check and the read; the final newline of an editor is removed.
 *
 * @throws ByokError BYOK_REFERENCE_UNRESOLVED where there is nothing to read, BYOK_REFERENCE_INVALID for a file that others may touch:
 * a preview goes on without a secret that is not there, never with one that is laid open.
 */
export async function readSecretFile(path: string): Promise<string> {
  return withoutLastNewline((await readFileOf(path, { guarded: true })).toString("utf8"));
}

/**
 * Reads a regular file of modest size.
 *
 * @param guarded - only one that belongs to the user or to root, and that nobody else may touch
 * @throws ByokError as {@link readSecretFile}
 */
export async function readFileOf(path: string, { guarded }: { readonly guarded: boolean }): Promise<Buffer> {
  // O_NONBLOCK: opening a named pipe must not wait for a writer before the check below can refuse it.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw notReadable(path, error);
  });
  try {
    const facts = await file.stat();
    if (!facts.isFile()) {
      throw unresolved(
        `${path} is not a regular file.`,
        "Refer to a regular file that holds the secret and nothing else.",
      );
    }
    if (guarded) refuseOtherOwners(path, facts.uid);
    if (guarded && process.platform !== "win32" && (facts.mode & GROUP_AND_OTHERS) !== 0) {
      throw unsafe(`Others than its owner may use the file ${path}.`, `Type: chmod 600 ${shellWord(path)}`);
    }
    if (facts.size > MAX_BYTES) {
      throw unresolved(
        `The file ${path} is too large for a secret.`,
        "Refer to a file that holds the secret and nothing else.",
      );
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function refuseOtherOwners(path: string, owner: number): void {
  const user = process.getuid?.();
  if (user === undefined || owner === user || owner === 0) return;
  throw unsafe(
    `The file ${path} belongs to another user (id ${String(owner)}).`,
    `Type: sudo chown "$(id -u)" ${shellWord(path)} && chmod 600 ${shellWord(path)}`,
  );
}

function notReadable(path: string, error: unknown): ByokError {
  const code = systemErrorCode(error);
  if (code === "ENOENT" || code === "ENOTDIR") {
    return unresolved(`There is no file ${path}.`, "Create it, readable by its owner alone (chmod 600).");
  }
  if (code === "EACCES" || code === "EPERM") {
    return unresolved(`The file ${path} may not be read.`, `It must belong to the user that runs pulumi, or to root.`);
  }
  return unresolved(`The file ${path} cannot be opened${code === undefined ? "" : ` (${code})`}.`, "Check its path.");
}

const unsafe = (message: string, hint: string): ByokError => new ByokError("BYOK_REFERENCE_INVALID", message, { hint });

function unresolved(message: string, hint: string): ByokError {
  return new ByokError("BYOK_REFERENCE_UNRESOLVED", message, { hint });
}

const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
