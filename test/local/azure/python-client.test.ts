import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { azurePython } from "../../azure/azure-python";
import { defaultClient, endAzure, startAzure, temporaryFolder, vaultOf } from "./azure-fixture";

const python = azurePython("their test");

afterAll(endAzure);

(python === undefined ? describe.skip : describe)("Azure's Python clients", () => {
  it("make, use, change, delete, recover and back up keys", async () => {
    const azure = await startAzure({ dataDir: temporaryFolder() });
    const { tenantId, clientId, secret } = defaultClient(azure);
    const vault = vaultOf(azure, "premium").url;
    const given = { tenantId, clientId, secret, vault, authority: azure.authority, caFile: azure.caFile };
    const script = path.resolve(__dirname, "../../../../test/local/azure/python-client.py");
    const { stdout } = await promisify(execFile)(python ?? "", [script], {
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
