import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { defaultClient, endAzure, startAzure, temporaryFolder, vaultOf } from "./azure-fixture";

const cache = process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache");
const folder = path.join(cache, "pulumi-byok", "azure-python-4.11.0");
const isInstalled = existsSync(path.join(folder, "installed"));

afterAll(endAzure);

if (!isInstalled) {
  process.stderr.write(
    "Azure's Python clients are not installed, their test is skipped: run scripts/setup/azure-python.sh\n",
  );
}

(isInstalled ? describe : describe.skip)("Azure's Python clients", () => {
  it("make, use, change, delete, recover and back up keys", async () => {
    const azure = await startAzure({ dataDir: temporaryFolder() });
    const { tenantId, clientId, secret } = defaultClient(azure);
    const vault = vaultOf(azure, "premium").url;
    const given = { tenantId, clientId, secret, vault, authority: azure.authority, caFile: azure.caFile };
    const script = path.resolve(__dirname, "../../../../test/local/azure/python-client.py");
    const python = path.join(folder, "bin", "python");
    const { stdout } = await promisify(execFile)(python, [script], {
      timeout: 50_000,
      env: { PATH: process.env.PATH, LOCAL_AZURE: JSON.stringify(given) },
    });
    expect(JSON.parse(stdout)).toEqual({
      names: ["python", "python-exchange", "python-rsa"],
      exchange: ["import"],
      verified: true,
      plain: "plain",
      recoveryLevel: "Recoverable+Purgeable",
      enabled: false,
      backup: true,
    });
  });
});
