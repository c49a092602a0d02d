import { AwsError } from "../aws-error";
import { allowsPutKeyPolicy } from "../policy/authorize";
import { parseKeyPolicy } from "../policy/document";
import { defaultKeyPolicy, normalisePolicy } from "../policy/key-policy-text";
import type { KeyRecord } from "../store/records";
import type { Call } from "./call";

/** Checks a policy that a request brings, refuses one that would lock the caller out, and gives its stored form. */
export function acceptPolicy(call: Call, key: KeyRecord, text: string): string {
  const document = parseKeyPolicy(text);
  if (!call.input.flag("BypassPolicyLockoutSafetyCheck") && !allowsPutKeyPolicy(call, key, document)) {
    throw new AwsError(
      "MalformedPolicyDocumentException",
      "The new key policy will not allow you to update the key policy in the future.",
    );
  }
  return normalisePolicy(text);
}

/** The policy of a key that is being made: the one that the request brings, else AWS's default. */
export function policyForNewKey(call: Call, key: KeyRecord): string {
  const text = call.input.text("Policy", { min: 1, max: 131072 });
  return text === undefined ? defaultKeyPolicy(key.account) : acceptPolicy(call, key, text);
}
