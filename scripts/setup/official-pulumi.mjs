// Runs Pulumi's own installer through the `pulumi` npm package, which is nothing but a downloader of the official CLI,
// and prints the folder of the binary. Fails fast and in one line where the download site cannot be reached.
//
// node official-pulumi.mjs VERSION CACHE_FOLDER
import { spawnSync } from "node:child_process";
import path from "node:path";

const REACH_LIMIT_MS = 10_000;
const INSTALL_LIMIT_MS = 600_000;

const [version, cacheFolder] = process.argv.slice(2);
if (version === undefined || cacheFolder === undefined) {
  throw new Error("usage: node official-pulumi.mjs VERSION CACHE_FOLDER");
}

const giveUp = (reason) => {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
};

// The npm package fetches this script and runs it. Asking for it first turns minutes of retries into one clear answer.
const site = "https://get.pulumi.com/install.sh";
try {
  const answer = await fetch(site, { method: "HEAD", signal: AbortSignal.timeout(REACH_LIMIT_MS) });
  if (!answer.ok) giveUp(`${site} answered ${String(answer.status)}`);
} catch (error) {
  giveUp(`${site} cannot be reached (${error.cause?.code ?? error.cause?.message ?? error.message})`);
}

// The package installs below PULUMI_HOME/versions/VERSION. Its own folder keeps the user's ~/.pulumi as it is.
const installed = spawnSync("npm", ["exec", "--yes", `--package=pulumi@${version}`, "--", "pulumi", "version"], {
  env: {
    ...process.env,
    PULUMI_HOME: cacheFolder,
    PULUMI_VERSION: version,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    npm_config_fetch_retries: "1",
  },
  stdio: ["ignore", "pipe", "pipe"],
  encoding: "utf8",
  timeout: INSTALL_LIMIT_MS,
});
if (installed.error?.code === "ETIMEDOUT")
  giveUp(`it did not finish within ${String(INSTALL_LIMIT_MS / 60_000)} minutes`);
if (installed.status !== 0) {
  const lines = installed.stderr.trim().split("\n");
  giveUp(`it failed: ${lines[lines.length - 1] ?? "no reason given"}`);
}
process.stdout.write(`${path.join(cacheFolder, "versions", version, "bin")}\n`);
