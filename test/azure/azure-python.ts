import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const cache = process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache");
const folder = path.join(cache, "pulumi-byok", "azure-python-4.11.0");

/** The Python that has Azure's clients and `cryptography`, or undefined; then it prints what is skipped for want of it. */
export function azurePython(skipped: string): string | undefined {
  if (existsSync(path.join(folder, "installed"))) return path.join(folder, "bin", "python");
  process.stderr.write(
    `Azure's Python clients are not installed, ${skipped} is skipped: run scripts/setup/azure-python.sh\n`,
  );
  return undefined;
}
