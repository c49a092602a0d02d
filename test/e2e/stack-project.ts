import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, readlink, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { installPacked } from "./packed-package";

/** What a run of the CLI left on the terminal. */
export interface Ran {
  readonly code: number | null;
  /** Standard output and error, as they came. */
  readonly text: string;
}

const exported = z.object({
  deployment: z.object({
    resources: z
      .array(
        z.object({
          urn: z.string(),
          type: z.string(),
          id: z.string().optional(),
          delete: z.boolean().optional(),
          inputs: z.record(z.string(), z.unknown()).optional(),
          outputs: z.record(z.string(), z.unknown()).optional(),
        }),
      )
      .default([]),
  }),
});

/** A resource in the state. */
export type StateResource = z.infer<typeof exported>["deployment"]["resources"][number];

/** What was found out about a copy, as a program sees it; in the state it is one text, or several. */
function withReceipts(resource: StateResource): StateResource {
  if (resource.outputs === undefined) return resource;
  const outputs = Object.entries(resource.outputs).flatMap(([name, value]): readonly (readonly [string, unknown])[] => {
    if (name === "facts" && typeof value === "string") return Object.entries(asRecord(JSON.parse(value)));
    return ["proof", "link", "wrapping", "versions"].includes(name) && typeof value === "string"
      ? [[name, JSON.parse(value)]]
      : [[name, value]];
  });
  return { ...resource, outputs: Object.fromEntries(outputs) };
}

const asRecord = (value: unknown): object => (typeof value === "object" && value !== null ? value : {});

/** A Pulumi project of its own in a temporary folder, with the packed package, a file backend and the real CLI. */
export class StackProject {
  private readonly children = new Set<ChildProcess>();

  private constructor(
    readonly folder: string,
    readonly stack: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async create(
    options: { readonly stack?: string; readonly env?: Readonly<Record<string, string>> } = {},
  ): Promise<StackProject> {
    const folder = await realpath(await mkdtemp(path.join(tmpdir(), "byok-e2e-")));
    await installPacked(folder);
    await writeFile(path.join(folder, "Pulumi.yaml"), "name: pay\nruntime: nodejs\nmain: index.js\n");
    await writeFile(path.join(folder, "package.json"), '{ "name": "pay", "private": true, "main": "index.js" }\n');
    const project = new StackProject(folder, options.stack ?? "dev", options.env ?? {});
    await project.program("");
    await project.expectSuccess("stack", "init", project.stack);
    return project;
  }

  /** Another stack of the same project folder. */
  async otherStack(stack: string): Promise<StackProject> {
    const other = new StackProject(this.folder, stack, this.environment);
    await other.expectSuccess("stack", "init", stack);
    return other;
  }

  /** A stack of the project in a folder within this one; it finds the packages of this one. */
  async within(folder: string, stack: string): Promise<StackProject> {
    const inner = new StackProject(path.join(this.folder, folder), stack, {
      PULUMI_HOME: path.join(this.folder, ".pulumi-home"),
      PULUMI_BACKEND_URL: `file://${this.folder}`,
      ...this.environment,
    });
    await inner.expectSuccess("stack", "init", stack);
    return inner;
  }

  /** Replaces the program; `byok` and `pulumi` are there. */
  async program(body: string): Promise<void> {
    const text = `"use strict";\nconst pulumi = require("@pulumi/pulumi");\nconst byok = require("pulumi-byok");\n${body}\n`;
    await writeFile(path.join(this.folder, "index.js"), text);
  }

  private get env(): NodeJS.ProcessEnv {
    return {
      PATH: process.env["PATH"],
      HOME: this.folder,
      TMPDIR: process.env["TMPDIR"],
      PULUMI_HOME: path.join(this.folder, ".pulumi-home"),
      PULUMI_BACKEND_URL: `file://${this.folder}`,
      PULUMI_CONFIG_PASSPHRASE: "",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
      ...this.environment,
    };
  }

  /** Runs the command `byok` of the installed package in the project's folder. */
  byok(args: readonly string[]): Promise<Ran & { readonly output: string }> {
    // A project within this one finds the packages one folder up, as Node does.
    const modules = ["node_modules", "../node_modules"].map((name) => path.join(this.folder, name)).find(existsSync);
    const command = path.join(modules ?? "", "pulumi-byok/dist/provider/cli/main.js");
    return new Promise((resolve) => {
      const options = { cwd: this.folder, env: this.env, maxBuffer: 1 << 28 };
      execFile(process.execPath, [command, ...args], options, (error, output, errors) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : null;
        resolve({ code, text: output + errors, output });
      });
    });
  }

