import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";

/** The root of the repository, seen from dist/test/packaging. */
export const repository = path.resolve(__dirname, "../../..");

const manifestShape = z.object({
  version: z.string(),
  bin: z.object({ byok: z.string() }),
  exports: z.record(z.string(), z.unknown()),
  dependencies: z.record(z.string(), z.string()),
  peerDependencies: z.record(z.string(), z.string()),
});

/** What package.json says. */
export const readManifest = (): z.infer<typeof manifestShape> =>
  manifestShape.parse(JSON.parse(readFileSync(path.join(repository, "package.json"), "utf8")));

/** An empty project with the packed package, in a folder of its own. */
export interface PackedProject {
  readonly folder: string;
  readonly tarball: string;
  /** Runs Node in the project and returns what it prints. */
  readonly node: (...nodeArguments: readonly string[]) => string;
  readonly remove: () => void;
}

/**
 * Packs the build that stands in dist/ and unpacks it where `npm install` would put it. Beside it stand only the packages that
 * package.json declares, so that a use of an undeclared one fails as it would for a user. Needs no network.
 */
export function unpackIntoEmptyProject(): PackedProject {
  const folder = mkdtempSync(path.join(tmpdir(), "byok-packaging-"));
  const tarball = path.join(folder, packInto(folder));
  const modules = path.join(folder, "node_modules");
  const installed = path.join(modules, "pulumi-byok");
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"]);
  const { dependencies, peerDependencies } = readManifest();
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
    mkdirSync(path.dirname(path.join(modules, name)), { recursive: true });
    symlinkSync(path.join(repository, "node_modules", name), path.join(modules, name));
  }
  return {
    folder,
    tarball,
    node: (...nodeArguments) => execFileSync(process.execPath, nodeArguments, { cwd: folder, encoding: "utf8" }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The files of the unpacked package, with `/` between folders. */
export const filesOf = (project: PackedProject): readonly string[] => {
  const root = path.join(project.folder, "node_modules/pulumi-byok");
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"));
};

function packInto(folder: string): string {
  const packed = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
    cwd: repository,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [only] = z.array(z.object({ filename: z.string() })).parse(JSON.parse(packed));
  if (only === undefined) throw new Error("npm pack made no file");
  return only.filename;
}
