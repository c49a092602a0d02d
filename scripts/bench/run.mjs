// Runs all measurements, one after the other; fails when one misses its bound.
import { spawnSync } from "node:child_process";
import path from "node:path";

for (const name of ["preview-300.mjs", "import-40.mjs", "sync-1000.mjs"]) {
  const { status } = spawnSync(process.execPath, [path.join(import.meta.dirname, name)], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
