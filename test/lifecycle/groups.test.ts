import { awsKmsGroup } from "../../provider/lifecycle/aws-kms-group";
import { awsKmsKey } from "../../provider/lifecycle/aws-kms-key";
import { sourceGroup } from "../../provider/lifecycle/source-group";
import { ByokError } from "../../provider/model/errors";
import { groupRecord, keyProgram, World } from "./lifecycle-world";

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
    expect(world.kms.calls).toEqual(["callerIdentity", "permissions"]);
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

  const offline = (): void => {
    world.kms.callerIdentity = () =>
      Promise.reject(
        new ByokError("BYOK_AWS_UNREACHABLE", "There is no route to AWS.", { hint: "Check the network." }),
      );
  };

  it("that need not be connected is made, changed and refreshed offline, and says why it is not connected", async () => {
    offline();
    const group = world.resource(awsKmsGroup, "frankfurt");
    const program = { region: "eu-central-1", account: "123456789012", requireConnected: false };
    expect(await group.up(program)).toBe("created");
    expect(group.outputs).toMatchObject({
      account: "123456789012",
      connected: false,
      notConnectedReason: "There is no route to AWS. Check the network.",
    });
    expect(group.outputs).not.toHaveProperty("callerArn");
    expect(world.warnings.join()).toContain("every change of a key of this group fails until it is");
    expect(await group.up({ ...program, requiredTags: ["team"] })).toBe("updated");
    await group.refresh();
    expect(group.outputs).toMatchObject({ connected: false, account: "123456789012" });
    world.kms.callerIdentity = new World().kms.callerIdentity;
    expect(await group.up({ ...program, requiredTags: ["team"] })).toBe("updated");
    expect(group.outputs).toMatchObject({ connected: true, callerArn: "arn:aws:iam::123456789012:user/ci" });
    expect(group.outputs).not.toHaveProperty("notConnectedReason");
    expect(await group.up({ ...program, requiredTags: ["team"] })).toBe("same");
  });

  it("that is offline has to name its account, and one that must be connected is refused", async () => {
    offline();
    const group = world.resource(awsKmsGroup, "frankfurt");
    const [complaint] = await group.complaints({ region: "eu-central-1", requireConnected: false });
    expect(complaint).toMatch(/^account: must be named while AWS cannot be reached.*There is no route/);
    for (const requireConnected of [undefined, true]) {
      const program = {
        region: "eu-central-1",
        account: "123456789012",
        ...(requireConnected ? { requireConnected } : {}),
      };
      expect(await group.complaints(program)).toEqual([expect.stringMatching(/^region: There is no route/)]);
    }
  });

  it("never takes credentials of another account, connected or not", async () => {
    const program = { region: "eu-central-1", account: "999999999999", requireConnected: false };
    expect((await world.resource(awsKmsGroup, "frankfurt").complaints(program)).join()).toContain(
      "account: is 999999999999, and the credentials belong to account 123456789012",
    );
    offline();
    const group = world.resource(awsKmsGroup, "frankfurt");
    await group.up(program);
    world.kms.callerIdentity = new World().kms.callerIdentity;
    await expect(group.up(program)).rejects.toMatchObject({ code: "BYOK_AWS_WRONG_ACCOUNT" });
  });

  it("warns of permissions that are missing, before anything is made, and keeps the list until a refresh finds them", async () => {
    world.kms.verdicts.set("kms:ScheduleKeyDeletion", "not-allowed").set("kms:CreateAlias", "unknown");
    const group = world.resource(awsKmsGroup, "frankfurt");
    await group.check({ region: "eu-central-1" });
    expect(world.warnings).toEqual([
      "arn:aws:iam::123456789012:user/ci lacks, in Region eu-central-1: kms:ScheduleKeyDeletion (remove a key). IAM's simulation says so; it does not see key policies. " +
        "Policies that allow it: byok permissions --account 123456789012 --region eu-central-1. pulumi refresh looks again.",
    ]);
    await group.up({ region: "eu-central-1" });
    expect(group.outputs["missingPermissions"]).toEqual(["kms:ScheduleKeyDeletion"]);
    world.kms.calls.length = 0;
    world.warnings.length = 0;
    expect(await group.up({ region: "eu-central-1" })).toBe("same");
    expect(world.kms.calls).toEqual([]);
    expect(world.warnings.join()).toContain(
      "lacked permissions when they were last looked for: kms:ScheduleKeyDeletion",
    );
    world.kms.verdicts.clear();
    await group.refresh();
    expect(group.outputs).not.toHaveProperty("missingPermissions");
    expect(await group.up({ region: "eu-central-1" })).toBe("same");
  });

  it.each([
    ["kms:CreateKey", "not-allowed", {}, true],
    ["kms:ScheduleKeyDeletion", "not-allowed", {}, true],
    // A policy of its own may allow to use and delete what IAM does not.
    [
      "kms:ScheduleKeyDeletion",
      "not-allowed",
      { template: { policy: '{"Version":"2012-10-17","Statement":[]}' } },
      false,
    ],
    ["kms:ScheduleKeyDeletion", "denied", { template: { policy: '{"Version":"2012-10-17","Statement":[]}' } }, true],
    // Nobody knows yet which aliases there will be.
    ["kms:CreateAlias", "not-allowed", {}, false],
    ["kms:CreateAlias", "not-allowed", { template: { aliasPrefix: "alias/ledger/" } }, true],
    ["kms:CreateKey", "unknown", {}, false],
  ] as const)("that requires permissions: %s is %s with %j, refused: %s", async (action, verdict, more, refuses) => {
    world.kms.verdicts.set(action, verdict);
    const program = { region: "eu-central-1", permissionCheck: "require", ...more };
    const complaints = await world.resource(awsKmsGroup, "frankfurt").complaints(program);
    expect(complaints).toEqual(
      refuses ? [expect.stringMatching(/^permissionCheck: .* lacks, in Region .*Nothing was created/)] : [],
    );
  });

  it("that requires permissions and was offline at first makes nothing until somebody has looked for them", async () => {
    offline();
    const group = world.resource(awsKmsGroup, "frankfurt");
    const program = {
      region: "eu-central-1",
      account: "123456789012",
      requireConnected: false,
      permissionCheck: "require",
    };
    await group.up(program);
    expect(world.warnings.join()).toContain("no key of this group is made or changed until that was done");
    const key = world.resource(awsKmsKey, "payments");
    const carried = { ...groupRecord, permissionsUnjudged: group.outputs["permissionsUnjudged"] };
    world.kms.callerIdentity = new World().kms.callerIdentity;
    await expect(key.up(keyProgram({ group: carried }))).rejects.toThrow(/nobody could look for them yet/);
    expect(world.kms.keys.size).toBe(0);
    world.kms.verdicts.set("kms:CreateKey", "not-allowed");
    expect(await group.complaints(program)).toEqual([expect.stringMatching(/^permissionCheck: .*Nothing was created/)]);
    world.kms.verdicts.clear();
    expect(await group.up(program)).toBe("updated");
    expect(group.outputs["permissionsUnjudged"]).toBe(false);
    expect(await group.up(program)).toBe("same");
    world.kms.verdicts.set("kms:CreateKey", "not-allowed");
    await group.refresh();
    expect(await group.complaints(program)).toHaveLength(1);
  });

  it("that comes online between check and create is judged there, and is not made where something is missing", async () => {
    offline();
    const group = world.resource(awsKmsGroup, "frankfurt");
    const program = { region: "eu-central-1", account: "123456789012", requireConnected: false };
    const { inputs } = await group.check({ ...program, permissionCheck: "require" });
    world.kms.callerIdentity = new World().kms.callerIdentity;
    world.kms.verdicts.set("kms:CreateKey", "not-allowed");
    await expect(awsKmsGroup.create(world.context("frankfurt"), inputs)).rejects.toMatchObject({
      property: "permissionCheck",
    });
    world.kms.verdicts.clear();
    const { outputs } = await awsKmsGroup.create(world.context("frankfurt"), inputs);
    expect(outputs).toMatchObject({ connected: true, permissionsUnjudged: false });
  });

  it("asks nothing with permissionCheck off, and again once it is asked for by name", async () => {
    world.kms.verdicts.set("kms:CreateKey", "denied");
    const group = world.resource(awsKmsGroup, "frankfurt");
    await group.up({ region: "eu-central-1", permissionCheck: "off" });
    expect(world.kms.calls).not.toContain("permissions");
    expect(world.warnings).toEqual([]);
    expect(await group.up({ region: "eu-central-1", permissionCheck: "warn" })).toBe("updated");
    expect(group.outputs["missingPermissions"]).toEqual(["kms:CreateKey"]);
    expect(await group.up({ region: "eu-central-1", permissionCheck: "off" })).toBe("updated");
    expect(group.outputs).not.toHaveProperty("missingPermissions");
  });

  it("asks each of its credentials for what is done with it, and refuses those of another account", async () => {
    const program = {
      region: "eu-central-1",
      roleCredentials: { destroy: { profile: "destroyer" }, import: { csv: "file:import.csv" } },
    };
    const group = world.resource(awsKmsGroup, "frankfurt");
    const asked: Record<string, readonly string[]> = {};
    const { permissions } = world.kms;
    world.kms.permissions = (question) => {
      asked[Object.keys(asked).length] = question.actions;
      return permissions(question);
    };
    await group.check(program);
    expect(asked[0]).toContain("kms:CreateKey");
    expect(asked[0]).not.toContain("kms:ScheduleKeyDeletion");
    expect([...(asked[1] ?? [])].sort()).toEqual(["kms:GetParametersForImport", "kms:ImportKeyMaterial"]);
    expect([...(asked[2] ?? [])].sort()).toEqual(["kms:DeleteAlias", "kms:ScheduleKeyDeletion"]);
    const { callerIdentity } = world.kms;
    let calls = 0;
    world.kms.callerIdentity = () =>
      (calls += 1) === 1 ? callerIdentity() : Promise.resolve({ account: "999999999999", arn: "arn:other" });
    expect((await group.complaints(program)).join()).toMatch(
      /^roleCredentials\.import: belong to account 999999999999 .* the group's own to 123456789012/,
    );
  });

  it("warns at every run while host names of certificates do not count, and refuses that with public roots", async () => {
    const group = world.resource(awsKmsGroup, "frankfurt");
    const program = { region: "eu-central-1", tls: { caFile: "ca.pem", validateHostname: false } };
    await group.up(program);
    world.warnings.length = 0;
    expect(await group.up(program)).toBe("same");
    expect(world.warnings).toEqual([expect.stringContaining("can pose as AWS KMS")]);
    expect(await group.complaints({ region: "eu-central-1", tls: { validateHostname: false } })).toEqual([
      expect.stringMatching(/^tls\.validateHostname: cannot be false with public roots/),
    ]);
    expect(await group.complaints({ region: "eu-central-1", tls: { validateHostname: true } })).toEqual([]);
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
