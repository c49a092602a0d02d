import { notFound } from "../../aws-error";
import type { Call, Operation } from "../call";
import { acceptPolicy } from "../key-policy";
import { requireKey } from "../key-reference";

/** The only name that a key policy can have. */
function requireDefaultName(call: Call): void {
  const name = call.input.text("PolicyName", { min: 1, max: 128, pattern: /^[\w]+$/ }) ?? "default";
  if (name !== "default") throw notFound("No such policy exists");
}

export const getKeyPolicy: Operation = (call) => {
  requireDefaultName(call);
  const key = requireKey(call, call.input.keyReference(), { view: call.view });
  return { Policy: key.policy, PolicyName: "default" };
};

export const putKeyPolicy: Operation = (call) => {
  requireDefaultName(call);
  const text = call.input.requiredText("Policy", { min: 1, max: 131072 });
  const key = requireKey(call, call.input.keyReference(), {
    context: { "kms:BypassPolicyLockoutSafetyCheck": String(call.input.flag("BypassPolicyLockoutSafetyCheck")) },
  });
  call.cloud.store.put({ ...key, policy: acceptPolicy(call, key, text) });
  return {};
};

export const listKeyPolicies: Operation = (call) => {
  requireKey(call, call.input.keyReference(), { view: call.view });
  return { PolicyNames: ["default"], Truncated: false };
};
