import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { caDigests } from "../../provider/network/ca-digests";
import { openKms } from "../../provider/aws/open-kms";
import type { AwsConnection } from "../../provider/model/aws-connection";
import { TestAuthority } from "./certificates";
import { inChild } from "./in-child";
import { awsServer, decoyServer, proxyServer, type SmallServer } from "./small-servers";
import { saying } from "./saying";

// Processes of their own are started, on machines that may be busy.
jest.setTimeout(60_000);

const HOST = "kms.eu-central-1.amazonaws.com";
const STS = "sts.eu-central-1.amazonaws.com";
const identity =
  '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/me</Arn><UserId>A</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>';

const folder = mkdtempSync(join(tmpdir(), "byok-tls-"));
const caFile = join(folder, "ca.pem");
const otherCaFile = join(folder, "other.pem");
const both = join(folder, "both.pem");
const env = { KEY_ID: "AKIAEXAMPLE", SECRET: "secret" };
const credentials = { accessKeyId: "env:KEY_ID", secretAccessKey: "env:SECRET" };

let authority: TestAuthority;
let genuine: SmallServer;
let proxy: SmallServer;

beforeAll(async () => {
  authority = await TestAuthority.make("company");
  const other = await TestAuthority.make("other");
  writeFileSync(caFile, authority.pem);
  writeFileSync(otherCaFile, other.pem);
  writeFileSync(both, `a comment\n${other.pem}${authority.pem}`);
  genuine = await awsServer({ GetCallerIdentity: identity }, await authority.server([HOST, STS]));
  proxy = await proxyServer(genuine.port);
});

afterAll(async () => {
  await proxy.close();
  await genuine.close();
  rmSync(folder, { recursive: true });
});

const throughProxy = (more: Partial<AwsConnection> = {}, proxyUrl = proxy.url): ReturnType<typeof openKms> =>
  openKms(
    { region: "eu-central-1", credentials, ...more },
    { configValues: {}, env: { ...env, HTTPS_PROXY: proxyUrl } },
  );

describe("behind a proxy that inspects TLS", () => {
  it("the published hosts are asked, once the company's authority is named", async () => {
    const caller = await throughProxy({ tls: { caFile } }).callerIdentity();
    expect(caller.account).toBe("111122223333");
    expect(proxy.asked).toContain(`${STS}:443`);
  });

  it("one good authority of several in the file is enough", async () => {
    await expect(throughProxy({ tls: { caFile: both } }).callerIdentity()).resolves.toBeDefined();
  });

  it.each([
    ["no authority", {}],
    ["another authority", { tls: { caFile: otherCaFile } }],
  ])("nothing is sent with %s named, and the error says what to name", async (_name, more) => {
    const before = genuine.asked.length;
    await expect(throughProxy(more).callerIdentity()).rejects.toMatchObject({
      code: "BYOK_AWS_TLS_UNTRUSTED",
      message: saying(STS),
      hint: saying("tls.caFile"),
    });
    expect(genuine.asked.length).toBe(before);
  });

  it("a certificate that names another host counts only where host names do not, and never of another authority", async () => {
    const stranger = await awsServer({ GetCallerIdentity: identity }, await authority.server(["elsewhere.example"]));
    const lead = await proxyServer(stranger.port);
    try {
      await expect(throughProxy({ tls: { caFile } }, lead.url).callerIdentity()).rejects.toMatchObject({
        code: "BYOK_AWS_TLS_UNTRUSTED",
      });
      const named = throughProxy({ tls: { caFile, validateHostname: true } }, lead.url);
      await expect(named.callerIdentity()).rejects.toMatchObject({ code: "BYOK_AWS_TLS_UNTRUSTED" });
      expect(stranger.asked).toEqual([]);
      const loose = throughProxy({ tls: { caFile, validateHostname: false } }, lead.url);
      expect((await loose.callerIdentity()).account).toBe("111122223333");
      const others = throughProxy({ tls: { caFile: otherCaFile, validateHostname: false } }, lead.url);
      await expect(others.callerIdentity()).rejects.toMatchObject({ code: "BYOK_AWS_TLS_UNTRUSTED" });
      const publicRoots = throughProxy({ tls: { validateHostname: false } }, lead.url);
      await expect(publicRoots.callerIdentity()).rejects.toMatchObject({
        code: "BYOK_INPUT_INVALID",
        property: "tls.validateHostname",
      });
      expect(stranger.asked).toEqual(["GetCallerIdentity"]);
    } finally {
      await lead.close();
      await stranger.close();
    }
  });

  it("host names do not count on a direct connection either, where the group says so", async () => {
    const stranger = await awsServer({ GetCallerIdentity: identity }, await authority.server(["elsewhere.example"]));
    const direct = (validateHostname: boolean): ReturnType<typeof openKms> => {
      const connection = { region: "eu-central-1", credentials, endpoint: { kms: stranger.url, sts: stranger.url } };
      return openKms({ ...connection, tls: { caFile, validateHostname } }, { configValues: {}, env });
    };
    try {
      await expect(direct(true).callerIdentity()).rejects.toMatchObject({ code: "BYOK_AWS_TLS_UNTRUSTED" });
      expect((await direct(false).callerIdentity()).account).toBe("111122223333");
    } finally {
      await stranger.close();
    }
  });

  it("neither NODE_EXTRA_CA_CERTS nor NODE_TLS_REJECT_UNAUTHORIZED lets it in", async () => {
    const before = genuine.asked.length;
    for (const loosened of [{ NODE_EXTRA_CA_CERTS: caFile }, { NODE_TLS_REJECT_UNAUTHORIZED: "0" }]) {
      const answer = await inChild(
        { ...env, ...loosened, HTTPS_PROXY: proxy.url },
        { region: "eu-central-1", credentials },
      );
      expect(answer.code).toBe("BYOK_AWS_TLS_UNTRUSTED");
    }
    expect(genuine.asked.length).toBe(before);
  });

  it("the name in the certificate counts, even with the right authority", async () => {
    const misnamed = await awsServer({ GetCallerIdentity: identity }, await authority.server(["elsewhere.example"]));
    const leading = await proxyServer(misnamed.port);
    const call = throughProxy({ tls: { caFile } }, leading.url).callerIdentity();
    await expect(call).rejects.toMatchObject({
      code: "BYOK_AWS_TLS_UNTRUSTED",
      message: saying("another name"),
    });
    expect(misnamed.asked).toEqual([]);
    await leading.close();
    await misnamed.close();
  });

  it("a certificate that has expired is refused as such", async () => {
    const old = await awsServer({ GetCallerIdentity: identity }, await authority.server([HOST, STS], 10 * 86_400_000));
    const leading = await proxyServer(old.port);
    const call = throughProxy({ tls: { caFile } }, leading.url).callerIdentity();
    await expect(call).rejects.toMatchObject({ message: saying("not valid today") });
    await leading.close();
    await old.close();
  });

  it("a proxy that wants a login is named, and what it says is not taken for AWS's answer", async () => {
    const strict = await proxyServer({ status: 407 });
    const call = throughProxy({ tls: { caFile } }, strict.url.replace("//", "//user:password@")).callerIdentity();
    const error: unknown = await call.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "BYOK_AWS_UNREACHABLE", message: saying("status 407") });
    expect(JSON.stringify(error)).not.toContain("password");
    await strict.close();
  });
});

