import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = path.resolve(__dirname, "../../..");

/**
 * Lays `node_modules` of a project: the packed package as users get it, and beside it links to the packages of this repository,
 * so that it works without a network.
 */
export async function installPacked(project: string): Promise<void> {
  const modules = path.join(project, "node_modules");
  await mkdir(modules, { recursive: true });
  const packed = await packOnce();
  await run("tar", ["-xzf", packed, "-C", modules]);
  await rename(path.join(modules, "package"), path.join(modules, "pulumi-byok"));
  const here = path.join(root, "node_modules");
  const names = (await readdir(here)).filter((name) => name !== "pulumi-byok" && !name.startsWith("."));
  await Promise.all(names.map((name) => symlink(path.join(here, name), path.join(modules, name))));
}

let packing: Promise<string> | undefined;

/** One tarball for all projects of a test file. */
async function packOnce(): Promise<string> {
  packing ??= pack();
  return packing;
}

async function pack(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "byok-pack-"));
  process.once("exit", () => void rm(folder, { recursive: true, force: true }));
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
    cwd: root,
  });
  const file = /"filename":\s*"([^"]+)"/.exec(stdout)?.[1] ?? "";
  return path.join(folder, path.basename(file));
}

/** Wraps the installed package with a clock of its own: `clock.json` in the project tells how far ahead it is. */
export async function installClock(project: string): Promise<void> {
  const installed = path.join(project, "node_modules", "pulumi-byok");
  const manifest: unknown = JSON.parse(await readFile(path.join(installed, "package.json"), "utf8"));
  if (typeof manifest !== "object" || manifest === null) throw new Error("no manifest");
  const wrapper = `const { readFileSync } = require("node:fs");
const real = require("./dist/provider/index.js");
const ahead = () => JSON.parse(readFileSync(${JSON.stringify(path.join(project, "clock.json"))}, "utf8")).aheadMs;
exports.load = (kind) => real.loadWith(kind, { clock: () => new Date(Date.now() + ahead()) });
`;
  await writeFile(path.join(installed, "provider-with-clock.js"), wrapper);
  const exportsMap = { ...Reflect.get(manifest, "exports"), "./provider": "./provider-with-clock.js" };
  await writeFile(path.join(installed, "package.json"), JSON.stringify({ ...manifest, exports: exportsMap }));
  await writeFile(path.join(project, "clock.json"), JSON.stringify({ aheadMs: 0 }));
}
