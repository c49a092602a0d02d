// Builds, runs the checks and the tests, counts them. The set-up is done by scripts/test.sh.
//
// node run.mjs FOLDER_OF_PULUMI [ARGUMENTS_FOR_JEST…]
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { jestResults } from "./jest-results.mjs";
import { runStep } from "./run-step.mjs";

const [pulumiFolder, ...jestArguments] = process.argv.slice(2);
const root = path.resolve(import.meta.dirname, "../..");
process.chdir(root);
const { projects } = createRequire(import.meta.url)("../../jest.config.js");

// Tests neither see the user's clouds and stacks nor leave anything in the common temporary folder.
const temporary = mkdtempSync(path.join(os.tmpdir(), "byok-test-"));
process.on("exit", () => rmSync(temporary, { recursive: true, force: true, maxRetries: 3 }));
const foreign = /^(AWS|AZURE|ARM|PULUMI|BYOK)_|^SOFTHSM2_CONF$/;
const env = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name))),
  PATH: [pulumiFolder, process.env.PATH].join(path.delimiter),
  TMPDIR: temporary,
  PULUMI_HOME: path.join(temporary, "pulumi-home"),
  PULUMI_SKIP_UPDATE_CHECK: "true",
  // The AWS SDK tells every process under Node 20 that it will want a newer one.
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
};

const done = [];
const step = async (title, run) => {
  process.stdout.write(`\n== ${title}\n`);
  const started = Date.now();
  const counts = await run();
  const seconds = Math.round((Date.now() - started) / 1000);
  done.push({ title, seconds, ...counts });
  process.stdout.write(`${title}: ${counts.failed === 0 ? "passed" : "FAILED"} in ${String(seconds)} s\n`);
};

// A check counts as one test; its commands all run, so that one run shows everything.
const check = (title, commands) =>
  step(title, async () => {
    let passed = true;
    for (const [command, ...rest] of commands)
      passed = (await runStep(command, rest, { env, limitMinutes: 15 })) && passed;
    return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: [] };
  });

const bin = (name) => path.join("node_modules", ".bin", name);
const jest = (title, selection) =>
  step(title, async () => {
    const file = path.join(temporary, "results.json");
    rmSync(file, { force: true });
    const ended = await runStep(bin("jest"), ["--ci", "--json", `--outputFile=${file}`, ...selection], {
      env,
      limitMinutes: 40,
    });
    const counts = jestResults(file);
    // Jest may fail without a failed test: a setting it does not know, a selection without tests.
    return !ended && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  });

const examples = readdirSync("examples")
  .map((name) => path.join("examples", name, "tsconfig.json"))
  .filter((file) => existsSync(file));

await check("Build and types", [
  ["npm", "run", "--silent", "build"],
  ...examples.map((project) => [bin("tsc"), "-p", project]),
]);
if (jestArguments.length > 0) {
  await jest("Tests", jestArguments);
} else {
  await check("Lint", [
    [bin("eslint"), "."],
    [bin("prettier"), "--check", "."],
  ]);
  await check("Import directions", [["node", "scripts/lint/prove-import-directions.mjs"]]);
  await check("Dead code", [[bin("knip")]]);
  for (const { displayName } of projects) await jest(`Tests: ${displayName}`, ["--selectProjects", displayName]);
}

process.stdout.write("\n== Totals\n");
for (const { title, seconds, passed, failed, skipped } of done) {
  const counts = `${String(passed)} passed, ${String(failed)} failed, ${String(skipped.length)} skipped`;
  process.stdout.write(`${title.padEnd(22)} ${counts}, ${String(seconds)} s\n`);
}
const total = (count) => done.reduce((sum, each) => sum + count(each), 0);
const skipped = done.flatMap((each) => each.skipped);
if (skipped.length > 0) process.stdout.write(`\nSkipped:\n${skipped.map((name) => `  ${name}\n`).join("")}`);
const failed = total((each) => each.failed);
const line = `${String(total((each) => each.passed))} passed, ${String(failed)} failed`;
process.stdout.write(`\n${line}${skipped.length > 0 ? `, ${String(skipped.length)} skipped` : ""}\n`);
process.exitCode = failed === 0 ? 0 : 1;
