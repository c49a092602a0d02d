import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, symlink } from "node:fs/promises";
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
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
    cwd: root,
  });
  const file = /"filename":\s*"([^"]+)"/.exec(stdout)?.[1] ?? "";
  return path.join(folder, path.basename(file));
}
