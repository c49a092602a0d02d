import { execFile } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { createNssToken } from "../../tokens/nss-token";
import { createSoftHsmToken } from "../../tokens/softhsm-token";
import { containing } from "./matching";

jest.setTimeout(120_000);

const run = promisify(execFile);

/** Runs a program that opens tokens in a process of its own; a crash shows as a signal, not as this test's end. */
async function inOwnProcess(program: string, ...args: readonly unknown[]): Promise<unknown> {
  const opener = path.resolve(__dirname, "../../../provider/hsm/open-token.js");
  const script = `
    const { openToken } = require(${JSON.stringify(opener)});
    const args = JSON.parse(process.argv[1]);
    const label = "x v1 byok:" + "0".repeat(32);
    (async () => { ${program} })().then(
      (result) => console.log(JSON.stringify(result)),
      (thrown) => console.log(JSON.stringify({ code: thrown.code, message: thrown.message })),
    );`;
  const { stdout } = await run(process.execPath, ["-e", script, JSON.stringify(args)], {
    env: { PATH: process.env.PATH },
  });
  const result: unknown = JSON.parse(stdout);
  return result;
}

describe("tokens and modules in one process", () => {
  it("opens two tokens of one module, and ending one leaves the other at work", async () => {
    const one = await createSoftHsmToken({ label: "one" });
    const two = await one.addToken("two", "975310");
    const program = `
      const [one, two] = [await openToken(args[0], args[1]), await openToken(args[2], args[3])];
      const a = await one.generate({ spec: "AES_256", label });
      const b = await two.generate({ spec: "AES_256", label });
      const seen = [(await one.listKeys()).length, await two.findKey(a.id) === undefined];
      await one.shutdown();
      const after = (await two.fingerprint(b.id)).method;
      const ended = await one.listKeys().catch((thrown) => thrown.code);
      await two.shutdown();
      return [...seen, after, ended];`;
    expect(await inOwnProcess(program, one.connection, one.pin, two.connection, two.pin)).toEqual([
      1,
      true,
      "sha256",
      "BYOK_TOKEN_FAILED",
    ]);
    await one.dispose();
  });

  it("refuses a second token of one module with another configuration", async () => {
    const one = await createSoftHsmToken({ label: "one" });
    const two = await createSoftHsmToken({ label: "two" });
    const program = "await openToken(args[0], args[1]); await openToken(args[2], args[3]);";
    expect(await inOwnProcess(program, one.connection, one.pin, two.connection, two.pin)).toMatchObject({
      code: "BYOK_TOKEN_FAILED",
      message: containing("other settings"),
    });
    await one.dispose();
    await two.dispose();
  });

  it("runs SoftHSM2 and NSS side by side, and opens a token again after it was shut down", async () => {
    const softhsm = await createSoftHsmToken();
    const nss = await createNssToken();
    const program = `
      const names = [];
      for (let round = 0; round < 5; round += 1) {
        const [a, b] = [await openToken(args[0], args[1]), await openToken(args[2], args[3])];
        names.push((await a.report()).identity.model, (await b.report()).identity.model);
        await a.shutdown();
        await b.shutdown();
      }
      return names;`;
    expect(await inOwnProcess(program, softhsm.connection, softhsm.pin, nss.connection, nss.pin)).toEqual(
      Array.from({ length: 5 }, () => ["SoftHSM v2", "NSS 3"]).flat(),
    );
    await softhsm.dispose();
    await nss.dispose();
  });

  it("does not try a PIN again that was refused, and says so without the PIN", async () => {
    const token = await createSoftHsmToken();
    const program = `
      const first = await openToken(args[0], "444444").catch((thrown) => thrown);
      const second = await openToken(args[0], "444444").catch((thrown) => thrown);
      const right = await openToken(args[0], args[1]);
      await right.shutdown();
      return [first.code, second.code, second.message.includes("not tried again"), JSON.stringify([first, second]).includes("444444")];`;
    expect(await inOwnProcess(program, token.connection, token.pin)).toEqual([
      "BYOK_TOKEN_PIN_INCORRECT",
      "BYOK_TOKEN_PIN_INCORRECT",
      true,
      false,
    ]);
    await token.dispose();
  });

  it.each([
    ["a library without C_GetFunctionList", libraryOfC],
    ["a file that is no library", (): string => path.join(tmpdir(), `byok-no-library-${process.pid}.so`)],
  ])("survives %s, again and again", async (_, locate) => {
    const file = locate();
    const made = file.startsWith(tmpdir());
    if (made) await writeFile(file, "no library");
    const program = `
      const codes = [];
      for (let round = 0; round < 3; round += 1) {
        await openToken({ module: args[0], pin: "env:X" }, "1").catch((thrown) => codes.push(thrown.code));
        global.gc?.();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return codes;`;
    expect(await inOwnProcess(program, file)).toEqual(Array.from({ length: 3 }, () => "BYOK_TOKEN_MODULE_BROKEN"));
    if (made) await rm(file);
  });

  it("tells the paths that it tried and what to install for a missing module", async () => {
    expect(await inOwnProcess('await openToken({ module: "/no/such/module.so", pin: "env:X" }, "1");')).toMatchObject({
      code: "BYOK_TOKEN_MODULE_NOT_FOUND",
      message: containing("/no/such/module.so"),
    });
  });
});

/** A library that every Linux has and that is no PKCS#11 module. */
function libraryOfC(): string {
  return process.arch === "arm64" ? "/lib/aarch64-linux-gnu/libm.so.6" : "/lib/x86_64-linux-gnu/libm.so.6";
}
