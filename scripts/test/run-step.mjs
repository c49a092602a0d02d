// Runs one command with a time limit and leaves nothing of it behind: the command gets a process group of its own, which
// is ended when the limit is over or the whole run is interrupted.
import { spawn } from "node:child_process";

const groups = new Set();
const endGroup = (pid, signal) => {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
};
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.once(signal, () => {
    for (const pid of groups) endGroup(pid, "SIGTERM");
    process.exit(130);
  });
}

/** Resolves with true if the command ended with exit code 0 within the limit. */
export const runStep = (command, commandArguments, { env, limitMinutes }) =>
  new Promise((resolve) => {
    const child = spawn(command, commandArguments, { env, stdio: ["ignore", "inherit", "inherit"], detached: true });
    if (child.pid !== undefined) groups.add(child.pid);
    const timer = setTimeout(() => {
      process.stdout.write(`ended: not done after ${String(limitMinutes)} minutes\n`);
      endGroup(child.pid, "SIGKILL");
    }, limitMinutes * 60_000);
    const finish = (passed) => {
      clearTimeout(timer);
      groups.delete(child.pid);
      resolve(passed);
    };
    child.once("error", (error) => {
      process.stdout.write(`${error.message}\n`);
      finish(false);
    });
    child.once("exit", (code) => finish(code === 0));
  });
