// A preview of 300 unchanged copied keys, against one of as many trivial dynamic resources.
//
// node scripts/bench/preview-300.mjs [--rounds 5] [--keys 300]
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { median, numberOption, progress, timed, weighed, withLab } from "./bench-lab.mjs";

const BOUND = 1.3;
const keys = numberOption("keys", 300);
const rounds = numberOption("rounds", 5);
// Source group, AWS group and source key are there as well.
const resources = keys + 3;

// Under AWS's own quota the set-up would take four seconds a key; it is not what is measured.
const UNHURRIED = { GetParametersForImport: 10_000 };

const copiedKeys = (groups) => `${groups}
const master = new byok.SourceKey("master", { group: hsm, spec: "AES_256" });
for (let i = 0; i < ${keys}; i += 1) {
  new byok.AwsKmsKey("key-" + i, {
    group: frankfurt, material: { source: master }, aliases: ["alias/key-" + i], tags: { number: String(i) },
  });
}`;

// The least that a dynamic resource can be: no check and no diff, so that the engine itself compares.
const trivialResources = (values) => `const values = ${JSON.stringify(values)};
const provider = { create: async (inputs) => ({ id: "id-" + inputs.number, outs: inputs }) };
class Trivial extends pulumi.dynamic.Resource {
  constructor(name, number) { super(provider, name, { ...values, number }); }
}
for (let i = 0; i < ${resources}; i += 1) new Trivial("trivial-" + i, i);`;

/** The values that a copied key consists of; Pulumi's own share of the time grows with them. */
async function valuesOf(project) {
  const { inputs } = await project.resource("key-0");
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => name !== "__provider"));
}

const preview = (project) => project.preview("--expect-no-changes");

/** What a provider process did during one preview that is not timed. */
async function witnessed(project, cloud) {
  const file = path.join(project.folder, "witness.jsonl");
  const ran = await project.run(["preview", "--expect-no-changes"], {
    NODE_OPTIONS: `--require=${path.join(import.meta.dirname, "witness.js")}`,
    BYOK_BENCH_WITNESS: file,
  });
  if (ran.code !== 0 || !existsSync(file)) throw new Error(`the witnessed preview failed:\n${ran.text}`);
  const lines = readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const of = (kind) => lines.filter((line) => line.kind === kind).map((line) => String(line.what));
  if (
    !of("module").some((name) =>
      /pulumi-byok[\\/].*provider[\\/]index\.js$|dist[\\/]provider[\\/]index\.js$/.test(name),
    )
  )
    throw new Error("the witness saw no provider process");
  const ports = [cloud.endpoint, cloud.httpsEndpoint].map((url) => new URL(url).port);
  const sdk = /node_modules[\\/](@aws-sdk|@smithy|pkcs11js)[\\/]/;
  // The engine is called by every provider: a witness that saw nothing has not watched.
  if (of("connection").length === 0) throw new Error("the witness saw no connection");
  return {
    "parts of the AWS SDK or pkcs11js loaded": [...of("module"), ...of("addon")].filter((name) => sdk.test(name)),
    "connections to the cloud": of("connection").filter((to) => ports.some((port) => to.endsWith(`:${port}`))),
    "processes started": of("process"),
  };
}

const list = (values) => values.map((value) => value.toFixed(2)).join(" ");

await withLab({ quotas: "off" }, async ({ cloud, project, groups }) => {
  const copied = await project();
  await copied.program(copiedKeys(groups(UNHURRIED)));
  progress(`copying one source key ${keys} times …`);
  const setUp = await timed(() => copied.up());
  progress(`… ${setUp.seconds.toFixed(0)} s. Making twice ${resources} trivial resources …`);
  const trivial = await project();
  await trivial.program(trivialResources({}));
  await trivial.up();
  const laden = await project();
  await laden.program(trivialResources(await valuesOf(copied)));
  await laden.up();

  progress("one preview of each to warm up, then one that is watched …");
  const stacks = { copied, trivial, laden };
  for (const stack of Object.values(stacks)) await preview(stack);
  await cloud.admin.clearLog();
  const acts = await witnessed(copied, cloud);

  const times = { copied: [], trivial: [], laden: [] };
  const processor = { copied: [], trivial: [], laden: [] };
  for (let round = 0; round < rounds; round += 1) {
    // Whoever goes first in a round goes last in the next.
    const order = round % 2 === 0 ? ["copied", "trivial", "laden"] : ["laden", "trivial", "copied"];
    for (const which of order) {
      const ran = await weighed(() => preview(stacks[which]));
      times[which].push(ran.seconds);
      processor[which].push(ran.processor);
    }
    const shown = order.map((which) => `${which} ${times[which][round].toFixed(2)} s`);
    progress(`round ${round + 1} of ${rounds}: ${shown.join(", ")}`);
  }
  const calls = await cloud.admin.counters();

  const ratio = median(times.copied) / median(times.trivial);
  const paired = median(times.copied.map((seconds, round) => seconds / times.trivial[round]));
  const load = median(processor.copied) / median(processor.trivial);
  const counted = Object.values(calls).reduce((sum, count) => sum + count, 0);
  process.stdout
    .write(`pulumi preview, ${keys} unchanged copied keys (${resources} resources), ${rounds} alternating runs
  copied keys        ${median(times.copied).toFixed(2)} s   (${list(times.copied)})
  trivial resources  ${median(times.trivial).toFixed(2)} s   (${list(times.trivial)})
  trivial resources with the values of a copied key, for information
                     ${median(times.laden).toFixed(2)} s   (${list(times.laden)})
  ratio of medians   ${ratio.toFixed(2)}   bound ${BOUND}   (median of the ratios of each round: ${paired.toFixed(2)})
  processor time     ${load.toFixed(2)}   for information: ${median(processor.copied).toFixed(2)} s to ${median(processor.trivial).toFixed(2)} s (laden: ${median(processor.laden).toFixed(2)} s)
  cloud calls        ${counted}   bound 0   ${counted === 0 ? "" : JSON.stringify(calls)}\n`);
  for (const [what, found] of Object.entries(acts))
    process.stdout.write(`  ${what}: ${found.length}   bound 0   ${[...new Set(found)].slice(0, 5).join(" ")}\n`);
  const held = ratio <= BOUND && counted === 0 && Object.values(acts).every((found) => found.length === 0);
  process.stdout.write(`${held ? "holds" : "MISSED"}\n`);
  return held ? 0 : 1;
});
