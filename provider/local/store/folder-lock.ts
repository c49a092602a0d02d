import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { LocalCloudError } from "../options";

/** Keeps two clouds from writing one folder. The lock of a process that is gone does not count. */
export function lockFolder(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = path.join(dataDir, "lock");
  const own = String(process.pid);
  try {
    writeFileSync(file, own, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
    const holder = Number(readFileSync(file, "utf8"));
    if (isRunning(holder)) {
      throw new LocalCloudError(
        `The folder ${dataDir} is in use by the process ${String(holder)}.`,
        `End that process, or remove ${file} if it is no local cloud.`,
      );
    }
    writeFileSync(file, own, { mode: 0o600 });
  }
  return () => {
    rmSync(file, { force: true });
  };
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

function errorCode(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}
