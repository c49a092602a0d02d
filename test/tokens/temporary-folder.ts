import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** Makes a folder of its own for one token, with the PIN in a file that only its owner reads. */
export async function makeTokenFolder(kind: string, pin: string): Promise<{ folder: string; pinFile: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), `byok-${kind}-`));
  const pinFile = path.join(folder, "pin");
  await writeFile(pinFile, `${pin}\n`, { mode: 0o600 });
  return { folder, pinFile };
}

export const removeFolder = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });
