import {
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
  SimulatePrincipalPolicyCommand,
  type EvaluationResult,
} from "@aws-sdk/client-iam";
import type { LocalAccount } from "../../provider/local";
import { alice, bob, endClouds, startCloud, targetOf } from "./cloud-fixture";
import { refusalOf } from "./kms-client";
import { ministackIsInstalled, startMinistack } from "./ministack";

afterEach(endClouds);

const key = "arn:aws:kms:eu-central-1:111122223333:key/1";
const restricted: LocalAccount = {
  ...alice,
  accessKeyId: "AKIATESTCAROL",
  arn: "arn:aws:sts::111122223333:assumed-role/deploy/run-1",
  iamPolicy: JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: ["kms:ListKeys", "iam:SimulatePrincipalPolicy"], Resource: "*" },
      { Effect: "Allow", Action: "kms:ImportKeyMaterial", Resource: "arn:aws:kms:eu-central-1:111122223333:key/*" },
      {
        Effect: "Allow",
        Action: "kms:CreateKey",
        Resource: "*",
        Condition: { StringEquals: { "kms:KeyOrigin": "EXTERNAL" } },
      },
      { Effect: "Deny", Action: "kms:ScheduleKeyDeletion", Resource: "*" },
    ],
  }),
};
const role = "arn:aws:iam::111122223333:role/deploy";

/** The unmodified SDK. */
const iamOf = async (account: LocalAccount): Promise<IAMClient> => {
  const cloud = await startCloud({ accounts: [alice, bob, restricted] });
  return new IAMClient({ region: "us-east-1", ...targetOf(cloud, account), maxAttempts: 1 });
};

const decisions = (results: readonly EvaluationResult[] | undefined): Record<string, string | undefined> =>
  Object.fromEntries((results ?? []).map(({ EvalActionName = "", EvalDecision }) => [EvalActionName, EvalDecision]));

describe("SimulatePrincipalPolicy", () => {
  it("decides as the caller's policy does, and names the condition keys that it was not given", async () => {
    const iam = await iamOf(restricted);
    const ask = (ContextKeyValues?: string[]): Promise<{ EvaluationResults?: EvaluationResult[] | undefined }> =>
      iam.send(
        new SimulatePrincipalPolicyCommand({
          PolicySourceArn: role,
          ActionNames: ["kms:ListKeys", "kms:CreateKey", "kms:ScheduleKeyDeletion", "kms:DisableKey"],
          ...(ContextKeyValues === undefined
            ? {}
            : { ContextEntries: [{ ContextKeyName: "kms:KeyOrigin", ContextKeyType: "string", ContextKeyValues }] }),
        }),
      );
    const { EvaluationResults } = await ask();
    expect(decisions(EvaluationResults)).toEqual({
      "kms:ListKeys": "allowed",
      "kms:CreateKey": "implicitDeny",
      "kms:ScheduleKeyDeletion": "explicitDeny",
      "kms:DisableKey": "implicitDeny",
    });
    expect(EvaluationResults?.map(({ MissingContextValues }) => MissingContextValues ?? [])).toEqual([
      [],
      ["kms:KeyOrigin"],
      [],
      [],
    ]);
    expect(decisions((await ask(["EXTERNAL"])).EvaluationResults)).toMatchObject({ "kms:CreateKey": "allowed" });
    expect(decisions((await ask(["AWS_KMS"])).EvaluationResults)).toMatchObject({ "kms:CreateKey": "implicitDeny" });
  });

  it("decides for each resource, and as strictly as the strictest for all of them", async () => {
    const elsewhere = "arn:aws:kms:us-east-1:111122223333:key/1";
    const { EvaluationResults } = await (
      await iamOf(restricted)
    ).send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: role,
        ActionNames: ["kms:ImportKeyMaterial"],
        ResourceArns: [key, elsewhere],
      }),
    );
    expect(decisions(EvaluationResults)).toEqual({ "kms:ImportKeyMaterial": "implicitDeny" });
    expect(EvaluationResults?.[0]?.ResourceSpecificResults).toMatchObject([
      { EvalResourceName: key, EvalResourceDecision: "allowed" },
      { EvalResourceName: elsewhere, EvalResourceDecision: "implicitDeny" },
    ]);
  });

  it("allows everything to a caller without a policy, and may be asked about others of the account", async () => {
    const iam = await iamOf(alice);
    const ask = (PolicySourceArn: string): Promise<{ EvaluationResults?: EvaluationResult[] | undefined }> =>
      iam.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn, ActionNames: ["kms:DisableKey"] }));
    const own = await ask("arn:aws:iam::111122223333:user/local");
    expect(decisions(own.EvaluationResults)).toEqual({ "kms:DisableKey": "allowed" });
    expect(decisions((await ask(role)).EvaluationResults)).toEqual({ "kms:DisableKey": "implicitDeny" });
    expect(await refusalOf(ask("arn:aws:iam::444455556666:user/local"))).toMatchObject({ status: 404 });
  });

  (ministackIsInstalled() ? it : it.skip)("decides as ministack does, which knows no condition keys", async () => {
    const statements = [
      { Effect: "Allow", Action: "kms:List*", Resource: "*" },
      { Effect: "Deny", Action: "kms:ScheduleKeyDeletion", Resource: "*" },
    ];
    const iamPolicy = JSON.stringify({ Version: "2012-10-17", Statement: statements });
    const arn = "arn:aws:iam::111122223333:user/simulated";
    const cloud = await startCloud({ accounts: [alice, { ...restricted, arn, iamPolicy }] });
    const other = await startMinistack();
    const clients = [targetOf(cloud), other].map(
      ({ endpoint, credentials }) => new IAMClient({ region: "us-east-1", endpoint, credentials, maxAttempts: 1 }),
    );
    try {
      const [, theirs] = clients;
      await theirs?.send(new CreateUserCommand({ UserName: "simulated" }));
      await theirs?.send(
        new PutUserPolicyCommand({ UserName: "simulated", PolicyName: "one", PolicyDocument: iamPolicy }),
      );
      const ActionNames = ["kms:ListKeys", "kms:ScheduleKeyDeletion", "kms:CreateKey"];
      const answers = await Promise.all(
        clients.map((iam) => iam.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: arn, ActionNames }))),
      );
      const [ours, expected] = answers.map(({ EvaluationResults }) => decisions(EvaluationResults));
      expect(expected).toEqual({
        "kms:ListKeys": "allowed",
        "kms:ScheduleKeyDeletion": "explicitDeny",
        "kms:CreateKey": "implicitDeny",
      });
      expect(ours).toEqual(expected);
    } finally {
      for (const client of clients) client.destroy();
      await other.end();
    }
  });

  it("is a permission itself", async () => {
    const iamPolicy = JSON.stringify({ Version: "2012-10-17", Statement: [] });
    const cloud = await startCloud({ accounts: [{ ...alice, iamPolicy }] });
    const iam = new IAMClient({ region: "us-east-1", ...targetOf(cloud), maxAttempts: 1 });
    const asked = iam.send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: "arn:aws:iam::111122223333:user/local",
        ActionNames: ["kms:ListKeys"],
      }),
    );
    expect(await refusalOf(asked)).toMatchObject({
      name: "AccessDenied",
      status: 403,
      message: expect.stringContaining("iam:SimulatePrincipalPolicy"),
    });
  });
});