  /** Starts the CLI; the caller may kill it. */
  start(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): { readonly child: ChildProcess; readonly ended: Promise<Ran> } {
    const withStack = args[0] === "stack" && args[1] === "init" ? args : [...args, "--stack", this.stack];
    const child = spawn("pulumi", [...withStack, "--non-interactive", "--color", "never"], {
      cwd: this.folder,
      env: { ...this.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.children.add(child);
    let text = "";
    child.stdout.on("data", (part: Buffer) => (text += part.toString()));
    child.stderr.on("data", (part: Buffer) => (text += part.toString()));
    const ended = new Promise<Ran>((resolve, reject) => {
      child.on("error", reject);
      const end = (code: number | null): void => {
        this.children.delete(child);
        resolve({ code, text });
      };
      child.on("close", end);
      // The language host of a CLI that was killed lives on and keeps the terminal open.
      child.on("exit", (code, signal) => {
        if (signal === "SIGKILL") end(code);
      });
    });
    return { child, ended };
  }

  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    return this.start(args, env).ended;
  }

  async expectSuccess(...args: readonly string[]): Promise<string> {
    const ran = await this.run(args);
    if (ran.code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${String(ran.code)}:\n${ran.text}`);
    return ran.text;
  }

  async expectFailure(...args: readonly string[]): Promise<string> {
    const ran = await this.run(args);
    if (ran.code === 0) throw new Error(`pulumi ${args.join(" ")} was expected to fail:\n${ran.text}`);
    return ran.text;
  }

  up(...args: readonly string[]): Promise<string> {
    return this.expectSuccess("up", "--yes", "--skip-preview", ...args);
  }

  failingUp(...args: readonly string[]): Promise<string> {
    return this.expectFailure("up", "--yes", "--skip-preview", ...args);
  }

  preview(...args: readonly string[]): Promise<string> {
    return this.expectSuccess("preview", ...args);
  }

  async state(): Promise<readonly StateResource[]> {
    const text = await this.expectSuccess("stack", "export");
    return exported.parse(JSON.parse(text)).deployment.resources.map(withReceipts);
  }

  /** The one resource of a name in the state. */
  async resource(name: string): Promise<StateResource> {
    const found = (await this.state()).filter(
      (resource) => resource.urn.endsWith(`::${name}`) && resource.delete !== true,
    );
    const [only, ...others] = found;
    if (only === undefined || others.length > 0)
      throw new Error(`${found.length} resources named ${name} in the state`);
    return only;
  }

  async outputs(name: string): Promise<Readonly<Record<string, unknown>>> {
    return (await this.resource(name)).outputs ?? {};
  }

  /** Processes of this project: the dynamic provider (`dynamic-provider`) or the custodian (`byok`), by their command line. */
  async processes(pattern: RegExp): Promise<readonly number[]> {
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
    const found = await Promise.all(
      pids.map(async (pid) => {
        const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => "");
        const command = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).replaceAll("\0", " ");
        return cwd === this.folder && pattern.test(command) ? [pid] : [];
      }),
    );
    return found.flat();
  }

  async killAll(pattern: RegExp): Promise<number> {
    const pids = await this.processes(pattern);
    for (const pid of pids) process.kill(pid, "SIGKILL");
    return pids.length;
  }

  /** Takes the lock of a killed CLI away, as its user would. */
  async unlock(): Promise<void> {
    await this.run(["cancel", "--yes"]);
  }

  /** Every file of the project with its content, but the packages. */
  async files(): Promise<readonly { readonly name: string; readonly content: Buffer }[]> {
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true });
    const files = entries.filter(
      (entry) => entry.isFile() && !path.join(entry.parentPath, entry.name).includes("node_modules"),
    );
    return Promise.all(
      files.map(async (entry) => {
        const name = path.join(entry.parentPath, entry.name);
        return { name, content: await readFile(name).catch(() => Buffer.alloc(0)) };
      }),
    );
  }

  async dispose(): Promise<void> {
    for (const child of this.children) child.kill("SIGKILL");
    for (let attempt = 0; attempt < 20 && (await this.killAll(/./)) > 0; attempt += 1) await sleep(100);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
