import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { startLocalAws, type LocalAws } from "../../provider/local";
import { diagnostics } from "./diagnostics";
import { createLab, region, type Lab } from "./lab";
import { startTlsFront, type TlsFront } from "./tls-front";

const published = [`sts.${region}.amazonaws.com`, `kms.${region}.amazonaws.com`];

let lab: Lab;
let elsewhere: LocalAws;
let front: TlsFront;
let redirected: Readonly<Record<string, string>>;
beforeAll(async () => {
  lab = await createLab();
  // Knows the same callers, so that it would answer whoever came.
  elsewhere = await startLocalAws({ accounts: lab.cloud.accounts });
  front = await startTlsFront(elsewhere.endpoint, published);
  const { folder } = lab.project;
  await mkdir(path.join(folder, ".aws"));
  await writeFile(path.join(folder, ".aws/config"), profiles(elsewhere.endpoint));
  await writeFile(path.join(folder, ".aws/credentials"), credentials());
  await writeFile(path.join(folder, "front.pem"), front.certificate);
  redirected = {
    AWS_ENDPOINT_URL: elsewhere.endpoint,
    AWS_ENDPOINT_URL_KMS: elsewhere.endpoint,
    AWS_ENDPOINT_URL_STS: elsewhere.endpoint,
    AWS_PROFILE: "redirected",
    AWS_CA_BUNDLE: path.join(folder, "front.pem"),
    NODE_EXTRA_CA_CERTS: path.join(folder, "front.pem"),
    NODE_TLS_REJECT_UNAUTHORIZED: "0",
  };
});
afterAll(async () => {
  await front.close();
  await elsewhere.close();
  await lab.dispose();
});

const profiles = (url: string): string => `[profile redirected]
endpoint_url = ${url}
services = redirected

[services redirected]
kms =
  endpoint_url = ${url}
sts =
  endpoint_url = ${url}
`;

function credentials(): string {
  const [first] = lab.cloud.accounts;
  return `[redirected]
aws_access_key_id = ${first?.accessKeyId ?? ""}
aws_secret_access_key = ${first?.secretAccessKey ?? ""}
`;
}

const program = (): string =>
  lab.payments().replace('{ csv: "file:aws-111122223333.csv" }', '{ profile: "redirected" }');

describe("endpoints and authorities that the environment and a profile name", () => {
  it("change nothing but one warning on the group's row", async () => {
    await lab.project.program(program());
    const up = await lab.project.run(["up", "--yes", "--skip-preview"], redirected);
    expect(up).toMatchObject({ code: 0, text: expect.stringContaining("5 created") });
    const { "pay-dev": stack = [], ...rows } = diagnostics(up.text);
    expect(rows).toEqual({
      frankfurt: [
        expect.stringMatching(
          /^warning: AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL_STS, endpoint_url of profile redirected, .* are ignored: only the group's own endpoint/,
        ),
      ],
    });
    // Node's own word on the variable; our connections check certificates all the same.
    expect(stack.filter((line) => !/NODE_TLS_REJECT_UNAUTHORIZED|--trace-warnings/.test(line))).toEqual([]);
    expect(await lab.cloud.admin.counters()).toMatchObject({ CreateKey: 1, ImportKeyMaterial: 1 });
    expect(await elsewhere.admin.requestLog()).toEqual([]);
  });

  it("are in no state: without them nothing has changed, and with them nothing either", async () => {
    await lab.cloud.admin.clearLog();
    await writeFile(path.join(lab.project.folder, ".aws/config"), "");
    expect(await lab.project.preview("--expect-no-changes")).not.toContain("warning:");
    await writeFile(path.join(lab.project.folder, ".aws/config"), profiles(elsewhere.endpoint));
    const preview = await lab.project.run(["preview", "--expect-no-changes", "--diff"], redirected);
    expect(preview).toMatchObject({ code: 0, text: expect.stringContaining("5 unchanged") });
    expect(await lab.cloud.admin.requestLog()).toEqual([]);
    expect((await lab.project.expectSuccess("stack", "export")).includes(elsewhere.endpoint)).toBe(false);
  });

  it("do not count in a refresh, an import and a destroy", async () => {
    const run = async (...args: readonly string[]): Promise<void> => {
      expect(await lab.project.run([...args, "--yes", "--skip-preview"], redirected)).toMatchObject({ code: 0 });
    };
    await run("refresh");
    await lab.project.program(program().replace("aliases:", 'validTo: "2099-01-01T00:00:00Z", aliases:'));
    const refused = await lab.project.run(["preview"], redirected);
    expect(refused.text).toContain("validTo: ");
    const soon = new Date(Date.now() + 30 * 86_400_000).toISOString();
    await lab.project.program(program().replace("aliases:", `validTo: "${soon}", aliases:`));
    await run("up");
    await run("destroy");
    expect(await elsewhere.admin.requestLog()).toEqual([]);
  });

  it("open no way to a server that pretends to be AWS", async () => {
    const group = `new byok.AwsKmsGroup("real", { region: "${region}", credentials: { profile: "redirected" } });`;
    await lab.project.program(group);
    const ran = await lab.project.run(["preview"], { ...redirected, HTTPS_PROXY: front.proxy });
    expect(ran.code).not.toBe(0);
    expect(diagnostics(ran.text)["real"]?.filter((line) => line.startsWith("error:"))).toEqual([
      expect.stringMatching(
        /tls: .*sts\.eu-central-1\.amazonaws\.com was issued by an authority that is not trusted\. /,
      ),
    ]);
    expect(front.exchanges).toEqual([]);
    await lab.project.program(group.replace("credentials:", 'tls: { caFile: "front.pem" }, credentials:'));
    // Named in the group, the same authority counts: so it was the refusal that kept the server away.
    expect(await lab.project.run(["preview"], { ...redirected, HTTPS_PROXY: front.proxy })).toMatchObject({ code: 0 });
    expect(front.exchanges.map(({ host }) => host)).toContain(published[0]);
  });
});
