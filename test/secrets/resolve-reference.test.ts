import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ByokError } from "../../provider/model/errors";
import { resolveReference } from "../../provider/secrets/resolve-reference";
import { runSecretCommand } from "../../provider/secrets/secret-command";

const folder = mkdtempSync(join(tmpdir(), "byok-secrets-"));
const context = { configValues: { "app:secret": "from-config" }, env: { ...process.env, PIN: "from-env", EMPTY: "" } };

afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

async function failure(reference: string): Promise<ByokError> {
  try {
    await resolveReference(reference, context);
  } catch (error) {
    if (error instanceof ByokError) return error;
    throw error;
  }
  throw new Error("it was resolved");
}

describe("a file reference", () => {
  it.each([
    ["ends with a newline", "1234\n", "1234"],
    ["ends with a Windows newline", "1234\r\n", "1234"],
    ["ends with two newlines", "1234\n\n", "1234\n"],
    ["holds blanks", " 12 34 ", " 12 34 "],
  ])("keeps everything but one newline when the file %s", async (name, content, secret) => {
    expect(await resolveReference(`file:${file(name, content)}`, context)).toBe(secret);
  });

  it("reads through a symbolic link, as mounted secrets are", async () => {
    const link = join(folder, "link");
    symlinkSync(file("linked", "secret"), link);
    expect(await resolveReference(`file:${link}`, context)).toBe("secret");
  });

  it.each([0o640, 0o604, 0o660, 0o666, 0o610, 0o601])(
    "is refused with mode %o, and names the command to type",
    async (mode) => {
      const path = file(`mode-${String(mode)}`, "top-secret", mode);
      const error = await failure(`file:${path}`);
      expect(error.code).toBe("BYOK_REFERENCE_INVALID");
      expect(error.hint).toBe(`Type: chmod 600 ${path}`);
      expect(error.sentence).not.toContain("top-secret");
    },
  );

  it("quotes the path in the command where a shell would split it", async () => {
    const error = await failure(`file:${file("two words", "x", 0o644)}`);
    expect(error.hint).toContain(`chmod 600 '${folder}/two words'`);
  });

  const asRoot = process.getuid?.() === 0 ? it : it.skip;
  asRoot("is refused when the file belongs to somebody else", async () => {
    const path = file("foreign", "secret");
    chownSync(path, 12_345, 12_345);
    const error = await failure(`file:${path}`);
    expect(error.message).toContain("belongs to another user (id 12345)");
    expect(error.hint).toContain("chown");
  });

  it("is refused when there is no file, a folder, nothing in it, or far too much", async () => {
    mkdirSync(join(folder, "directory"));
    expect((await failure(`file:${folder}/missing`)).message).toContain("There is no file");
    expect((await failure(`file:${folder}/directory`)).message).toContain("not a regular file");
    expect((await failure(`file:${file("empty", "\n")}`)).message).toContain("nothing in file");
    expect((await failure(`file:${file("large", "x".repeat(70_000))}`)).message).toContain("too large");
  });
});

describe("a command reference", () => {
  it("returns what the command prints, minus one newline", async () => {
    expect(await resolveReference("exec:printf a\\nb\\n\\n", context)).toBe("a\nb\n");
  });

  it("uses no shell", async () => {
    expect(await resolveReference("exec:echo $HOME;id", context)).toBe("$HOME;id");
  });

  it("names the exit code, and repeats neither output nor errors", async () => {
    const script = file("fails.sh", "#!/bin/sh\necho the-secret\necho a-token >&2\nexit 7\n", 0o700);
    const error = await failure(`exec:${script}`);
    expect(error.message).toContain("exit code 7");
    expect(JSON.stringify(error.toRecord())).not.toMatch(/the-secret|a-token/);
  });

  it("says when the command cannot be started or prints nothing", async () => {
    expect((await failure("exec:/no/such/program")).message).toContain("cannot be started (ENOENT)");
    expect((await failure("exec:true")).message).toContain("nothing in command true");
  });

  it("does not wait for ever, not even for a grandchild that keeps the pipe open", async () => {
    const script = file("hangs.sh", "#!/bin/sh\nsleep 20 &\nwait\n", 0o700);
    await expect(runSecretCommand([script], process.env, 300)).rejects.toThrow("within 0.3 seconds");
  });
});

describe("other references", () => {
  it("read the environment and the stack configuration", async () => {
    expect(await resolveReference("env:PIN", context)).toBe("from-env");
    expect(await resolveReference("config:app:secret", context)).toBe("from-config");
  });

  it("are refused when nothing is there, with what to do", async () => {
    expect((await failure("env:NOT_SET")).sentence).toContain("NOT_SET is not set");
    expect((await failure("env:EMPTY")).message).toContain("EMPTY is not set");
    expect((await failure("config:app:other")).hint).toBe("Type: pulumi config set --secret app:other");
    expect((await failure("config:app:constructor")).code).toBe("BYOK_REFERENCE_UNRESOLVED");
  });

  it("are never the secret itself", async () => {
    const error = await failure("hunter2hunter2");
    expect(error.code).toBe("BYOK_REFERENCE_INVALID");
    expect(error.sentence).not.toContain("hunter2");
  });
});
