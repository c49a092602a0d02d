// Lists 1,000 keys as `byok sync` does, against what the calls cost that it takes.
//
// node scripts/bench/sync-1000.mjs [--rounds 5] [--keys 1000]
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { median, numberOption, progress } from "./bench-lab.mjs";

const BOUND = 1.2;
const MEMORY_BOUND_MB = 150;
const REGION = "eu-central-1";
const ACCOUNT = {
  id: "111122223333",
  accessKeyId: "AKIABENCHMARK000001",
  secretAccessKey: "the/secret+of+the+benchmark+0123456789ab",
};
const keys = numberOption("keys", 1000);
const rounds = numberOption("rounds", 5);

const root = path.resolve(import.meta.dirname, "../..");
const require = createRequire(import.meta.url);
const local = path.join(root, "dist/provider/local/index.js");
if (!existsSync(local)) throw new Error(`${path.relative(root, local)} is missing. Run first: npm run build`);
const { startLocalAws } = require(local);
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

const folder = mkdtempSync(path.join(os.tmpdir(), "byok-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));
const options = { accounts: [ACCOUNT], dataDir: path.join(folder, "cloud") };

const kinds = [
  ["SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"],
  ["RSA_3072", "SIGN_VERIFY"],
  ["ECC_NIST_P256", "SIGN_VERIFY"],
  ["HMAC_256", "GENERATE_VERIFY_MAC"],
];

/** Keys for imported material, of several types, each with an alias and three tags. */
async function makeKeys() {
  const { CreateAliasCommand, CreateKeyCommand, KMSClient } = require("@aws-sdk/client-kms");
  const cloud = await startLocalAws(options);
  const kms = new KMSClient({ region: REGION, endpoint: cloud.endpoint, credentials: ACCOUNT });
  const make = async (number) => {
    const [KeySpec, KeyUsage] = kinds[number % kinds.length];
    const Tags = ["team", "stage", "cost-center"].map((TagKey) => ({ TagKey, TagValue: `${TagKey}-${number % 7}` }));
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Origin: "EXTERNAL", KeySpec, KeyUsage, Tags }));
    const alias = { AliasName: `alias/key-${number}`, TargetKeyId: KeyMetadata.KeyId };
    await kms.send(new CreateAliasCommand(alias));
  };
  for (let first = 0; first < keys; first += 50) {
    await Promise.all(Array.from({ length: Math.min(50, keys - first) }, (_, index) => make(first + index)));
  }
  kms.destroy();
  await cloud.close();
}

/** One listing in a process of its own. */
function list(how, settings) {
  return new Promise((resolve, reject) => {
    const script = path.join(import.meta.dirname, "list-keys.mjs");
    const child = spawn(process.execPath, ["--expose-gc", script, how, JSON.stringify(settings)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const stop = () => child.kill();
    process.once("exit", stop);
    let text = "";
    child.stdout.on("data", (part) => (text += part));
    child.on("error", reject);
    child.on("close", (code) => {
      process.off("exit", stop);
      if (code !== 0) reject(new Error(`list-keys.mjs ${how} ended with ${code}`));
      else resolve(JSON.parse(text));
    });
  });
}

progress(`making ${keys} keys …`);
await makeKeys();
const cloud = await startLocalAws({ ...options, quotas: "aws" });
const caFile = path.join(folder, "ca.pem");
const csvFile = path.join(folder, "aws.csv");
writeFileSync(caFile, cloud.caPem);
writeFileSync(csvFile, `Access key ID,Secret access key\n${ACCOUNT.accessKeyId},${ACCOUNT.secretAccessKey}\n`, {
  mode: 0o600,
});
const url = cloud.httpsEndpoint;
const connection = {
  region: REGION,
  account: ACCOUNT.id,
  endpoint: { kms: url, sts: url, tagging: url },
  tls: { caFile },
  credentials: { csv: `file:${csvFile}` },
};
const settings = { connection, csvFile };

const took = { raw: [], sync: [] };
const ratios = [];
await list("raw", settings); // warms the local AWS up
await cloud.admin.clearLog();
for (let round = 0; round < rounds; round += 1) {
  // Whoever goes first in a round goes last in the next.
  const order = round % 2 === 0 ? ["raw", "sync"] : ["sync", "raw"];
  for (const how of order) {
    const result = await list(how, settings);
    if (result.keys !== keys) throw new Error(`${how} listed ${result.keys} of ${keys} keys`);
    took[how].push(result);
  }
  const [raw, sync] = [took.raw[round], took.sync[round]];
  ratios.push(sync.seconds / raw.seconds);
  progress(`round ${round + 1} of ${rounds}: calls ${raw.seconds.toFixed(2)} s, sync ${sync.seconds.toFixed(2)} s`);
}
const counters = await cloud.admin.counters();
const throttled = (await cloud.admin.requestLog()).filter((entry) => entry.error === "ThrottlingException").length;
const rotations = await list("rotations", settings);
await cloud.close();

const seconds = (how) => took[how].map((result) => result.seconds);
const cpu = (how) => median(took[how].map(({ cpu: { user, system } }) => (user + system) / 1e6));
const memory = (how) => median(took[how].map((result) => (result.peak - result.idle) / 1e6));
const shown = (how) =>
  seconds(how)
    .map((value) => value.toFixed(2))
    .join(" ");
const ratio = median(seconds("sync")) / median(seconds("raw"));
const paired = median(ratios);
// DescribeKey and ListResourceTags run side by side, each at 2,000 calls a second.
const dictated = keys / 2000;
const symmetric = Math.ceil(keys / kinds.length);
process.stdout
  .write(`listing ${keys} keys for imported material, ${rounds} alternating rounds, AWS's request quotas enforced
  the calls alone, paced         ${median(seconds("raw")).toFixed(2)} s   (${shown("raw")})   processor time ${cpu("raw").toFixed(2)} s
  as byok sync lists             ${median(seconds("sync")).toFixed(2)} s   (${shown("sync")})   processor time ${cpu("sync").toFixed(2)} s
  ratio                          ${ratio.toFixed(2)}   bound ${BOUND}   (median of the ratios of each round: ${paired.toFixed(2)})
  dictated by the quotas alone   ${dictated.toFixed(2)} s   (for information: on a machine that makes 4,000 signed calls a second)
  memory over the idle process   ${memory("sync").toFixed(0)} MB   bound ${MEMORY_BOUND_MB}   (the calls alone: ${memory("raw").toFixed(0)} MB)
  calls a listing                ${Object.entries(counters)
    .map(([name, count]) => `${name} ${(count / (2 * rounds)).toFixed(1)}`)
    .join(", ")}
  throttled answers              ${throttled}   bound 0
  with --rotations               ${rotations.seconds.toFixed(2)} s   (for information: ${symmetric} symmetric keys, ListKeyRotations at 100 calls a second)\n`);
const held = ratio <= BOUND && memory("sync") <= MEMORY_BOUND_MB && throttled === 0;
process.stdout.write(`${held ? "holds" : "MISSED"}\n`);
process.exitCode = held ? 0 : 1;
