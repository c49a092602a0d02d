import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { serveToken, type CustodianAdapters } from "../../../provider/custodian/serve-token";
import { ByokError } from "../../../provider/model/errors";
import { keySpecs } from "../../../provider/model/key-spec";
import { resolveReference } from "../../../provider/secrets/resolve-reference";
import { account, FakeKms, region } from "./fake-kms";
import { FakeToken } from "./fake-token";

// An entry like that of the package, over a fake token and a fake KMS. What it shall do stands in FAKE_SCRIPT, which reaches it as
// a variable of the token.

/** What a fake process shall do. */
export const fakeScript = z.strictObject({
  /** File that gets a line for everything that happens in the process. */
  log: z.string(),
  /** The right PIN. */
  pin: z.string().optional(),
  /** The first call of this method ends the process; the marker file remembers that it was the first. */
  crash: z.strictObject({ method: z.string(), how: z.enum(["abort", "segv", "exit"]), marker: z.string() }).optional(),
  /** Methods that take some milliseconds. */
  slow: z.record(z.string(), z.number()).optional(),
  /** A method that never returns and blocks the whole process, as a module can that waits for its network. */
  hang: z.string().optional(),
  limits: z.strictObject({ drainMs: z.number(), killMs: z.number() }).optional(),
});
export type FakeScript = z.infer<typeof fakeScript>;

const script = fakeScript.parse(JSON.parse(process.env["FAKE_SCRIPT"] ?? "{}"));

const note = (event: string): void => appendFileSync(script.log, `${event}\n`);

const crashNow = {
  abort: () => process.abort(),
  segv: () => process.kill(process.pid, "SIGSEGV"),
  exit: () => process.exit(3),
};

async function hook(method: string): Promise<void> {
  note(method);
  const { crash, slow } = script;
  if (crash?.method === method && !existsSync(crash.marker)) {
    writeFileSync(crash.marker, "");
    crashNow[crash.how]();
    await sleep(10_000);
  }
  if (script.hang === method) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  const milliseconds = slow?.[method];
  if (milliseconds === undefined) return;
  await sleep(milliseconds);
  note(`${method} done`);
}

const kms = new FakeKms(hook);
for (const spec of keySpecs) kms.add(spec, { arn: `arn:aws:kms:${region}:${account}:key/${spec}` });

note(`start ${process.pid}`);
process.on("exit", (code) => note(`exit ${code}`));
process.stdout.write("a module that prints to standard output\n");
process.stderr.write("a module that prints to standard error\n");

const adapters: CustodianAdapters = {
  resolvePin: (reference) => {
    note("resolvePin");
    return resolveReference(reference, { configValues: {} });
  },
  openToken: (_connection, pin) => {
    note("C_Login");
    if (script.pin === undefined || script.pin === pin) return Promise.resolve(new FakeToken(hook));
    return Promise.reject(new ByokError("BYOK_TOKEN_PIN_INCORRECT", "The token refused the PIN."));
  },
  openKmsImport: (_connection, deps) => {
    note(`env ${String(deps.env["TEST_AWS_KEY"])} config ${JSON.stringify(deps.configValues)}`);
    return Promise.resolve(kms);
  },
  openKeyVaultImport: () => Promise.reject(new ByokError("BYOK_AZURE_UNREACHABLE", "There is no vault here.")),
  readFile: (file) => Promise.reject(new ByokError("BYOK_REFERENCE_UNRESOLVED", `There is no file ${file}.`)),
  writeFile: (file) => Promise.reject(new ByokError("BYOK_INPUT_INVALID", `${file} cannot be written.`)),
  caDigests: () => Promise.resolve([]),
  clock: () => new Date(),
  random: randomBytes,
  wait: (milliseconds) => sleep(milliseconds),
};

serveToken(adapters, script.limits);
