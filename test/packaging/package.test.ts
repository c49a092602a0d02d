import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { filesOf, readManifest, repository, unpackIntoEmptyProject, type PackedProject } from "./packed-package";

const manifest = readManifest();
const bin = (name: string): string => path.join(repository, "node_modules/.bin", name);
const run = (
  command: string,
  commandArguments: readonly string[],
  cwd = repository,
): { status: number; said: string } => {
  const ended = spawnSync(command, commandArguments, { cwd, encoding: "utf8" });
  return { status: ended.status ?? -1, said: `${ended.stdout}${ended.stderr}` };
};
const registryAnswers = run("npm", ["ping", "--fetch-retries=0", "--fetch-timeout=5000"]).status === 0;

describe("the packed package", () => {
  let project: PackedProject;
  beforeAll(() => {
    project = unpackIntoEmptyProject();
  });
  afterAll(() => {
    project.remove();
  });

  it("holds the compiled SDK and provider, the papers, and nothing else", () => {
    const files = filesOf(project);
    expect(files).toEqual(
      expect.arrayContaining(["package.json", "LICENSE", "dist/sdk/index.js", "dist/provider/index.js"]),
    );
    const foreign = files.filter(
      (file) => !/^(dist\/(sdk|provider)\/.+\.(js|js\.map|d\.ts)|[A-Za-z]+\.md|LICENSE|package\.json)$/.test(file),
    );
    expect(foreign).toEqual([]);
  });

  it("satisfies publint", () => {
    const { status, said } = run(bin("publint"), ["run", project.tarball, "--strict"]);
    expect(status === 0 ? "" : said).toBe("");
  });

  it("has types that are right for every way of importing it", () => {
    // node10 knows no exports map; TypeScript calls that resolution deprecated.
    const { status, said } = run(bin("attw"), [project.tarball, "--profile", "node16", "--no-color", "--no-emoji"]);
    expect(status === 0 ? "" : said).toBe("");
  });

  it.each(Object.keys(manifest.exports))("exports %s to require and to import", (name) => {
    const specifier = path.posix.join("pulumi-byok", name);
    const required = project.node("-e", `process.stdout.write(typeof require(${JSON.stringify(specifier)}))`);
    expect(required).toBe("object");
    if (name !== "./package.json") {
      const script = `import * as all from ${JSON.stringify(specifier)}; process.stdout.write(String(Object.keys(all).length > 1))`;
      expect(project.node("--input-type=module", "-e", script)).toBe("true");
    }
  });

  it("gives programs its resource classes by name", () => {
    const script = `import { SourceGroup, SourceKey, AwsKmsGroup, AwsKmsKey } from "pulumi-byok";
      process.stdout.write([SourceGroup, SourceKey, AwsKmsGroup, AwsKmsKey].map((each) => each.name).join())`;
    expect(project.node("--input-type=module", "-e", script)).toBe("SourceGroup,SourceKey,AwsKmsGroup,AwsKmsKey");
  });

  it.each(["SourceGroup", "SourceKey", "AwsKmsGroup", "AwsKmsKey"])("loads the provider of %s", (kind) => {
    const script = `const provider = require("pulumi-byok/provider").load("${kind}");
      process.stdout.write(["check", "diff", "create", "delete"].filter((name) => typeof provider[name] === "function").join())`;
    expect(project.node("-e", script)).toBe("check,diff,create,delete");
  });

  it("loads neither a cloud SDK nor the native add-on before they are needed", () => {
    const script = `require("pulumi-byok"); require("pulumi-byok/provider").load("AwsKmsKey");
      const heavy = Object.keys(require.cache).filter((file) => /node_modules.(@aws-sdk|@smithy|pkcs11js)/.test(file));
      process.stdout.write(String(heavy.length))`;
    expect(project.node("-e", script)).toBe("0");
  });

  it("has a byok command that says its version", () => {
    const command = path.join("node_modules/pulumi-byok", manifest.bin.byok);
    expect(project.node(command, "--version").trim()).toBe(manifest.version);
  });
});

const withRegistry = registryAnswers ? describe : describe.skip;
withRegistry("installed by npm (needs the npm registry; skipped where it does not answer)", () => {
  it("installs into an empty project, compiles the native add-on and links the byok command", () => {
    const project = unpackIntoEmptyProject();
    const folder = mkdtempSync(path.join(tmpdir(), "byok-install-"));
    try {
      writeFileSync(
        path.join(folder, "package.json"),
        JSON.stringify({ name: "empty", version: "1.0.0", private: true }),
      );
      const installed = run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", project.tarball], folder);
      expect(installed).toMatchObject({ status: 0 });
      expect(run(process.execPath, ["-e", 'require("pulumi-byok"); require("pkcs11js")'], folder)).toEqual({
        status: 0,
        said: "",
      });
      expect(run(path.join(folder, "node_modules/.bin/byok"), ["--version"], folder)).toMatchObject({
        status: 0,
        said: `${manifest.version}\n`,
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
      project.remove();
    }
  });
});
