import { type ConditionContext, conditionsHold } from "./conditions";
import type { PolicyDocument, PolicyStatement } from "./document";
import { matchPrincipal, matchesWildcard } from "./match";

export interface PolicyQuestion {
  readonly caller: { readonly arn: string; readonly accountId: string };
  readonly action: string;
  readonly resource: string;
  readonly context: ConditionContext;
}

/** `account` is an allow that the key policy hands on to the IAM policies of the caller's account. */
export type PolicyAnswer = "deny" | "person" | "account" | "silent";

/** What a key policy says. In a key policy the resource `*` means the key that carries it. */
export function askKeyPolicy(policy: PolicyDocument, question: PolicyQuestion): PolicyAnswer {
  let answer: PolicyAnswer = "silent";
  for (const statement of policy.Statement) {
    if (!appliesTo(statement, question)) continue;
    const match = principalOf(statement, question);
    if (match === "none") continue;
    if (statement.Effect === "Deny") return "deny";
    if (match === "person") answer = "person";
    else if (answer === "silent") answer = "account";
  }
  return answer;
}

/** What an IAM policy attached to the caller says. */
export function askIdentityPolicy(policy: PolicyDocument, question: PolicyQuestion): "deny" | "allow" | "silent" {
  const statements = policy.Statement.filter((statement) => appliesTo(statement, question));
  if (statements.some((statement) => statement.Effect === "Deny")) return "deny";
  return statements.length > 0 ? "allow" : "silent";
}

function principalOf(statement: PolicyStatement, question: PolicyQuestion): "person" | "account" | "none" {
  if (statement.Principal !== undefined) return matchPrincipal(statement.Principal, question.caller);
  if (statement.NotPrincipal === undefined) return "none";
  return matchPrincipal(statement.NotPrincipal, question.caller) === "none" ? "person" : "none";
}

function appliesTo(statement: PolicyStatement, { action, resource, context }: PolicyQuestion): boolean {
  const actionMatches = (pattern: string): boolean => matchesWildcard(pattern, action, true);
  const resourceMatches = (pattern: string): boolean => matchesWildcard(pattern, resource);
  const actionFits =
    statement.Action === undefined
      ? !(statement.NotAction ?? []).some(actionMatches)
      : statement.Action.some(actionMatches);
  const resourceFits =
    statement.Resource === undefined
      ? !(statement.NotResource ?? []).some(resourceMatches)
      : statement.Resource.some(resourceMatches);
  return actionFits && resourceFits && conditionsHold(statement.Condition, context);
}
