// Exits 0 if node_modules holds what package-lock.json asks for and the native add-on loads, else 1 with the reason.
// It compares contents: the file times of a fresh clone, a restored cache or a branch switch say nothing.
//
// node installed-packages.mjs PROJECT_FOLDER
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const root = path.resolve(process.argv[2] ?? ".");
const differ = (reason) => {
  process.stdout.write(`${reason}\n`);
  process.exit(1);
};
const packagesOf = (file) => JSON.parse(readFileSync(file, "utf8")).packages;

let installed;
try {
  installed = packagesOf(path.join(root, "node_modules", ".package-lock.json"));
} catch {
  differ("no npm packages are installed yet");
}
for (const [folder, wanted] of Object.entries(packagesOf(path.join(root, "package-lock.json")))) {
  // "" is the project itself; optional packages may belong to another platform.
  if (folder === "" || wanted.optional === true || wanted.devOptional === true || wanted.link === true) continue;
  const found = installed[folder];
  if (found === undefined) differ(`${folder} is not installed`);
  if (found.version !== wanted.version)
    differ(`${folder} is ${found.version}, package-lock.json says ${wanted.version}`);
}
try {
  createRequire(path.join(root, "package.json"))("pkcs11js");
} catch (error) {
  differ(`the native add-on pkcs11js does not load (${String(error.message).split("\n")[0]})`);
}
