import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * Writes a file so that a reader, or a process killed in the middle, finds the old content or the new one and never a
 * part: the content goes to a neighbour first and is renamed over the target (rename is atomic in POSIX).
 */
export function writeFileAtomically(file: string, content: string | Uint8Array, mode: number): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${String(process.pid)}.tmp`;
  writeFileSync(temporary, content, { mode });
  renameSync(temporary, file);
}
