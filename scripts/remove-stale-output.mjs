// Removes from dist/ what has no source any more, so that a deleted test does not run and a deleted file is not packed.
import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const OUTPUT = /(\.d\.ts|\.d\.ts\.map|\.js|\.js\.map)$/;

for (const folder of ["sdk", "provider", "test"]) {
  const output = path.join(root, "dist", folder);
  if (!existsSync(output)) continue;
  for (const name of readdirSync(output, { recursive: true })) {
    if (OUTPUT.test(name) && !existsSync(path.join(root, folder, name.replace(OUTPUT, ".ts")))) {
      rmSync(path.join(output, name));
    }
  }
}
