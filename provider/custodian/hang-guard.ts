import path from "node:path";
import { Worker } from "node:worker_threads";

/** What the guard's thread is told. */
export interface HangGuardData {
  readonly parent: number;
  readonly killMs: number;
}

/**
 * Kills this process some time after its parent is gone, even when a call into the PKCS#11 module never returns and the event loop
 * with it: an unreachable network HSM must not leave logged-in processes behind. A thread of its own watches, because nothing else would run.
 */
export function guardAgainstHanging(killMs: number): void {
  const data: HangGuardData = { parent: process.ppid, killMs };
  // Standard streams of a worker go through the main thread; the guard has nothing to say.
  const worker = new Worker(path.join(__dirname, "hang-guard-thread.js"), { workerData: data, env: {}, argv: [] });
  worker.on("error", () => undefined);
  worker.unref();
}
