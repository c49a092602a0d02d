import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { escrowFiles } from "../../provider/secrets/escrow-files";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "escrow-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a backup file", () => {
  it("is its owner's alone, whatever was there before, and leaves no neighbour", async () => {
    const file = path.join(folder, "orders.backup");
    await writeFile(file, "former", { mode: 0o644 });
    await chmod(file, 0o644);
    await escrowFiles.replace(file, Buffer.from("sealed"));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, "utf8")).toBe("sealed");
    expect(await readdir(folder)).toEqual(["orders.backup"]);
    expect(await escrowFiles.read(file)).toEqual(Buffer.from("sealed"));
  });

  it("is certainly absent only where there is none", async () => {
    expect(await escrowFiles.read(path.join(folder, "none"))).toBeUndefined();
    await expect(escrowFiles.read(folder)).rejects.toMatchObject({ code: "BYOK_INPUT_INVALID" });
    await escrowFiles.remove(path.join(folder, "none"));
  });

  it("is read no further than tells that it is too long, and a device never to its end", async () => {
    const file = path.join(folder, "large");
    await writeFile(file, "x".repeat(1000));
    expect(await escrowFiles.read(file, 999)).toHaveLength(1000);
    expect(await escrowFiles.read(file, 100)).toHaveLength(101);
    expect(await escrowFiles.read(file, 5000)).toHaveLength(1000);
    expect(await escrowFiles.read("/dev/zero", 100)).toHaveLength(101);
    expect(await escrowFiles.read(path.join(folder, "none"), 100)).toBeUndefined();
  });

  it("makes no folder, and says how to", async () => {
    const missing = path.join(folder, "escrow");
    await expect(escrowFiles.replace(path.join(missing, "orders.backup"), Buffer.from("sealed"))).rejects.toMatchObject(
      {
        code: "BYOK_INPUT_INVALID",
        hint: `The folder ${missing} must exist: mkdir -p -m 700 ${missing}`,
      },
    );
    expect(await readdir(folder)).toEqual([]);
  });
});
