import { execFile } from "node:child_process";
import path from "node:path";
import { iamAction, type AwsApi } from "../../provider/aws/aws-calls";
import { sdkCalls } from "../../provider/aws/sdk-calls";
import { askIdentityPolicy } from "../../provider/local/policy/evaluate";
import { parsePolicy } from "../../provider/local/policy/document";
import {
  actionsOfRole,
  allIamActions,
  iamActionRow,
  isIamAction,
  keyConditionKeys,
  type PermissionRole,
} from "../../provider/model/permissions/iam-actions";
import { actionsOfEveryGroup, permissionOperations } from "../../provider/model/permissions/operations";
import { rolePolicy, type RoleScope } from "../../provider/model/permissions/role-policy";

const root = path.resolve(__dirname, "../../..");
const scope: RoleScope = { account: "111122223333", regions: ["eu-central-1"], aliasPrefix: "alias/ledger/" };
const key = "arn:aws:kms:eu-central-1:111122223333:key/1";

/** Every API that this package can call: there is no other way to AWS. */
const apis = Object.keys(
  sdkCalls({
    region: "eu-central-1",
    endpoints: { kms: "", sts: "" },
    handlers: Object.create(null) as Parameters<typeof sdkCalls>[0]["handlers"],
    credentials: () => Promise.reject(new Error("never asked")),
  }),
) as AwsApi[];

describe("the table of permissions", () => {
  it("has every call that this package can make", () => {
    expect(apis.length).toBeGreaterThan(25);
    expect(apis.map(iamAction).filter((action) => !isIamAction(action))).toEqual([]);
  });

  it("names every action with the operations that need it", () => {
    const named = Object.values(permissionOperations).flatMap(({ parts }) => parts.flatMap(({ actions }) => actions));
    const free = ["sts:GetCallerIdentity"];
    expect(allIamActions.filter((action) => !named.includes(action) && !free.includes(action))).toEqual([]);
    const included = Object.values(permissionOperations).flatMap(({ includes }) => includes ?? []);
    expect(included.filter((name) => permissionOperations[name] === undefined)).toEqual([]);
  });

  it("gives each action that needs a permission to a role, but the one about permissions themselves", () => {
    const nobody = allIamActions.filter((action) => iamActionRow(action).roles.length === 0);
    expect(nobody).toEqual(["iam:SimulatePrincipalPolicy"]);
  });

  it("asks of a new group what every copied key comes to need, and nothing that only some keys do", () => {
    const asked = [...actionsOfEveryGroup.keys()];
    expect(asked).toEqual(
      expect.arrayContaining(["kms:CreateKey", "kms:ImportKeyMaterial", "kms:ScheduleKeyDeletion", "kms:CreateAlias"]),
    );
    for (const some of ["kms:GetPublicKey", "kms:GenerateMac", "kms:PutKeyPolicy", "tag:GetResources"])
      expect(asked).not.toContain(some);
  });

  it("is what docs/permissions.md says", async () => {
    const script = path.join(root, "scripts/docs/permissions.mjs");
    await new Promise<void>((resolve, reject) => {
      execFile(process.execPath, [script, "--check"], (error, _out, errors) => {
        if (error === null) resolve();
        else reject(new Error(errors));
      });
    });
  });
});

interface Asked {
  readonly resource?: string;
  readonly [key: `${string}:${string}`]: string;
}

/** What a role's policy says, as IAM would: JSON, in effect. */
function ask(role: PermissionRole, action: string, { resource = key, ...context }: Asked = {}, more = scope): string {
  const document = parsePolicy(JSON.stringify(rolePolicy(role, more)));
  const given = Object.entries({ "aws:RequestedRegion": "eu-central-1", "kms:KeyOrigin": "EXTERNAL", ...context });
  return askIdentityPolicy(document, {
    caller: { arn: "arn:aws:iam::111122223333:user/x", accountId: "111122223333" },
    action,
    resource,
    context: new Map(given.map(([name, value]) => [name.toLowerCase(), [value]])),
  });
}

const strong = { "kms:WrappingAlgorithm": "RSAES_OAEP_SHA_256", "kms:WrappingKeySpec": "RSA_4096" };

