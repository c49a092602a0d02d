import { workerData } from "node:worker_threads";
import { z } from "zod";
import type { HangGuardData } from "./hang-guard";

const data: z.ZodType<HangGuardData> = z.strictObject({ parent: z.int(), killMs: z.number() });

/** How often to look whether the parent is still there. */
const lookMs = 1_000;

const { parent, killMs } = data.parse(workerData);
const looking = setInterval(() => {
  // The orphan of a process that died has another parent.
  if (process.ppid === parent) return;
  clearInterval(looking);
  setTimeout(() => process.kill(process.pid, "SIGKILL"), killMs);
}, lookMs);
