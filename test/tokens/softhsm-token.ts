import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { makeTokenFolder, removeFolder } from "./temporary-folder";
import type { TestToken } from "./test-token";

const run = promisify(execFile);

/** A SoftHSM2 token; more tokens can be made under the same configuration, because a process binds to one SOFTHSM2_CONF. */
export interface SoftHsmToken extends TestToken {
  readonly configuration: string;
  /** The folder that SoftHSM keeps its tokens in, one folder each. */
  readonly tokenFolder: string;
  /** Makes another token in the same folder, with the same PIN unless it is given. */
  addToken(label: string, pin?: string): Promise<TestToken>;
}

/** The security officer's PIN of every token made here; nothing but a later re-initialisation asks for it. */
const securityOfficerPin = "12345678";

/** Makes a fresh SoftHSM2 token in a temporary folder. Needs `softhsm2-util` (package softhsm2). */
export async function createSoftHsmToken(options: { label?: string; pin?: string } = {}): Promise<SoftHsmToken> {
  const pin = options.pin ?? "864213";
  const label = options.label ?? "byok-test";
  const { folder, pinFile } = await makeTokenFolder("softhsm", pin);
  const configuration = path.join(folder, "softhsm2.conf");
  const tokenFolder = path.join(folder, "tokens");
  const environment = { SOFTHSM2_CONF: configuration };
  await mkdir(tokenFolder, { mode: 0o700 });
  await writeFile(
    configuration,
    `directories.tokendir = ${tokenFolder}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n`,
  );

  const initialise = (tokenLabel: string, tokenPin: string): Promise<unknown> =>
    run(
      "softhsm2-util",
      ["--init-token", "--free", "--label", tokenLabel, "--so-pin", securityOfficerPin, "--pin", tokenPin],
      { env: { ...process.env, ...environment } },
    );
  const describe = (tokenLabel: string, tokenPin: string, tokenPinFile: string): TestToken => ({
    connection: { module: "softhsm2", label: tokenLabel, pin: `file:${tokenPinFile}`, environment },
    pin: tokenPin,
    pinFile: tokenPinFile,
    folder,
    dispose: () => removeFolder(folder),
  });

  await initialise(label, pin);
  return {
    ...describe(label, pin, pinFile),
    configuration,
    tokenFolder,
    addToken: async (otherLabel, otherPin = pin) => {
      await initialise(otherLabel, otherPin);
      const otherPinFile = path.join(folder, `pin-${otherLabel}`);
      await writeFile(otherPinFile, `${otherPin}\n`, { mode: 0o600 });
      return describe(otherLabel, otherPin, otherPinFile);
    },
  };
}
