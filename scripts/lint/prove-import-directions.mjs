// Shows that the import directions are enforced: lints a made-up file in every part that imports what it must not, in
// each way an import can be written, and one that imports what it may. Prints what the rules let through or refuse wrongly.
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { ESLint } from "eslint";
import tseslint from "typescript-eslint";
import { INPUT_OUTPUT, NO_INPUT_OUTPUT, PACKAGES, PARTS, TYPES_ONLY } from "./import-directions.mjs";

const root = path.resolve(import.meta.dirname, "../..");
const eslint = new ESLint({
  cwd: root,
  // The made-up files belong to no TypeScript project.
  overrideConfig: [
    tseslint.configs.disableTypeChecked,
    { languageOptions: { parserOptions: { projectService: false } } },
  ],
});

const RULES = new Set([
  "import-x/no-restricted-paths",
  "no-restricted-imports",
  "@typescript-eslint/no-restricted-imports",
  "no-restricted-syntax",
]);
const refuses = async (part, code) => {
  const [result] = await eslint.lintText(code, { filePath: path.join(root, part, "made-up-by-the-proof.ts") });
  const fatal = result.messages.find((message) => message.fatal);
  if (fatal !== undefined) throw new Error(`${part}: ${fatal.message}`);
  return result.messages.some((message) => RULES.has(message.ruleId));
};

const firstModule = (part) => {
  let names;
  try {
    names = readdirSync(path.join(root, part), { recursive: true });
  } catch {
    return undefined; // a part that does not exist yet
  }
  const name = names.filter((each) => each.endsWith(".ts")).sort()[0];
  return name === undefined ? undefined : path.join(part, name.slice(0, -".ts".length));
};
const compositionRoot = existsSync(path.join(root, "provider/index.ts")) ? "provider/index" : undefined;
const relative = (part, file) => {
  const specifier = path.relative(part, file).split(path.sep).join("/");
  return specifier.startsWith(".") ? specifier : `./${specifier}`;
};

// A scope stands for all of its packages, and is none itself.
const MEMBERS = {
  "@aws-sdk": "@aws-sdk/client-kms",
  "@azure": "@azure/keyvault-keys",
  "@smithy": "@smithy/signature-v4",
};

const wrong = [];
let proved = 0;
const expect = async (part, code, refused) => {
  proved += 1;
  if ((await refuses(part, code)) !== refused)
    wrong.push(`${part} ${refused ? "may, but must not," : "must be able to"} write: ${code}`);
};
const ways = (specifier) => [
  `import * as x from "${specifier}"; export const y = x;`,
  `import type * as x from "${specifier}"; export type Y = typeof x;`,
  `export const y = () => import("${specifier}");`,
];

for (const part of Object.keys(PARTS)) {
  for (const other of [...Object.keys(PARTS), "provider/index.ts"]) {
    if (other === part) continue;
    const file = other === "provider/index.ts" ? compositionRoot : firstModule(other);
    if (file === undefined || firstModule(part) === undefined) continue;
    const [value, type, lazy] = ways(relative(part, file));
    const allowed = PARTS[part].includes(other);
    const typesOnly = TYPES_ONLY[part]?.includes(other) === true;
    await expect(part, value, !allowed || typesOnly);
    await expect(part, type, !allowed);
    await expect(part, lazy, !allowed || typesOnly);
  }
  for (const [name, allowed] of Object.entries(PACKAGES)) {
    const specifier = MEMBERS[name] ?? name;
    for (const code of ways(specifier)) await expect(part, code, !allowed.includes(part));
  }
}
for (const part of NO_INPUT_OUTPUT) {
  for (const name of INPUT_OUTPUT) await expect(part, `import * as x from "node:${name}"; export const y = x;`, true);
}

for (const line of wrong) process.stdout.write(`${line}\n`);
process.stdout.write(`${String(proved)} imports tried, ${String(wrong.length)} judged wrongly\n`);
process.exitCode = wrong.length === 0 && proved > 0 ? 0 : 1;
