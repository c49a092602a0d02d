import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { makeTokenFolder, removeFolder } from "./temporary-folder";
import type { TestToken } from "./test-token";

/** The label that NSS gives to the token of every database. */
const nssTokenLabel = "NSS Certificate DB";

/** Makes a fresh NSS database in a temporary folder. Needs `certutil` (package libnss3-tools). */
export async function createNssToken(options: { pin?: string } = {}): Promise<TestToken> {
  const pin = options.pin ?? "864213";
  const { folder, pinFile } = await makeTokenFolder("nss", pin);
  const database = path.join(folder, "database");
  await mkdir(database, { mode: 0o700 });
  await promisify(execFile)("certutil", ["-N", "-d", `sql:${database}`, "-f", pinFile]);
  return {
    connection: {
      module: "nss",
      label: nssTokenLabel,
      pin: `file:${pinFile}`,
      parameters: `configdir='sql:${database}' certPrefix='' keyPrefix='' secmod='secmod.db'`,
    },
    pin,
    pinFile,
    folder,
    dispose: () => removeFolder(folder),
  };
}
