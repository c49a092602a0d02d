import { randomBytes } from "node:crypto";
import { open, rm } from "node:fs/promises";
import path from "node:path";

/**
 * Writes a file for its owner alone (0600), whole or not at all: beside its place first, from where `move` brings it there. A rename within a folder is atomic,
 * and a link refuses a name that is taken (POSIX). Nothing of it stays where something fails.
 */
export async function writeBeside(
  file: string,
  content: Buffer,
  move: (neighbour: string) => Promise<void>,
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
    await move(neighbour);
  } finally {
    await rm(neighbour, { force: true }).catch(() => undefined);
  }
}
