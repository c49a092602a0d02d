// Prints what the stack of the quickstart holds, and whether this run changed anything.
//
// node summary.mjs OUTPUTS_FILE HISTORY_FILE   (of `pulumi stack output --json`, `pulumi stack history --json`)
import { readFileSync } from "node:fs";

const [outputsFile, historyFile] = process.argv.slice(2);
if (outputsFile === undefined || historyFile === undefined) {
  throw new Error("usage: node summary.mjs OUTPUTS_FILE HISTORY_FILE");
}
const { arn, aliases, proof } = JSON.parse(readFileSync(outputsFile, "utf8"));
const [lastRun] = JSON.parse(readFileSync(historyFile, "utf8"));
const changed = Object.keys(lastRun.resourceChanges ?? {}).filter((operation) => operation !== "same");

if (changed.length === 0) process.stdout.write("Nothing changed: the stack was already as the program says.\n");
process.stdout.write(`key:         ${arn}\n`);
process.stdout.write(`aliases:     ${aliases.join(", ")}\n`);
process.stdout.write(`fingerprint: ${proof.fingerprint}\n`);
