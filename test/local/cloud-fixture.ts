import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { type LocalAccount, type LocalAws, type LocalAwsOptions, startLocalAws } from "../../provider/local";
import { type Target, closeClients } from "./kms-client";

// RSA keys and wrapping keys take seconds to make on a busy machine.
jest.setTimeout(60_000);

export const alice: LocalAccount = {
  id: "111122223333",
  accessKeyId: "AKIATESTALICE",
  secretAccessKey: "secret of alice",
};
export const bob: LocalAccount = { id: "444455556666", accessKeyId: "AKIATESTBOB", secretAccessKey: "secret of bob" };

const running: LocalAws[] = [];
const folders: string[] = [];

/** A cloud in memory over plain HTTP, unless the options say otherwise; `endClouds` ends it. */
export async function startCloud(options: LocalAwsOptions = {}): Promise<LocalAws> {
  const cloud = await startLocalAws({ accounts: [alice, bob], https: false, ...options });
  running.push(cloud);
  return cloud;
}

export function targetOf(cloud: LocalAws, account: LocalAccount = alice): Target {
  const { accessKeyId, secretAccessKey, sessionToken } = account;
  return {
    endpoint: cloud.endpoint,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
  };
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "byok-local-"));
  folders.push(folder);
  return folder;
}

/** For `afterEach` or `afterAll`. */
export async function endClouds(): Promise<void> {
  closeClients();
  await Promise.all(running.splice(0).map((cloud) => cloud.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
