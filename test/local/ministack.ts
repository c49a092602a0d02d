import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import type { Target } from "./kms-client";

export const ministackVersion = "1.5.33";

function folder(): string {
  const cache = process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache");
  return path.join(cache, "pulumi-byok", `ministack-${ministackVersion}`);
}

export function ministackIsInstalled(): boolean {
  return existsSync(path.join(folder(), "installed"));
}

export interface Ministack extends Target {
  end(): Promise<void>;
}

/** Starts ministack on a free port of 127.0.0.1 and waits until it answers. */
export async function startMinistack(): Promise<Ministack> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${String(port)}`;
  const environment = {
    SERVICES: "kms,sts,iam",
    IOT_MTLS_ENABLED: "0",
    BIND_HOST: "127.0.0.1",
    GATEWAY_PORT: String(port),
  };
  const child = spawn(path.join(folder(), "bin", "ministack"), [], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
    cwd: os.tmpdir(),
    stdio: "ignore",
  });
  await untilAnswering(endpoint, child);
  return { endpoint, credentials: { accessKeyId: "111122223333", secretAccessKey: "test" }, end: () => end(child) };
}

async function untilAnswering(endpoint: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt++) {
    if (child.exitCode !== null) throw new Error(`ministack ended with ${String(child.exitCode)}`);
    const answers = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (answers) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  child.kill();
  throw new Error("ministack did not answer within 30 seconds");
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => {
      resolve();
    });
    child.kill();
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === "string") reject(new Error("no port"));
        else resolve(address.port);
      });
    });
  });
}
