// Starts the local AWS KMS in the background, or finds it running; ends it.
//
// node local-aws.mjs start|stop QUICKSTART_FOLDER
import { execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 10_000;

const [act, folder] = process.argv.slice(2);
if ((act !== "start" && act !== "stop") || folder === undefined) {
  throw new Error("usage: node local-aws.mjs start|stop QUICKSTART_FOLDER");
}
const root = path.resolve(import.meta.dirname, "../..");
const main = path.join(root, "dist/provider/cli/main.js");
const data = path.resolve(folder, "aws");
const pidFile = path.resolve(folder, "local.pid");
const logFile = path.resolve(folder, "local.log");
const endpointFile = path.join(data, "endpoint.json");

// A number in a file may by now belong to another program: only ours is found, and only ours is ended.
const runningProcess = () => {
  if (!existsSync(pidFile)) return undefined;
  const pid = Number(readFileSync(pidFile, "utf8"));
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  try {
    const command = execFileSync("ps", ["-ww", "-o", "args=", "-p", String(pid)], { encoding: "utf8" });
    return command.includes(main) && command.includes(data) ? pid : undefined;
  } catch {
    return undefined;
  }
};

const readEndpoint = () => {
  try {
    return JSON.parse(readFileSync(endpointFile, "utf8"));
  } catch {
    return undefined;
  }
};

// Any HTTP answer over TLS with its own CA will do: it listens, and it is the one that wrote the folder.
const answers = () => {
  const endpoint = readEndpoint();
  const caFile = path.join(data, "ca.pem");
  if (endpoint?.httpsEndpoint === undefined || !existsSync(caFile)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const request = https.get(
      endpoint.httpsEndpoint,
      { ca: readFileSync(caFile), timeout: 2_000, agent: false },
      (response) => {
        response.resume();
        resolve(true);
      },
    );
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
  });
};

const fail = (message) => {
  const log = existsSync(logFile) ? readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-20) : [];
  process.stderr.write(`error: ${message}\n${log.map((line) => `    ${line}\n`).join("")}`);
  process.exit(1);
};

const start = async () => {
  if (runningProcess() !== undefined && (await answers())) return "runs already";
  await stop();
  // A file of an earlier run would answer for this one. The ports stay the same: the server remembers them.
  rmSync(endpointFile, { force: true });
  const log = openSync(logFile, "a", 0o600);
  const child = spawn(process.execPath, [main, "local", "--data", data], {
    cwd: root,
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  let ended;
  child.once("exit", (code, signal) => (ended = signal ?? `exit code ${String(code)}`));
  child.once("error", (error) => (ended = error.message));
  if (child.pid !== undefined) writeFileSync(pidFile, `${String(child.pid)}\n`);
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await answers())) {
    if (ended !== undefined) fail(`the local AWS KMS ended at once (${String(ended)}); the end of ${logFile}:`);
    if (Date.now() > deadline) {
      await stop();
      fail(`the local AWS KMS did not answer within ${String(START_LIMIT_MS / 1000)} s; the end of ${logFile}:`);
    }
    await sleep(100);
  }
  child.unref();
  return "started";
};

const stop = async () => {
  const pid = runningProcess();
  if (pid !== undefined) {
    process.kill(pid, "SIGTERM");
    const deadline = Date.now() + STOP_LIMIT_MS;
    while (runningProcess() !== undefined) {
      if (Date.now() > deadline) process.kill(pid, "SIGKILL");
      await sleep(100);
    }
  }
  rmSync(pidFile, { force: true });
  return pid === undefined ? "was not running" : "stopped";
};

process.stdout.write(`${act === "start" ? await start() : await stop()}\n`);
