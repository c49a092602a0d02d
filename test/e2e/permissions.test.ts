import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { LocalAccount } from "../../provider/local";
import type { PermissionRole } from "../../provider/model/permissions/iam-actions";
import { rolePolicy } from "../../provider/model/permissions/role-policy";
import { livingKeys } from "./cloud-client";
import { account, createLab, region, type Lab } from "./lab";
import { startTlsFront, type TlsFront } from "./tls-front";

/** Callers of the lab's account, each with the policy that `byok permissions --sha1` prints for its role. */
const caller = (role: PermissionRole): LocalAccount => ({
  id: account,
  accessKeyId: `AKIALAB${role.toUpperCase().replace("-", "")}`,
  secretAccessKey: `secret/of/the/${role}/0123456789`,
  arn: `arn:aws:iam::${account}:user/${role}`,
  iamPolicy: JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      ...rolePolicy(role, {
        account,
        regions: [region],
        wrappingAlgorithms: ["RSAES_OAEP_SHA_1", "RSA_AES_KEY_WRAP_SHA_1"],
      }).Statement,
      { Effect: "Allow", Action: "iam:SimulatePrincipalPolicy", Resource: `arn:aws:iam::${account}:user/${role}` },
    ],
  }),
});
const callers = (["importer", "material-importer", "destroyer", "policy-admin"] as const).map(caller);
const administrator: LocalAccount = {
  id: account,
  accessKeyId: `AKIALAB${account.slice(0, 9)}`,
  secretAccessKey: "first/secret+of+the+lab+0123456789abcdef",
};

let lab: Lab;
let front: TlsFront;
beforeAll(async () => {
  lab = await createLab({ accounts: [administrator, ...callers] });
  for (const { arn = "", accessKeyId, secretAccessKey } of callers) {
    const csv = `Access key ID,Secret access key\n${accessKeyId},${secretAccessKey}\n`;
    await writeFile(path.join(lab.project.folder, `${arn.split("/")[1] ?? ""}.csv`), csv, { mode: 0o600 });
  }
  front = await startTlsFront(lab.cloud.endpoint, ["elsewhere.example"], { loopback: false });
  await writeFile(path.join(lab.project.folder, "front.pem"), front.certificate);
});
afterAll(async () => {
  await front.close();
  await lab.dispose();
});

const group = (more: string, endpoint = lab.cloud.httpsEndpoint ?? "", caFile = "ca.pem"): string =>
  `const ledger = new byok.AwsKmsGroup("ledger", {
  region: "${region}", endpoint: "${endpoint}", quotas: { GetParametersForImport: 50 },
  ${more.includes("tls:") ? "" : `tls: { caFile: "${caFile}" },`} ${more}
});`;
const key = (more = ""): string => `
const master = new byok.SourceKey("master", { group: hsm, spec: "AES_256" });
new byok.AwsKmsKey("payments", { group: ledger, material: { source: master }, aliases: ["alias/payments"], ${more} });`;
const policy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "Ledger",
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: "kms:*",
      Resource: "*",
    },
  ],
});

it("the preview of a new group names what its credentials lack, and require stops it there", async () => {
  const importer = 'credentials: { csv: "file:importer.csv" },';
  await lab.project.program(lab.hsm() + group(`${importer} permissionCheck: "require"`) + key());
  const refused = await lab.project.expectFailure("preview");
  expect(refused).toContain(`user/importer lacks, in Region ${region}: kms:DeleteAlias (aliases), kms:Sched`);
  expect(refused).toContain("kms:ScheduleKeyDeletion (remove a key)");
  expect(refused).toContain("it does not see key policies");
  expect(await livingKeys(lab.cloud)).toEqual([]);

  await lab.project.program(lab.hsm() + group(importer) + key());
  expect(await lab.project.preview()).toContain("kms:ScheduleKeyDeletion (remove a key)");
  await lab.project.up();
  expect((await lab.project.outputs("ledger"))["missingPermissions"]).toEqual([
    "kms:DeleteAlias",
    "kms:ScheduleKeyDeletion",
  ]);
  await lab.cloud.admin.clearLog();
  expect(await lab.project.expectSuccess("preview", "--expect-no-changes")).toContain("lacked permissions");
  expect(await lab.cloud.admin.counters()).toEqual({});
  expect(await lab.project.expectFailure("destroy", "--yes")).toMatch(/BYOK_AWS_ACCESS_DENIED/);
  expect(await livingKeys(lab.cloud)).toEqual(["Enabled"]);
});

