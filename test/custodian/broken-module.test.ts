import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openCustodian, type OpenCustodian } from "../../provider/custodian/client";
import { thrownBy } from "./doubles/thrown-by";

jest.setTimeout(60_000);

/** A PKCS#11 module that crashes as soon as it is asked for its functions. */
const source = `
#include <stdio.h>
unsigned long C_GetFunctionList(void **list) {
  puts("printed by the module");
  fflush(stdout);
  *(volatile int *)0 = 1;
  return (unsigned long)list;
}
`;

let folder: string;
let custodian: OpenCustodian;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "byok-broken-module-"));
  const file = path.join(folder, "module.c");
  const module = path.join(folder, "module.so");
  const pin = path.join(folder, "pin");
  writeFileSync(file, source);
  writeFileSync(pin, "1234\n", { mode: 0o600 });
  execFileSync("cc", ["-shared", "-fPIC", "-o", module, file]);
  custodian = openCustodian({ module, label: "broken", pin: `file:${pin}` });
});

afterAll(async () => {
  await custodian.end();
  rmSync(folder, { recursive: true, force: true });
});

describe("a module that crashes", () => {
  it("ends its own process only: each operation fails with a clear error, and the next one starts anew", async () => {
    const pids: (number | undefined)[] = [];
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const error = await thrownBy(() => custodian.connect());
      expect(error).toMatchObject({ code: "BYOK_CUSTODIAN_FAILED", retryable: true });
      expect(error.message).toContain('"broken"');
      expect(error.message).toContain("SIGSEGV");
      pids.push(custodian.pid);
    }
    expect(pids[0]).not.toBe(pids[1]);
  });
});
