import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openCustodian, type CustodianDeps, type OpenCustodian } from "../../../provider/custodian/client";
import type { TokenConnection } from "../../../provider/model/token";
import type { FakeScript } from "./fake-child";

/** Compiled entry of the process with fakes inside. */
export const fakeEntry = path.join(__dirname, "fake-child.js");

/** A folder of its own, a PIN file in it, and custodians over fakes; everything is gone after {@link Scene.leave}. */
export class Scene {
  readonly folder = mkdtempSync(path.join(tmpdir(), "byok-custodian-"));
  readonly log = path.join(this.folder, "log");
  readonly pinFile = path.join(this.folder, "pin");
  readonly #opened: OpenCustodian[] = [];

  constructor() {
    writeFileSync(this.pinFile, "fake-pin-4711\n", { mode: 0o600 });
  }

  token(script: Partial<FakeScript> = {}, changes: Partial<TokenConnection> = {}): TokenConnection {
    return {
      module: "fake",
      label: "fake token",
      pin: `file:${this.pinFile}`,
      environment: { FAKE_SCRIPT: JSON.stringify({ log: this.log, pin: "fake-pin-4711", ...script }) },
      ...changes,
    };
  }

  open(token: TokenConnection = this.token(), deps: CustodianDeps = {}): OpenCustodian {
    const custodian = openCustodian(token, { entry: fakeEntry, ...deps });
    this.#opened.push(custodian);
    return custodian;
  }

  crash(method: string, how: "abort" | "segv" | "exit"): Pick<FakeScript, "crash"> {
    return { crash: { method, how, marker: path.join(this.folder, "crashed") } };
  }

  /** What happened in the processes so far. */
  events(): readonly string[] {
    return existsSync(this.log)
      ? readFileSync(this.log, "utf8")
          .split("\n")
          .filter((line) => line !== "")
      : [];
  }

  count(event: string): number {
    return this.events().filter((line) => line === event).length;
  }

  /** Waits until something has happened. */
  async until(event: RegExp): Promise<string> {
    for (let attempt = 0; attempt < 400; attempt += 1) {
      const found = this.events().find((line) => event.test(line));
      if (found !== undefined) return found;
      await sleep(25);
    }
    throw new Error(`${String(event)} did not happen; only ${this.events().join(", ")}`);
  }

  async leave(): Promise<void> {
    await Promise.all(this.#opened.map((custodian) => custodian.end()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** True while a process exists. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits until a process is gone. */
export async function untilGone(pid: number): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    if (!isRunning(pid)) return;
    await sleep(25);
  }
  throw new Error(`process ${pid} is still there`);
}
