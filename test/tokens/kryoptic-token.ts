import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { knownModules } from "../../provider/hsm/known-modules";
import { makeTokenFolder, removeFolder } from "./temporary-folder";
import type { TestToken } from "./test-token";

/** Names the library where it was built by hand; no distribution that we test on has a package of it. */
export const kryopticVariable = "BYOK_TEST_KRYOPTIC_MODULE";

/** The library of kryoptic, if this computer has one. */
export function findKryoptic(): string | undefined {
  const named = process.env[kryopticVariable];
  const candidates = named === undefined ? (knownModules.kryoptic?.paths[process.platform] ?? []) : [named];
  return candidates.find((candidate) => existsSync(candidate));
}

/** Makes a fresh kryoptic token in a temporary folder. */
export async function createKryopticToken(
  module: string,
  options: { label?: string; pin?: string } = {},
): Promise<TestToken> {
  const pin = options.pin ?? "864213";
  const label = options.label ?? "byok-kryoptic";
  const { folder, pinFile } = await makeTokenFolder("kryoptic", pin);
  const configuration = path.join(folder, "kryoptic.toml");
  await writeFile(
    configuration,
    `[[slots]]\nslot = 1\ndbtype = "sqlite"\ndbargs = "${path.join(folder, "token.sql")}"\n`,
  );
  const environment = { KRYOPTIC_CONF: configuration };
  // A module reads its environment once a process, so the token is initialised in another one.
  await promisify(execFile)(process.execPath, [path.join(__dirname, "initialise-token-main.js"), module, label], {
    env: { PATH: process.env.PATH, TOKEN_PIN: pin, ...environment },
  });
  return {
    connection: { module, label, pin: `file:${pinFile}`, environment },
    pin,
    pinFile,
    folder,
    dispose: () => removeFolder(folder),
  };
}
