import { awsKmsGroup } from "../../provider/lifecycle/aws-kms-group";
import { sourceGroup } from "../../provider/lifecycle/source-group";
import { ByokError } from "../../provider/model/errors";
import { World } from "./lifecycle-world";

let world: World;
beforeEach(() => {
  world = new World();
});
const token = { module: "softhsm2", label: "payments", pin: "file:/run/secrets/pin" };

describe("a source group", () => {
  it("connects once, in check, and later previews need no PIN", async () => {
    const group = world.resource(sourceGroup, "hsm");
    await group.up({ token, minOaepHash: "sha1" });
    expect(group.outputs).toMatchObject({
      connected: true,
      identity: { model: "SoftHSM v2" },
      abilities: { oaepHashes: ["sha1"] },
    });
    expect(String(group.outputs["note"])).toContain("pads private keys");
    world.custodian.failure = new ByokError("BYOK_REFERENCE_UNRESOLVED", "There is no file.");
    expect(await group.up({ token, minOaepHash: "sha1" })).toBe("same");
    expect(world.warnings).toEqual([]);
  });

  it("without its PIN warns in the first preview and stops before anything is created", async () => {
    const group = world.resource(sourceGroup, "hsm");
    world.custodian.failure = new ByokError("BYOK_REFERENCE_UNRESOLVED", "The file /run/secrets/pin does not exist.");
    expect((await group.check({ token })).failures).toEqual([]);
    expect(world.warnings.join()).toContain("stops here before anything is created");
    await expect(group.up({ token })).rejects.toMatchObject({
      message: expect.stringContaining("does not exist"),
      property: "token.pin",
    });
  });

  it.each([
    ["BYOK_TOKEN_PIN_INCORRECT", "token.pin"],
    ["BYOK_TOKEN_MODULE_NOT_FOUND", "token.module"],
    ["BYOK_REFERENCE_INVALID", "token.pin"],
    ["BYOK_TOKEN_NOT_FOUND", "token"],
  ] as const)("shows %s at %s, in preview", async (code, property) => {
    world.custodian.failure = new ByokError(code, "No.");
    expect(await world.resource(sourceGroup, "hsm").complaints({ token })).toEqual([`${property}: No. [${code}]`]);
  });

  it("refuses a literal PIN and never repeats it", async () => {
    const complaints = await world.resource(sourceGroup, "hsm").complaints({ token: { ...token, pin: "hunter2!" } });
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toMatch(/^token\.pin: .*"file:PATH"/);
    expect(complaints[0]).not.toContain("hunter2");
  });

  it("never changes lab, and never mixes lab with real targets", async () => {
    const group = world.resource(sourceGroup, "hsm");
    await group.up({ token });
    expect((await group.complaints({ token, lab: true })).join()).toContain("lab: can never change");
    const mixed = {
      token,
      lab: true,
      allowedTargets: [{ aws: { account: "123456789012", regions: ["eu-central-1"] } }],
    };
    expect((await world.resource(sourceGroup, "hsm").complaints(mixed)).join()).toContain("allowedTargets: ");
  });

  it("refuses to lead to another token", async () => {
    const group = world.resource(sourceGroup, "hsm");
    await group.up({ token });
    world.custodian.report = {
      ...world.custodian.report,
      identity: { ...world.custodian.report.identity, serial: "77" },
    };
    expect((await group.complaints({ token: { ...token, label: "other" } })).join()).toContain(
      "another token now (serial 77, before 0123)",
    );
  });

  it("that lost its token says so on refresh and stays in state", async () => {
    const group = world.resource(sourceGroup, "hsm");
    await group.up({ token });
    world.custodian.failure = new ByokError("BYOK_TOKEN_NOT_FOUND", "There is no token payments.");
    await group.refresh();
    expect(group.outputs["connected"]).toBe(false);
    expect(world.warnings.join()).toContain("There is no token payments.");
  });
});

describe("an AWS KMS group", () => {
  it("learns its account in check, and asks again only for another connection", async () => {
    const group = world.resource(awsKmsGroup, "frankfurt");
    await group.up({ region: "eu-central-1" });
    expect(group.outputs).toMatchObject({
      account: "123456789012",
      connected: true,
      callerArn: "arn:aws:iam::123456789012:user/ci",
    });
    world.kms.calls.length = 0;
    expect(await group.up({ region: "eu-central-1" })).toBe("same");
    expect(world.kms.calls).toEqual([]);
    await group.check({ region: "eu-central-1", credentials: { profile: "other" } });
    expect(world.kms.calls).toEqual(["callerIdentity"]);
  });

  it.each([
    ["a Region that is none", { region: "frankfurt" }, 'region: "frankfurt" is no AWS Region.'],
    [
      "an unknown property",
      { region: "eu-central-1", regoin: 1 },
      "regoin: there is no such property. Correct its name, or remove it.",
    ],
    [
      "a literal secret key",
      { region: "eu-central-1", credentials: { accessKeyId: "env:ID", secretAccessKey: "wJalrXUtnFEMI" } },
      "credentials.secretAccessKey: This must be a reference",
    ],
    [
      "a client certificate without its key",
      { region: "eu-central-1", tls: { clientCertFile: "c.pem" } },
      "tls: clientCertFile and clientKeyFile go together.",
    ],
    [
      "another account than the credentials'",
      { region: "eu-central-1", account: "999999999999" },
      "account: is 999999999999, and the credentials belong to account 123456789012",
    ],
  ])("refuses %s", async (_name, program, complaint) => {
    const complaints = (await world.resource(awsKmsGroup, "frankfurt").complaints(program)).join();
    expect(complaints).toContain(complaint);
    expect(complaints).not.toContain("wJalr");
  });

  it.each([
    ["BYOK_AWS_REGION_UNKNOWN", "region"],
    ["BYOK_AWS_TLS_UNTRUSTED", "tls"],
    ["BYOK_AWS_CREDENTIALS", "credentials"],
    ["BYOK_AWS_UNREACHABLE", "endpoint"],
  ] as const)("shows %s at %s, in preview", async (code, property) => {
    world.kms.callerIdentity = () => Promise.reject(new ByokError(code, "No."));
    const group = world.resource(awsKmsGroup, "frankfurt");
    expect(await group.complaints({ region: "eu-central-1", endpoint: "https://kms.internal" })).toEqual([
      `${property}: No. [${code}]`,
    ]);
  });
});
