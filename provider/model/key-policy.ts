/** Largest key policy in bytes (AWS KMS PutKeyPolicy). */
export const maxPolicyBytes = 32_768;

/** The policy that AWS gives a key made without one: the account decides through IAM. Source: AWS KMS default key policy. */
export const defaultKeyPolicy = (partition: string, account: string): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Id: "key-default-1",
    Statement: [
      {
        Sid: "Enable IAM User Permissions",
        Effect: "Allow",
        Principal: { AWS: `arn:${partition}:iam::${account}:root` },
        Action: "kms:*",
        Resource: "*",
      },
    ],
  });

/** What is wrong with a policy text, or undefined; AWS judges its meaning. */
export function policyFault(policy: string): string | undefined {
  if (Buffer.byteLength(policy) > maxPolicyBytes) {
    return `a key policy has at most ${maxPolicyBytes} bytes; this one has ${Buffer.byteLength(policy)}.`;
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(policy);
  } catch {
    return "a key policy is JSON, and this text does not parse.";
  }
  if (typeof parsed !== "object" || parsed === null || !("Statement" in parsed)) {
    return 'a key policy is a JSON object with a "Statement".';
  }
  return undefined;
}

/** True where two policies mean the same: order of keys, of one-element lists and of sets of strings does not matter. */
export function samePolicy(one: string, other: string): boolean {
  if (one === other) return true;
  try {
    return canonical(JSON.parse(one)) === canonical(JSON.parse(other));
  } catch {
    return false;
  }
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) {
    const parts = value.map(canonical);
    if (parts.length === 1) return parts[0] ?? "";
    return value.every((item) => typeof item === "string") ? `[${[...parts].sort().join()}]` : `[${parts.join()}]`;
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join()}}`;
  }
  return JSON.stringify(value);
}