it("divided credentials do each their own part, and only that", async () => {
  const divided = `credentials: { csv: "file:importer.csv" }, permissionCheck: "require", roleCredentials: {
    import: { csv: "file:material-importer.csv" }, destroy: { csv: "file:destroyer.csv" }, policy: { csv: "file:policy-admin.csv" } },`;
  await lab.project.program(lab.hsm() + group(divided) + key(`policy: ${JSON.stringify(policy)}`));
  await lab.project.up();
  const ledger = await lab.project.outputs("ledger");
  expect(ledger).not.toHaveProperty("missingPermissions");
  expect(await lab.project.outputs("payments")).toMatchObject({ keyState: "Enabled", aliases: ["alias/payments"] });
  await lab.project.expectSuccess("preview", "--expect-no-changes");

  // The destroyer's policy asks for AWS's longest waiting period.
  const soon = `policy: ${JSON.stringify(policy)}, deletionWindowInDays: 30`;
  await lab.project.program(lab.hsm() + group(divided) + key(soon));
  await lab.project.expectSuccess("destroy", "--yes");
  expect(await livingKeys(lab.cloud)).toEqual([]);
});

it("a group that need not be connected is made while AWS is away, and connects once it is back", async () => {
  const away = (more: string): string =>
    lab.hsm() +
    group(`credentials: { csv: "file:importer.csv" }, permissionCheck: "off", ${more}`, "https://127.0.0.1:9");
  await lab.project.program(away("requireConnected: false"));
  expect(await lab.project.expectFailure("preview")).toContain("account: must be named while AWS cannot be reached");
  await lab.project.program(away(`account: "${account}"`));
  expect(await lab.project.expectFailure("preview")).toContain("BYOK_AWS_UNREACHABLE");

  await lab.project.program(away(`requireConnected: false, account: "${account}"`) + key());
  expect(await lab.project.failingUp()).toMatch(/payments[\s\S]*BYOK_AWS_UNREACHABLE/);
  const offline = await lab.project.outputs("ledger");
  expect(offline).toMatchObject({ connected: false, account });
  expect(offline["notConnectedReason"]).toContain("127.0.0.1:9");

  const back = 'credentials: { csv: "file:importer.csv" }, permissionCheck: "off", requireConnected: false,';
  await lab.project.program(lab.hsm() + group(`${back} account: "${account}"`) + key());
  await lab.project.up();
  const online = await lab.project.outputs("ledger");
  expect(online).toMatchObject({ connected: true, callerArn: `arn:aws:iam::${account}:user/importer` });
  expect(online).not.toHaveProperty("notConnectedReason");
});

it("a certificate of another host is refused, unless the group says that host names do not count, at every run", async () => {
  const behind = (tls: string): string =>
    lab.hsm() + group(`credentials: { csv: "file:aws-${account}.csv" }, tls: { ${tls} }`, front.endpoint);
  await lab.project.program(behind('caFile: "front.pem"'));
  expect(await lab.project.expectFailure("preview")).toContain("BYOK_AWS_TLS_UNTRUSTED");
  await lab.project.program(behind("validateHostname: false"));
  expect(await lab.project.expectFailure("preview")).toContain("cannot be false with public roots");
  await lab.project.program(behind('caFile: "front.pem", validateHostname: false') + key());
  expect(await lab.project.up()).toContain("can pose as AWS KMS");
  expect((await lab.project.outputs("payments"))["keyState"]).toBe("Enabled");
  expect(await lab.project.up()).toContain("can pose as AWS KMS");
});

it("byok permissions prints what the roles of this test have", async () => {
  const { output } = await lab.project.byok(["permissions", "--group", "ledger", "--stack", lab.project.stack]);
  expect(JSON.parse(output)).toMatchObject({ importer: { Version: "2012-10-17" } });
  expect(output).toContain(`arn:aws:kms:${region}:${account}:key/*`);
});