describe("a CA file", () => {
  it("is told by the digests of its certificates", async () => {
    const [first] = await caDigests(caFile);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await caDigests(both)).toEqual([...(await caDigests(otherCaFile)), first]);
  });

  it("that changed after the trust rules were asked about it is refused", async () => {
    const caSha256 = await caDigests(otherCaFile);
    const connection = { region: "eu-central-1", credentials, tls: { caFile } };
    const port = openKms(connection, { configValues: {}, env: { ...env, HTTPS_PROXY: proxy.url }, caSha256 });
    await expect(port.callerIdentity()).rejects.toMatchObject({ code: "BYOK_TARGET_NOT_TRUSTED" });
    const fitting = openKms(connection, {
      configValues: {},
      env: { ...env, HTTPS_PROXY: proxy.url },
      caSha256: await caDigests(caFile),
    });
    await expect(fitting.callerIdentity()).resolves.toBeDefined();
  });

  it("is read anew for every port, so that another content is another connection", async () => {
    const changing = join(folder, "changing.pem");
    writeFileSync(changing, authority.pem);
    const connection = { tls: { caFile: changing } };
    await expect(throughProxy(connection).callerIdentity()).resolves.toBeDefined();
    writeFileSync(changing, (await TestAuthority.make("new")).pem);
    await expect(throughProxy(connection).callerIdentity()).rejects.toMatchObject({ code: "BYOK_AWS_TLS_UNTRUSTED" });
  });

  it("that is missing, empty or broken is refused with the property", async () => {
    const empty = join(folder, "empty.pem");
    const broken = join(folder, "broken.pem");
    writeFileSync(empty, "nothing");
    writeFileSync(broken, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    for (const path of [empty, broken, join(folder, "missing.pem")]) {
      await expect(throughProxy({ tls: { caFile: path } }).callerIdentity()).rejects.toMatchObject({
        code: "BYOK_INPUT_INVALID",
        property: "tls.caFile",
      });
    }
  });

  it("does not help a client certificate without its key", async () => {
    const call = throughProxy({ tls: { caFile, clientCertFile: caFile } }).callerIdentity();
    await expect(call).rejects.toMatchObject({ code: "BYOK_INPUT_INVALID", property: "tls.clientKeyFile" });
    const unusable = throughProxy({ tls: { caFile, clientCertFile: caFile, clientKeyFile: caFile } }).callerIdentity();
    await expect(unusable).rejects.toMatchObject({ code: "BYOK_INPUT_INVALID", property: "tls" });
  });
});