describe("the importer", () => {
  it("runs the whole life of a copy", () => {
    const created = { resource: "*", "aws:RequestTag/byok:owner": "a" };
    expect(ask("importer", "kms:CreateKey", created)).toBe("allow");
    expect(ask("importer", "kms:TagResource", { resource: "arn:aws:kms:eu-central-1:111122223333:key/*" })).toBe(
      "allow",
    );
    expect(ask("importer", "kms:GetParametersForImport", strong)).toBe("allow");
    const alias = { resource: "arn:aws:kms:eu-central-1:111122223333:alias/ledger/x" };
    for (const action of ["kms:CreateAlias", "kms:UpdateAlias"]) {
      expect([ask("importer", action), ask("importer", action, alias)]).toEqual(["allow", "allow"]);
    }
    for (const action of [
      "ImportKeyMaterial",
      "DescribeKey",
      "EnableKey",
      "DisableKey",
      "RotateKeyOnDemand",
      "ListKeys",
    ])
      expect([action, ask("importer", `kms:${action}`)]).toEqual([action, "allow"]);
  });

  it("neither lets go of anything nor decides who may use a key", () => {
    for (const action of [...actionsOfRole("destroyer"), ...actionsOfRole("policy-admin")]) {
      if (/^kms:(Describe|Get|List)|^sts:/.test(action)) continue;
      expect([action, ask("importer", action)]).toEqual([action, "silent"]);
    }
    for (const use of ["Encrypt", "Decrypt", "Sign", "CreateGrant"])
      expect(ask("importer", `kms:${use}`)).toBe("silent");
  });

  it.each([
    ["a key without our tag", "kms:CreateKey", { resource: "*" }],
    [
      "a key of AWS's material",
      "kms:CreateKey",
      { resource: "*", "aws:RequestTag/byok:owner": "a", "kms:KeyOrigin": "AWS_KMS" },
    ],
    [
      "a key elsewhere",
      "kms:CreateKey",
      { resource: "*", "aws:RequestTag/byok:owner": "a", "aws:RequestedRegion": "us-east-1" },
    ],
    ["a weak wrap", "kms:GetParametersForImport", { ...strong, "kms:WrappingAlgorithm": "RSAES_OAEP_SHA_1" }],
    ["a short wrapping key", "kms:GetParametersForImport", { ...strong, "kms:WrappingKeySpec": "RSA_2048" }],
    ["another alias", "kms:CreateAlias", { resource: "arn:aws:kms:eu-central-1:111122223333:alias/other" }],
    ["a key that AWS made", "kms:DisableKey", { "kms:KeyOrigin": "AWS_KMS" }],
  ])("is not allowed %s", (_name, action, asked) => {
    expect(ask("importer", action, asked)).toBe("silent");
  });

  it("may also keep keys of AWS's material, where that is asked for", () => {
    const native = { ...scope, native: true };
    expect(ask("importer", "kms:RotateKeyOnDemand", { "kms:KeyOrigin": "AWS_KMS" }, native)).toBe("allow");
  });
});

describe("the other roles", () => {
  it("the destroyer lets go, no faster than its window, and brings nothing", () => {
    const window = (days: string): string =>
      ask("destroyer", "kms:ScheduleKeyDeletion", { "kms:ScheduleKeyDeletionPendingWindowInDays": days });
    expect([window("30"), window("29"), window("7")]).toEqual(["allow", "silent", "silent"]);
    for (const action of ["kms:DeleteImportedKeyMaterial", "kms:CancelKeyDeletion", "kms:DeleteAlias"])
      expect(ask("destroyer", action)).toBe("allow");
    for (const action of ["kms:CreateKey", "kms:ImportKeyMaterial", "kms:PutKeyPolicy"])
      expect(ask("destroyer", action)).toBe("silent");
  });

  it("the policy-admin sets policies, and never one that nobody can change again", () => {
    const check = (bypass: string): string =>
      ask("policy-admin", "kms:PutKeyPolicy", { "kms:BypassPolicyLockoutSafetyCheck": bypass });
    expect([check("false"), check("true")]).toEqual(["allow", "deny"]);
    expect(ask("policy-admin", "kms:ScheduleKeyDeletion")).toBe("silent");
  });

  it("the material-importer brings material and nothing else", () => {
    expect(ask("material-importer", "kms:ImportKeyMaterial")).toBe("allow");
    expect(ask("material-importer", "kms:GetParametersForImport", strong)).toBe("allow");
    for (const action of ["kms:CreateKey", "kms:CreateAlias", "kms:DisableKey", "kms:ScheduleKeyDeletion"])
      expect(ask("material-importer", action, { "aws:RequestTag/byok:owner": "a" })).toBe("silent");
  });

  it("use only condition keys that AWS knows for the action", () => {
    const global = ["aws:RequestedRegion"];
    const tag = (name: string): string => name.replace(/^(aws:RequestTag)\/.*/, "$1/${TagKey}");
    for (const role of ["importer", "material-importer", "destroyer", "policy-admin"] as const) {
      for (const { Action, Condition } of rolePolicy(role, scope).Statement) {
        const used = Object.values(Condition ?? {}).flatMap((each) => Object.keys(each).map(tag));
        for (const action of Action.filter(isIamAction)) {
          const { conditionKeys, resources } = iamActionRow(action);
          const known = [...global, ...conditionKeys, ...(resources.includes("key") ? keyConditionKeys : [])];
          expect([action, used.filter((name) => !known.includes(name))]).toEqual([action, []]);
        }
      }
    }
  });

  it("act in the partition of their Regions", () => {
    const china = rolePolicy("destroyer", { account: "111122223333", regions: ["cn-north-1"] });
    expect(JSON.stringify(china)).toContain("arn:aws-cn:kms:cn-north-1:111122223333:key/*");
  });
});
