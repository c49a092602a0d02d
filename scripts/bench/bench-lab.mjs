// What both measurements stand on: a SoftHSM token, the local AWS KMS in this process, and Pulumi projects that use them.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");
const require = createRequire(import.meta.url);
const REGION = "eu-central-1";
const CREDENTIALS = {
  id: "111122223333",
  accessKeyId: "AKIABENCHMARK000001",
  secretAccessKey: "the/secret+of+the+benchmark+0123456789ab",
};

/** Progress goes to standard error, the figures to standard output. */
export const progress = (text) => process.stderr.write(`${text}\n`);

const compiled = (file) => {
  const full = path.join(root, "dist", file);
  if (existsSync(full)) return require(full);
  throw new Error(`${path.relative(root, full)} is missing. Run first: npm run build`);
};

/**
 * Hands a lab to `measure`, and takes everything away afterwards, also after Ctrl-C.
 *
 * @param options how the local AWS is started, see `LocalAwsOptions`
 * @param measure gets the lab; what it returns becomes the exit code
 */
export async function withLab(options, measure) {
  // Everything that is made is made in here, so that one removal takes all of it away.
  const temporary = mkdtempSync(path.join(os.tmpdir(), "byok-bench-"));
  process.on("exit", () => rmSync(temporary, { recursive: true, force: true, maxRetries: 3 }));
  process.env.TMPDIR = temporary;
  const setup = path.join(root, "scripts/setup/pulumi.sh");
  const folder = execFileSync("bash", [setup], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
  process.env.PATH = [folder, process.env.PATH].join(path.delimiter);

  const { startLocalAws } = compiled("provider/local/index.js");
  const { createSoftHsmToken } = compiled("test/tokens/softhsm-token.js");
  const { StackProject } = compiled("test/e2e/stack-project.js");
  const undo = [];
  const dispose = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
    void dispose().finally(() => process.exit(130));
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, interrupt);
  try {
    const token = await createSoftHsmToken({ label: "bench", pin: "pin-of-the-bench-73" });
    undo.push(() => token.dispose());
    const cloud = await startLocalAws({ accounts: [CREDENTIALS], prepareWrappingKeys: true, ...options });
    undo.push(() => cloud.close());
    const project = async () => {
      const made = await StackProject.create();
      undo.push(() => made.dispose());
      writeFileSync(path.join(made.folder, "ca.pem"), cloud.caPem);
      const csv = `Access key ID,Secret access key\n${CREDENTIALS.accessKeyId},${CREDENTIALS.secretAccessKey}\n`;
      writeFileSync(path.join(made.folder, "aws.csv"), csv, { mode: 0o600 });
      return made;
    };
    process.exitCode = await measure({ cloud, project, groups: (quotas) => groups(token, cloud, quotas) });
  } catch (error) {
    // What an interruption took away fails by itself; that needs no words.
    if (!interrupted) throw error;
  } finally {
    await dispose();
  }
}

/** Program text of the source group `hsm` and the AWS group `frankfurt`. */
const groups = (token, cloud, quotas) => `const hsm = new byok.SourceGroup("hsm", {
  token: ${JSON.stringify(token.connection)}, minOaepHash: "sha1", lab: true,
});
const frankfurt = new byok.AwsKmsGroup("frankfurt", {
  region: "${REGION}", endpoint: "${cloud.httpsEndpoint}", tls: { caFile: "ca.pem" },
  credentials: { csv: "file:aws.csv" }, quotas: ${JSON.stringify(quotas)},
});`;

/** Runs something and tells how long it took, in seconds. */
export async function timed(run) {
  const started = performance.now();
  const result = await run();
  return { seconds: (performance.now() - started) / 1000, result };
}

/** Ticks of a second in /proc. Source: proc(5), `sysconf(_SC_CLK_TCK)`; 100 on every Linux that Node runs on. */
const TICKS = 100;

/** Processor time, user and system, of all processes that this one started and that have ended, in seconds; NaN where there is no /proc. */
function processorTime() {
  if (!existsSync("/proc/self/stat")) return Number.NaN;
  const stat = readFileSync("/proc/self/stat", "utf8");
  // The name in brackets may hold anything; cutime and cstime are the 14th and 15th field behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) / TICKS;
}

/** As {@link timed}, and the processor time of the processes that it started and that ended meanwhile. */
export async function weighed(run) {
  const before = processorTime();
  const { seconds, result } = await timed(run);
  return { seconds, processor: processorTime() - before, result };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The positive whole number after `--NAME` on the command line. */
export function numberOption(name, otherwise) {
  const at = process.argv.indexOf(`--${name}`);
  if (at < 0) return otherwise;
  const value = Number(process.argv[at + 1]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number from 1.`);
  return value;
}
