import { accessDenied } from "../aws-error";
import type { Call } from "../kms/call";
import type { KeyRecord } from "../store/records";
import type { ConditionContext } from "./conditions";
import { type PolicyDocument, parsePolicy } from "./document";
import { askIdentityPolicy, askKeyPolicy } from "./evaluate";
import { grantAllows } from "./grants";
import type { Caller } from "./identity";

/** Condition keys of one request beyond those that every request and every key have. */
export type ExtraContext = Readonly<Record<string, string | readonly string[] | undefined>>;

type Verdict =
  | "allowed"
  | "denied by key policy"
  | "denied by identity policy"
  | "not allowed by identity policy"
  | "not allowed by key policy";

export function keyArn(key: KeyRecord): string {
  return `arn:aws:kms:${key.region}:${key.account}:key/${key.keyId}`;
}

/** Refuses the call unless key policy, IAM policy or a grant allow the action on the key. */
export function authorizeKey(call: Call, action: string, key: KeyRecord, extra: ExtraContext = {}): void {
  if (!call.cloud.settings.enforcePolicies && call.caller.accountId === key.account) return;
  const context = keyContext(call, key, extra);
  const verdict = judge(parsePolicy(key.policy), call.caller, action, key, context);
  if (verdict === "allowed") return;
  // A grant adds a permission; it does not lift an explicit deny.
  if (verdict.startsWith("not allowed") && grantAllows(key, call, action)) return;
  throw accessDenied(`${sentence(call, action, keyArn(key))} ${because(verdict, action)}`);
}

/** Refuses the call unless the caller's IAM policy allows the action on something that has no policy of its own. */
export function authorizeIdentity(call: Call, action: string, resource: string, extra: ExtraContext = {}): void {
  if (!call.cloud.settings.enforcePolicies || call.caller.iamPolicy === undefined) return;
  const context = requestContext(call, extra);
  const answer = askIdentityPolicy(call.caller.iamPolicy, { caller: call.caller, action, resource, context });
  if (answer === "allow") return;
  const verdict = answer === "deny" ? "denied by identity policy" : "not allowed by identity policy";
  throw accessDenied(`${sentence(call, action, resource)} ${because(verdict, action)}`);
}

/** Whether a policy would let this caller replace the policy of the key later (PutKeyPolicy's lockout check). */
export function allowsPutKeyPolicy(call: Call, key: KeyRecord, policy: PolicyDocument): boolean {
  const context = keyContext(call, key, {});
  return judge(policy, call.caller, "kms:PutKeyPolicy", key, context) === "allowed";
}

function judge(
  policy: PolicyDocument,
  caller: Caller,
  action: string,
  key: KeyRecord,
  context: ConditionContext,
): Verdict {
  const question = { caller, action, resource: keyArn(key), context };
  const identity = caller.iamPolicy === undefined ? "allow" : askIdentityPolicy(caller.iamPolicy, question);
  const keyAnswer = askKeyPolicy(policy, question);
  if (identity === "deny") return "denied by identity policy";
  if (keyAnswer === "deny") return "denied by key policy";
  if (keyAnswer === "silent") return "not allowed by key policy";
  if (keyAnswer === "person" && caller.accountId === key.account) return "allowed";
  return identity === "allow" ? "allowed" : "not allowed by identity policy";
}

function sentence(call: Call, action: string, resource: string): string {
  return `User: ${call.caller.arn} is not authorized to perform: ${action} on resource: ${resource}`;
}

function because(verdict: Verdict, action: string): string {
  switch (verdict) {
    case "denied by key policy":
      return "with an explicit deny in a resource-based policy";
    case "denied by identity policy":
      return "with an explicit deny in an identity-based policy";
    case "not allowed by identity policy":
      return `because no identity-based policy allows the ${action} action`;
    default:
      return `because no resource-based policy allows the ${action} action`;
  }
}

function requestContext(call: Call, extra: ExtraContext): Map<string, readonly string[]> {
  const context = new Map<string, readonly string[]>([
    ["aws:principalarn", [call.caller.arn]],
    ["aws:principalaccount", [call.caller.accountId]],
    ["aws:userid", [call.caller.userId]],
    ["aws:sourceip", [call.sourceIp]],
    ["aws:securetransport", [String(call.secure)]],
    ["aws:currenttime", [new Date(call.now).toISOString()]],
    ["aws:epochtime", [String(Math.floor(call.now / 1000))]],
    ["aws:requestedregion", [call.region]],
    ["aws:viaawsservice", ["false"]],
    ["kms:calleraccount", [call.caller.accountId]],
  ]);
  for (const [name, value] of Object.entries(extra)) {
    if (value !== undefined) context.set(name.toLowerCase(), typeof value === "string" ? [value] : value);
  }
  return context;
}

function keyContext(call: Call, key: KeyRecord, extra: ExtraContext): Map<string, readonly string[]> {
  const context = requestContext(call, extra);
  context.set("kms:keyspec", [key.spec]);
  context.set("kms:keyusage", [key.usage]);
  context.set("kms:keyorigin", [key.origin]);
  context.set("kms:multiregion", [String(key.multiRegion !== null)]);
  if (key.multiRegion !== null) {
    context.set("kms:multiregionkeytype", [key.multiRegion.primaryRegion === key.region ? "PRIMARY" : "REPLICA"]);
  }
  const aliases = call.cloud.store.aliasesOf(key).map((alias) => alias.name);
  if (aliases.length > 0) context.set("kms:resourcealiases", aliases);
  for (const tag of key.tags) context.set(`aws:resourcetag/${tag.TagKey}`.toLowerCase(), [tag.TagValue]);
  return context;
}
