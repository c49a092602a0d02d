import { appendFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Lab } from "./lab";

/** Clocks of a lab's cloud and of the provider in its project, which go ahead together. */
export interface MovedClock {
  pass(days: number): Promise<void>;
}

/**
 * Turns the project's package into one of the same name whose `load` has a clock of its own: nothing in environment, configuration or state
 * reaches the clock of the shipped one.
 */
export async function movedClock(lab: Lab): Promise<MovedClock> {
  const ahead = path.join(lab.project.folder, "days-ahead");
  const entry = path.join(lab.project.folder, "node_modules/pulumi-byok/dist/provider/index.js");
  await writeFile(ahead, "0");
  await appendFile(
    entry,
    `
const daysAhead = () => Number(require("node:fs").readFileSync(${JSON.stringify(ahead)}, "utf8"));
exports.load = (kind) => loadWith(kind, { clock: () => new Date(Date.now() + daysAhead() * 86400000) });
`,
  );
  let days = 0;
  return {
    pass: async (more) => {
      days += more;
      await writeFile(ahead, String(days));
      await lab.cloud.admin.advanceClock({ days: more });
    },
  };
}
