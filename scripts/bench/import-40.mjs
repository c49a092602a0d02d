// Copies 40 keys under AWS's request quotas, against the time that the tightest quota dictates.
//
// node scripts/bench/import-40.mjs [--keys 40] [--sources 40]
import { numberOption, progress, timed, withLab } from "./bench-lab.mjs";

const BOUND = 1.1;
/** Calls per second of GetParametersForImport that AWS grants, the tightest quota on the way of a copy. */
const QUOTA = 0.25;
const keys = numberOption("keys", 40);
/** How many source keys the copies share; the token makes them in the same run. */
const sources = numberOption("sources", keys);
// The first call goes at once; each further one waits its turn.
const dictated = (keys - 1) / QUOTA;

const program = (groups) => `${groups}
const sources = [];
for (let i = 0; i < ${sources}; i += 1) {
  sources.push(new byok.SourceKey("source-" + i, { group: hsm, spec: "AES_256" }));
}
for (let i = 0; i < ${keys}; i += 1) {
  new byok.AwsKmsKey("key-" + i, {
    group: frankfurt, material: { source: sources[i % ${sources}] },
    aliases: ["alias/key-" + i], tags: { number: String(i) },
  });
}`;

await withLab({ quotas: "aws" }, async ({ cloud, project, groups }) => {
  const stack = await project();
  await stack.program(program(groups({})));
  progress(`copying ${keys} keys; the quota alone takes ${dictated} s …`);
  const started = Date.now();
  const { seconds, result } = await timed(() => stack.run(["up", "--yes", "--skip-preview"]));
  if (result.code !== 0) throw new Error(`pulumi up ended with ${result.code}:\n${result.text}`);
  const created = (await stack.state()).filter(
    ({ type, outputs }) => type.endsWith("AwsKmsKey") && outputs?.keyState === "Enabled" && outputs.proof !== undefined,
  ).length;
  const log = await cloud.admin.requestLog();
  const throttled = log.filter((entry) => entry.error === "ThrottlingException");
  const answered = log.filter((entry) => entry.operation === "GetParametersForImport" && entry.error === null);
  const asked = answered.length;
  const [first = started, ...others] = answered.map((entry) => Date.parse(entry.time));
  const last = others.at(-1) ?? first;
  const shown = result.text.split("\n").filter((line) => /throttl|too many requests|rate exceeded/i.test(line));

  const ratio = seconds / dictated;
  const times = throttled.map((entry) => entry.operation);
  process.stdout.write(`pulumi up, ${keys} copies of ${sources} source keys under AWS's request quotas
  time                             ${seconds.toFixed(1)} s
  dictated by the tightest quota   ${dictated.toFixed(1)} s   (${keys} times GetParametersForImport, ${QUOTA} calls/s, the first at once)
  until the first call of it       ${((first - started) / 1000).toFixed(1)} s
  from the first to the last       ${((last - first) / 1000).toFixed(1)} s
  after the last                   ${(seconds - (last - started) / 1000).toFixed(1)} s
  ratio                            ${ratio.toFixed(3)}   bound ${BOUND}
  copies proven                    ${created} of ${keys}
  GetParametersForImport a key     ${(asked / keys).toFixed(2)}   bound 1
  throttling shown to the user     ${shown.length}   bound 0   ${shown.slice(0, 3).join(" | ")}
  throttled answers of the cloud   ${throttled.length}   (for information) ${[...new Set(times)].join(" ")}\n`);
  const held = ratio <= BOUND && created === keys && asked === keys && shown.length === 0;
  process.stdout.write(`${held ? "holds" : "MISSED"}\n`);
  return held ? 0 : 1;
});
