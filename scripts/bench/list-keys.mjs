// Lists the keys of the local AWS once, in a process of its own, and tells as JSON what that took. Run by sync-1000.mjs.
//
// node scripts/bench/list-keys.mjs raw|sync|rotations '{"region":…}'
import { readFileSync } from "node:fs";
import { Agent } from "node:https";
import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const require = createRequire(import.meta.url);
const [, , how, settings] = process.argv;
const { connection, csvFile } = JSON.parse(settings);

/** AWS's published quotas of the four calls, a second. */
const QUOTAS = { ListKeys: 500, DescribeKey: 2000, ListAliases: 500, ListResourceTags: 2000 };

/** The calls themselves by the bare SDK: each API evenly paced at its quota, everything else at once. Nothing is made of the answers. */
async function raw() {
  const kms = require("@aws-sdk/client-kms");
  const [, line] = readFileSync(csvFile, "utf8").split("\n");
  const [accessKeyId, secretAccessKey] = line.split(",");
  const { NodeHttpHandler } = require("@smithy/node-http-handler");
  const ca = readFileSync(connection.tls.caFile);
  const client = new kms.KMSClient({
    region: connection.region,
    endpoint: connection.endpoint.kms,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({
      httpsAgent: new Agent({ keepAlive: true, maxSockets: 64, ca }),
      socketAcquisitionWarningTimeout: 60_000,
    }),
  });
  const due = {};
  const call = async (api, input) => {
    const now = performance.now();
    const at = Math.max(now, due[api] ?? 0);
    due[api] = at + 1000 / QUOTAS[api];
    if (at > now) await sleep(at - now);
    return client.send(new kms[`${api}Command`](input));
  };
  const pages = async (api, limit, each) => {
    for (let Marker; ;) {
      const page = await call(api, { Limit: limit, Marker });
      each(page);
      if (!page.Truncated) return;
      Marker = page.NextMarker;
    }
  };
  return async () => {
    const reads = [];
    let keys = 0;
    const listed = pages("ListKeys", 1000, ({ Keys }) => {
      keys += Keys.length;
      for (const { KeyId } of Keys) {
        reads.push(call("DescribeKey", { KeyId }), call("ListResourceTags", { KeyId, Limit: 50 }));
      }
    });
    await Promise.all([listed, pages("ListAliases", 100, () => undefined)]);
    await Promise.all(reads);
    return keys;
  };
}

/** What `byok sync` does: the listing, a record of each key, and its line of JSON. */
function sync(options) {
  const dist = path.resolve(import.meta.dirname, "../../dist/provider");
  const { openKmsInventory } = require(path.join(dist, "aws/open-kms-inventory.js"));
  const { inventoryRecord } = require(path.join(dist, "model/inventory.js"));
  return async () => {
    let keys = 0;
    let bytes = 0;
    const port = openKmsInventory(connection, { configValues: {} });
    for await (const key of port.keys(options)) {
      bytes += JSON.stringify(inventoryRecord(key, { resources: new Map(), told: true })).length;
      keys += 1;
    }
    if (bytes === 0) throw new Error("nothing was listed");
    return keys;
  };
}

const list = how === "raw" ? await raw() : sync({ rotations: how === "rotations" });
// Loaded modules belong to the idle process.
require("@aws-sdk/client-kms");
require("@aws-sdk/client-sts");
require("@smithy/node-http-handler");
globalThis.gc?.();
const idle = process.memoryUsage().rss;
let peak = idle;
const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
const before = process.cpuUsage();
const started = performance.now();
const keys = await list();
const seconds = (performance.now() - started) / 1000;
clearInterval(watch);
peak = Math.max(peak, process.resourceUsage().maxRSS * 1024);
process.stdout.write(JSON.stringify({ keys, seconds, idle, peak, cpu: process.cpuUsage(before) }));
process.exitCode = 0;
setImmediate(() => process.exit());
