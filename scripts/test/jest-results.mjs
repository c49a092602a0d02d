// Reads what `jest --json` wrote.
import { readFileSync } from "node:fs";

/** What a run of jest counts; a file that could not be run at all counts as one failed test. */
export const jestResults = (file) => {
  let results;
  try {
    results = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { passed: 0, failed: 1, skipped: [] }; // jest itself failed; it has said why
  }
  const skipped = results.testResults
    .flatMap((suite) => suite.assertionResults)
    .filter((test) => test.status === "pending" || test.status === "todo")
    .map((test) => test.fullName);
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
    skipped,
  };
};