describe("settings of the environment", () => {
  let decoy: SmallServer;
  let real: SmallServer;

  beforeAll(async () => {
    decoy = await decoyServer();
    real = await awsServer({
      GetCallerIdentity: identity,
      AssumeRole:
        '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>',
      AssumeRoleWithWebIdentity:
        '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>',
    });
    writeFileSync(join(folder, "web-token"), "token");
    writeFileSync(
      join(folder, "config"),
      [
        "[profile plain]",
        "aws_access_key_id = AKIAPLAIN",
        "aws_secret_access_key = s",
        `endpoint_url = ${decoy.url}`,
        "services = decoys",
        "use_fips_endpoint = true",
        "[profile role]",
        "role_arn = arn:aws:iam::111122223333:role/x",
        "source_profile = plain",
        `endpoint_url = ${decoy.url}`,
        "services = decoys",
        "[profile web]",
        "role_arn = arn:aws:iam::111122223333:role/x",
        `web_identity_token_file = ${join(folder, "web-token")}`,
        `endpoint_url = ${decoy.url}`,
        "[profile instance]",
        "role_arn = arn:aws:iam::111122223333:role/x",
        "credential_source = Ec2InstanceMetadata",
        "[services decoys]",
        "kms =",
        `  endpoint_url = ${decoy.url}`,
        "sts =",
        `  endpoint_url = ${decoy.url}`,
      ].join("\n"),
    );
  });

  afterAll(async () => {
    await decoy.close();
    await real.close();
  });

  const redirecting = (): NodeJS.ProcessEnv => ({
    ...env,
    AWS_CONFIG_FILE: join(folder, "config"),
    AWS_ENDPOINT_URL: decoy.url,
    AWS_ENDPOINT_URL_KMS: decoy.url,
    AWS_ENDPOINT_URL_STS: decoy.url,
    AWS_USE_FIPS_ENDPOINT: "true",
    AWS_USE_DUALSTACK_ENDPOINT: "true",
    AWS_DEFAULTS_MODE: "auto",
  });

  const connection = (more: Partial<AwsConnection>): AwsConnection => ({
    region: "eu-central-1",
    endpoint: { kms: real.url, sts: real.url },
    ...more,
  });

  it.each([
    ["references", { credentials }, {}, []],
    ["a profile", { credentials: { profile: "plain" } }, {}, []],
    ["the profile of the environment", {}, { AWS_PROFILE: "plain" }, []],
    ["variables of the environment", {}, { AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "s" }, []],
    ["a profile that takes a role", { credentials: { profile: "role" } }, {}, ["AssumeRole"]],
    ["a profile with web identity", { credentials: { profile: "web" } }, {}, ["AssumeRoleWithWebIdentity"]],
  ])("redirect nothing with credentials from %s", async (_name, more, extra, before) => {
    real.asked.length = 0;
    const answer = await inChild({ ...redirecting(), ...extra }, connection(more));
    expect(answer).toMatchObject({ value: { account: "111122223333" } });
    expect(real.asked).toEqual([...before, "GetCallerIdentity"]);
    expect(decoy.asked).toEqual([]);
  });

  it("redirect web identity of the environment neither", async () => {
    real.asked.length = 0;
    const web = {
      AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, "web-token"),
      AWS_ROLE_ARN: "arn:aws:iam::111122223333:role/x",
    };
    expect(await inChild({ ...redirecting(), ...web }, connection({}))).toMatchObject({
      value: { account: "111122223333" },
    });
    expect(real.asked).toEqual(["AssumeRoleWithWebIdentity", "GetCallerIdentity"]);
    expect(decoy.asked).toEqual([]);
  });

  it("do not change the published hosts", async () => {
    const inspected = { ...redirecting(), HTTPS_PROXY: proxy.url };
    const target = { region: "eu-central-1", credentials, tls: { caFile } };
    proxy.asked.length = 0;
    expect(await inChild(inspected, target)).toMatchObject({ value: { account: "111122223333" } });
    expect(new Set(proxy.asked)).toEqual(new Set([`${STS}:443`]));
    expect(decoy.asked).toEqual([]);
  });

  it("cannot name another instance metadata service", async () => {
    const redirected = {
      ...redirecting(),
      AWS_EC2_METADATA_DISABLED: "false",
      AWS_EC2_METADATA_SERVICE_ENDPOINT: decoy.url,
    };
    for (const more of [{}, { credentials: { profile: "instance" } }]) {
      const answer = await inChild(redirected, connection(more));
      expect(answer.code).toBe("BYOK_AWS_CREDENTIALS");
      expect(answer.hint).toContain("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    }
    expect(decoy.asked).toEqual([]);
  });
});

describe("the SDK", () => {
  it("is loaded by the first call, and writes nothing to the terminal", async () => {
    const real = await awsServer({ GetCallerIdentity: identity });
    const both = { AWS_PROFILE: "none", AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "s" };
    const connection = { region: "eu-central-1", credentials, endpoint: { kms: real.url } };
    const answer = await inChild({ ...env, ...both }, connection);
    expect(answer).toMatchObject({ value: { account: "111122223333" }, before: 0, stderr: "" });
    expect(answer.after).toBeGreaterThan(0);
    const unknown = await inChild({ ...env, ...both }, { region: "eu-central-1", endpoint: { kms: real.url } });
    expect(unknown).toMatchObject({ code: "BYOK_AWS_CREDENTIALS", stderr: "" });
    await real.close();
  });
});
