import { execFile } from "node:child_process";
import { promisify } from "node:util";
import path from "node:path";
import { createLab } from "./lab";

const script = path.resolve(__dirname, "../../../scripts/setup/newest-node.sh");

/** Folder of the newest supported Node, or why it is not there. */
async function newestNode(): Promise<{ readonly folder: string } | { readonly missing: string }> {
  try {
    const { stdout } = await promisify(execFile)("bash", [script]);
    return { folder: stdout.trim() };
  } catch {
    return { missing: "the newest Node could not be installed (scripts/setup/newest-node.sh)" };
  }
}

it("program, provider and custodian run under the newest supported Node as well", async () => {
  const node = await newestNode();
  if ("missing" in node) {
    if (process.env["CI"] !== undefined) throw new Error(node.missing);
    process.stderr.write(`skipped: ${node.missing}\n`);
    return;
  }
  const lab = await createLab({}, { PATH: [node.folder, process.env["PATH"] ?? ""].join(path.delimiter) });
  try {
    await lab.project.program(`${lab.payments()}
new byok.AwsKmsKey("signing", { group: frankfurt, material: { source: new byok.SourceKey("rsa", { group: hsm, spec: "RSA_2048" }) } });
exports.node = process.version;`);
    await lab.project.up();
    expect(await lab.project.expectSuccess("stack", "output", "node")).toMatch(/^v24\./);
    expect(await lab.project.outputs("payments")).toMatchObject({ keyState: "Enabled" });
    expect(await lab.project.outputs("signing")).toMatchObject({ proof: { method: "public-key" } });
    expect(await lab.project.expectSuccess("destroy", "--yes")).toContain("7 deleted");
  } finally {
    await lab.dispose();
  }
});
