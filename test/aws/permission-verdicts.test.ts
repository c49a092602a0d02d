import { kmsPort } from "../../provider/aws/open-kms";
import { principalOf } from "../../provider/aws/permission-verdicts";
import type { IamAction } from "../../provider/model/permissions/iam-actions";
import type { PermissionAnswer } from "../../provider/model/ports/permissions";
import { ACCOUNT, FakeAws, awsError, networkError } from "./fake-aws";

const actions: readonly IamAction[] = ["kms:CreateKey", "kms:ImportKeyMaterial", "kms:CreateAlias", "kms:ListKeys"];

type Results = NonNullable<Parameters<typeof simulating>[0]>;

const simulating = (
  results: readonly {
    readonly EvalActionName: string;
    readonly EvalDecision: "allowed" | "implicitDeny" | "explicitDeny";
    readonly MissingContextValues?: string[];
    readonly ResourceSpecificResults?: {
      EvalResourceName: string;
      EvalResourceDecision: "allowed" | "implicitDeny" | "explicitDeny";
      MissingContextValues?: string[];
    }[];
  }[],
): FakeAws =>
  new FakeAws({
    SimulatePrincipalPolicy: ({ ActionNames }) => ({
      EvaluationResults: results.filter(({ EvalActionName }) => ActionNames?.includes(EvalActionName) === true),
    }),
  });

const ask = (aws: FakeAws): Promise<PermissionAnswer> => aws.time.run(kmsPort(aws.caller()).permissions({ actions }));

describe("what the caller of a connection may do", () => {
  it("is told by IAM's simulation, asked once for each kind of resource", async () => {
    const aws = simulating(actions.map((EvalActionName) => ({ EvalActionName, EvalDecision: "allowed" as const })));
    const { how, verdicts } = await ask(aws);
    expect(how).toBe("simulation");
    expect([...verdicts]).toEqual(actions.map((action) => [action, "allowed"]));
    const asked = aws.log.filter(({ api }) => api === "SimulatePrincipalPolicy").map(({ input }) => input);
    expect(asked).toEqual([
      expect.objectContaining({ ActionNames: ["kms:CreateKey", "kms:ListKeys"] }),
      expect.objectContaining({
        ActionNames: ["kms:ImportKeyMaterial"],
        ResourceArns: [expect.stringContaining(`arn:aws:kms:eu-central-1:${ACCOUNT}:key/`)],
      }),
      expect.objectContaining({
        ActionNames: ["kms:CreateAlias"],
        ResourceArns: [expect.stringContaining(":alias/"), expect.stringContaining(":key/")],
      }),
    ]);
    expect(asked[0]).not.toHaveProperty("ResourceArns");
  });

  const partly: Results = [
    { EvalActionName: "kms:CreateKey", EvalDecision: "explicitDeny" },
    { EvalActionName: "kms:ImportKeyMaterial", EvalDecision: "implicitDeny" },
    {
      EvalActionName: "kms:CreateAlias",
      EvalDecision: "allowed",
      ResourceSpecificResults: [
        { EvalResourceName: "alias", EvalResourceDecision: "allowed" },
        { EvalResourceName: "key", EvalResourceDecision: "implicitDeny" },
      ],
    },
    { EvalActionName: "kms:ListKeys", EvalDecision: "implicitDeny", MissingContextValues: ["aws:PrincipalTag/team"] },
  ];

  it("is denied, not allowed, or unknown where a policy asks for what only the request shows", async () => {
    const { verdicts } = await ask(simulating(partly));
    expect(Object.fromEntries(verdicts)).toEqual({
      "kms:CreateKey": "denied",
      "kms:ImportKeyMaterial": "not-allowed",
      "kms:CreateAlias": "not-allowed",
      "kms:ListKeys": "unknown",
    });
  });

  it.each([
    ["it may not simulate", awsError("AccessDenied", "no", 403)],
    ["IAM does not know the principal", awsError("NoSuchEntity", "no", 404)],
    ["IAM cannot be reached", networkError("ECONNREFUSED")],
  ])("is found out by calls that change nothing where %s, without trying again", async (_name, error) => {
    const aws = new FakeAws({
      SimulatePrincipalPolicy: [error],
      ListKeys: [awsError("AccessDeniedException")],
    });
    const { how, verdicts } = await ask(aws);
    expect(how).toBe("calls");
    expect(Object.fromEntries(verdicts)).toEqual({
      "kms:CreateKey": "unknown",
      "kms:ImportKeyMaterial": "unknown",
      "kms:CreateAlias": "unknown",
      "kms:ListKeys": "not-allowed",
    });
    expect(aws.count("SimulatePrincipalPolicy")).toBe(1);
    expect(aws.log.map(({ api }) => api)).toEqual(["GetCallerIdentity", "SimulatePrincipalPolicy", "ListKeys"]);
  });

  it("is not asked of an IAM that stands beside no custom endpoint", async () => {
    const aws = new FakeAws({ ListKeys: [{ Keys: [] }] });
    aws.hasIam = false;
    expect((await ask(aws)).how).toBe("calls");
    expect(aws.count("SimulatePrincipalPolicy")).toBe(0);
  });

  it.each([
    ["arn:aws:iam::111122223333:user/team/ci", "arn:aws:iam::111122223333:user/team/ci"],
    ["arn:aws-cn:sts::111122223333:assumed-role/deploy/run-1", "arn:aws-cn:iam::111122223333:role/deploy"],
    ["arn:aws:iam::111122223333:root", undefined],
    ["arn:aws:sts::111122223333:federated-user/x", undefined],
  ])("%s is simulated as %s", (caller, principal) => {
    expect(principalOf(caller)).toBe(principal);
  });
});
