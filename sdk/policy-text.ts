import * as pulumi from "@pulumi/pulumi";

/** A key policy as a program may write it: JSON text, or an object. */
export type PolicyInput = pulumi.Input<string> | pulumi.Input<Record<string, unknown>>;

/** AWS takes a policy as text; an object is as good in a program. */
export function policyText(policy: PolicyInput): pulumi.Output<string> {
  const resolved: pulumi.Output<unknown> = pulumi.output(policy);
  return resolved.apply((value) => (typeof value === "string" ? value : JSON.stringify(value)));
}
