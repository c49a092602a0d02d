import { randomUUID } from "node:crypto";
import { AwsError } from "../aws-error";
import { escapeXml, xmlAnswer } from "../http/answers";
import type { HttpAnswer } from "../http/outcome";
import type { Call } from "../kms/call";
import { askIdentityPolicy } from "../policy/evaluate";
import type { Caller } from "../policy/identity";
import type { PolicyDocument, PolicyStatement } from "../policy/document";
import { matchesWildcard } from "../policy/match";

type Decision = "allowed" | "explicitDeny" | "implicitDeny";

/** A decision about one action on one resource, and the condition keys that were asked for and not given. */
interface Simulated {
  readonly resource: string;
  readonly decision: Decision;
  readonly missing: readonly string[];
}

/**
 * IAM: SimulatePrincipalPolicy, for the callers of this cloud and the one policy that each of them has. As in IAM, key policies and grants play no part.
 */
export function answerIam(call: Call, body: string, callers: readonly Caller[]): HttpAnswer {
  if (call.operation !== "SimulatePrincipalPolicy") {
    throw new AwsError("InvalidAction", `Could not find operation ${call.operation} for version 2010-05-08`, 400);
  }
  const form = new URLSearchParams(body);
  const source = form.get("PolicySourceArn") ?? "";
  requirePermission(call, source);
  const principal = callers.find(
    (caller) => caller.accountId === call.caller.accountId && principalArn(caller) === source,
  );
  if (principal === undefined) throw new AwsError("NoSuchEntity", `The principal ${source} cannot be found.`, 404);
  const actions = members(form, "ActionNames");
  if (actions.length === 0) throw new AwsError("InvalidInput", "Invalid Input: ActionNames must not be empty.", 400);
  const named = members(form, "ResourceArns");
  const context = contextIn(form);
  const results = actions.map((action) =>
    resultOf(
      action,
      (named.length === 0 ? ["*"] : named).map((resource) => simulate(principal, action, resource, context)),
    ),
  );
  const id = randomUUID();
  return xmlAnswer(
    `<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult>` +
      `<IsTruncated>false</IsTruncated><EvaluationResults>${results.join("")}</EvaluationResults></SimulatePrincipalPolicyResult>` +
      `<ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata></SimulatePrincipalPolicyResponse>`,
    id,
  );
}

/** The user, or the role behind an assumed role: IAM knows no sessions. */
function principalArn({ arn }: Caller): string {
  const role = /^arn:aws:sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn);
  return role === null ? arn : `arn:aws:iam::${role[1] ?? ""}:role/${role[2] ?? ""}`;
}

function requirePermission(call: Call, source: string): void {
  const { caller, cloud } = call;
  if (!cloud.settings.enforcePolicies || caller.iamPolicy === undefined) return;
  const action = "iam:SimulatePrincipalPolicy";
  if (askIdentityPolicy(caller.iamPolicy, { caller, action, resource: source, context: new Map() }) === "allow") return;
  throw new AwsError(
    "AccessDenied",
    `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${source} because no identity-based policy allows the ${action} action`,
    403,
  );
}

function simulate(
  principal: Caller,
  action: string,
  resource: string,
  given: ReadonlyMap<string, readonly string[]>,
): Simulated {
  const policy = principal.iamPolicy;
  if (policy === undefined) return { resource, decision: "allowed", missing: [] };
  const answer = askIdentityPolicy(policy, { caller: principal, action, resource, context: given });
  const decision = answer === "allow" ? "allowed" : answer === "deny" ? "explicitDeny" : "implicitDeny";
  return { resource, decision, missing: missingKeys(policy, action, given) };
}

/** Condition keys of the statements about the action that the simulation was not given. */
function missingKeys(
  policy: PolicyDocument,
  action: string,
  given: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const about = (statement: PolicyStatement): boolean =>
    (statement.Action ?? []).some((pattern) => matchesWildcard(pattern, action, true)) ||
    (statement.NotAction !== undefined &&
      !statement.NotAction.some((pattern) => matchesWildcard(pattern, action, true)));
  const keys = policy.Statement.filter(about).flatMap((statement) =>
    Object.values(statement.Condition ?? {}).flatMap((condition) => Object.keys(condition)),
  );
  return [...new Set(keys)].filter((key) => !given.has(key.toLowerCase()));
}

const severity: readonly Decision[] = ["allowed", "implicitDeny", "explicitDeny"];

/** One result an action; its decision is the strictest of its resources. */
function resultOf(action: string, each: readonly Simulated[]): string {
  const decision = each.reduce<Decision>(
    (sum, { decision: next }) => (severity.indexOf(next) > severity.indexOf(sum) ? next : sum),
    "allowed",
  );
  const specific = each
    .filter(({ resource }) => resource !== "*")
    .map(
      (one) =>
        `<member><EvalResourceName>${escapeXml(one.resource)}</EvalResourceName>` +
        `<EvalResourceDecision>${one.decision}</EvalResourceDecision>${namesXml(one.missing)}<MatchedStatements/></member>`,
    );
  return (
    `<member><EvalActionName>${escapeXml(action)}</EvalActionName><EvalDecision>${decision}</EvalDecision>` +
    `<EvalResourceName>${escapeXml(each.length === 1 ? (each[0]?.resource ?? "*") : "*")}</EvalResourceName>` +
    `${namesXml(each.flatMap(({ missing }) => missing))}<MatchedStatements/>` +
    `<ResourceSpecificResults>${specific.join("")}</ResourceSpecificResults></member>`
  );
}

const namesXml = (names: readonly string[]): string =>
  `<MissingContextValues>${[...new Set(names)].map((name) => `<member>${escapeXml(name)}</member>`).join("")}</MissingContextValues>`;

/** `NAME.member.1`, `NAME.member.2` and so on. */
function members(form: URLSearchParams, name: string): readonly string[] {
  const found: string[] = [];
  for (let index = 1; ; index += 1) {
    const value = form.get(`${name}.member.${index}`);
    if (value === null) return found;
    found.push(value);
  }
}

function contextIn(form: URLSearchParams): ReadonlyMap<string, readonly string[]> {
  const context = new Map<string, readonly string[]>();
  for (let index = 1; ; index += 1) {
    const prefix = `ContextEntries.member.${index}`;
    const key = form.get(`${prefix}.ContextKeyName`);
    if (key === null) return context;
    context.set(key.toLowerCase(), members(form, `${prefix}.ContextKeyValues`));
  }
}
