import { iamActionRow, isIamAction, type IamAction } from "../model/permissions/iam-actions";
import { ownershipTags } from "../model/owner";
import type { PermissionAnswer, PermissionQuestion, PermissionVerdict } from "../model/ports/permissions";
import { ByokError } from "../model/errors";
import type { AwsApi, InputOf, OutputOf } from "./aws-calls";
import type { AwsCaller } from "./aws-caller";

type Simulated = NonNullable<OutputOf<"SimulatePrincipalPolicy">["EvaluationResults"]>[number];
type Context = NonNullable<InputOf<"SimulatePrincipalPolicy">["ContextEntries"]>;

/** No key has this id; a policy that lists keys one by one cannot cover keys that are yet to be made either. */
const ANY_KEY = "key/00000000-0000-0000-0000-000000000000";

/**
 * What the caller of a connection may do: by IAM's simulation where that is allowed, else by calls that change nothing, which tell of few actions. Nothing
 * here fails, waits for long or is tried again: what cannot be known is `unknown`.
 */
export async function permissionVerdicts(caller: AwsCaller, question: PermissionQuestion): Promise<PermissionAnswer> {
  const simulated = await simulation(caller, question).catch(notKnown);
  if (simulated !== undefined) return { how: "simulation", verdicts: simulated };
  const verdicts = new Map<IamAction, PermissionVerdict>();
  for (const action of question.actions) verdicts.set(action, await byCall(caller, action));
  return { how: "calls", verdicts };
}

/** The user or role behind a caller, as SimulatePrincipalPolicy names it; of a role's path, an assumed role's ARN tells nothing. */
export function principalOf(callerArn: string): string | undefined {
  if (/^arn:[\w-]+:iam::\d{12}:user\//.test(callerArn)) return callerArn;
  const role = /^arn:([\w-]+):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(callerArn);
  return role === null ? undefined : `arn:${role[1] ?? ""}:iam::${role[2] ?? ""}:role/${role[3] ?? ""}`;
}

async function simulation(
  caller: AwsCaller,
  { actions, aliasPrefix }: PermissionQuestion,
): Promise<ReadonlyMap<IamAction, PermissionVerdict> | undefined> {
  const { arn, account } = await caller.callerIdentity();
  const principal = principalOf(arn);
  if (principal === undefined || !(await caller.hasIam())) return undefined;
  const { region } = caller.connection;
  const partition = arn.split(":")[1] ?? "aws";
  const arnOf = (resource: string): string => `arn:${partition}:kms:${region}:${account}:${resource}`;
  const alias = arnOf(`${aliasPrefix ?? "alias/"}byok-permission-check`);
  const verdicts = new Map<IamAction, PermissionVerdict>();
  const groups: readonly (readonly [resources: readonly string[], kind: string])[] = [
    [[], "*"],
    [[arnOf(ANY_KEY)], "key"],
    [[alias, arnOf(ANY_KEY)], "alias,key"],
  ];
  for (const [resources, kind] of groups) {
    const asked = actions.filter((action) => iamActionRow(action).resources.join() === kind);
    if (asked.length === 0) continue;
    const { EvaluationResults } = await caller.call(
      "SimulatePrincipalPolicy",
      {
        PolicySourceArn: principal,
        ActionNames: [...asked],
        ...(resources.length === 0 ? {} : { ResourceArns: [...resources] }),
        ContextEntries: contextOf(account, region),
      },
      { once: true },
    );
    for (const result of EvaluationResults ?? []) {
      const action = result.EvalActionName;
      if (action === undefined || !isIamAction(action)) continue;
      verdicts.set(action, worse(verdicts.get(action), verdictOf(result)));
    }
  }
  return new Map(actions.map((action) => [action, verdicts.get(action) ?? "unknown"]));
}

/** Only what is so of every request; what else a policy asks for comes back as a missing value, and the verdict is unknown. */
const contextOf = (account: string, region: string): Context => [
  { ContextKeyName: "kms:CallerAccount", ContextKeyType: "string", ContextKeyValues: [account] },
  { ContextKeyName: "aws:RequestedRegion", ContextKeyType: "string", ContextKeyValues: [region] },
  { ContextKeyName: "aws:SecureTransport", ContextKeyType: "boolean", ContextKeyValues: ["true"] },
  { ContextKeyName: "kms:BypassPolicyLockoutSafetyCheck", ContextKeyType: "boolean", ContextKeyValues: ["false"] },
  {
    ContextKeyName: `aws:RequestTag/${ownershipTags.owner}`,
    ContextKeyType: "string",
    ContextKeyValues: ["0".repeat(32)],
  },
];

/** A decision that lacks what the request would have shown is none. */
function verdictOf(result: Simulated): PermissionVerdict {
  const specific = result.ResourceSpecificResults ?? [];
  const missing = [result, ...specific].some((each) => (each.MissingContextValues ?? []).length > 0);
  const decisions = [result.EvalDecision, ...specific.map((each) => each.EvalResourceDecision)];
  if (decisions.every((decision) => decision === "allowed")) return "allowed";
  if (missing) return "unknown";
  return decisions.includes("explicitDeny") ? "denied" : decisions.includes("implicitDeny") ? "not-allowed" : "unknown";
}

const severity: readonly PermissionVerdict[] = ["allowed", "unknown", "not-allowed", "denied"];

/** IAM has told of several resources in one result or in several. */
const worse = (one: PermissionVerdict | undefined, other: PermissionVerdict): PermissionVerdict =>
  one !== undefined && severity.indexOf(one) > severity.indexOf(other) ? one : other;

/** Calls that read one item of the account and need no key. */
const harmless: Readonly<Partial<Record<IamAction, Extract<AwsApi, "ListKeys" | "ListAliases">>>> = {
  "kms:ListKeys": "ListKeys",
  "kms:ListAliases": "ListAliases",
};

async function byCall(caller: AwsCaller, action: IamAction): Promise<PermissionVerdict> {
  const api = harmless[action];
  if (api === undefined) return "unknown";
  try {
    await caller.call(api, { Limit: 1 }, { once: true });
    return "allowed";
  } catch (error) {
    notKnown(error);
    return error instanceof ByokError && error.code === "BYOK_AWS_ACCESS_DENIED" ? "not-allowed" : "unknown";
  }
}

/** Whatever AWS answers means no more than that it is not known; a mistake of this package's own is told. */
function notKnown(error: unknown): undefined {
  if (error instanceof ByokError) return undefined;
  throw error;
}
